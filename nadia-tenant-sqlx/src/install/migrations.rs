use std::{borrow::Cow, time::Instant};

use nadia_tenant_core::Dialect;
use sqlx::{
    SqlSafeStr,
    migrate::{Migrate, Migration, MigrationType, Migrator},
};

use crate::{Catalog, Error, MigratedPlace, migrate::PlaceMigrations};

/// The migrations of the crate's own control tables.
const OWN: [(i64, &str, &str); 3] = [
    (1, "tenants", include_str!("../../migrations/control/0001_tenants.sql")),
    (2, "fleet", include_str!("../../migrations/control/0002_fleet.sql")),
    (3, "cross_tenant_reads", include_str!("../../migrations/control/0003_cross_tenant_reads.sql")),
];

/// One folder of migrations and the table that records which were applied.
#[derive(Debug)]
pub(super) struct MigrationSet {
    migrator: Migrator,
}

/// All migrations of an installation.
#[derive(Debug)]
pub(super) struct Migrations {
    /// The registry's tables.
    own: MigrationSet,
    /// The application's control tables.
    application: Option<MigrationSet>,
    /// The tables of a place.
    place: Migrator,
}

impl MigrationSet {
    fn new<'m>(table: &'static str, migrations: impl IntoIterator<Item = &'m Migration>) -> Self {
        let mut migrator = Migrator::with_migrations(migrations.into_iter().cloned().collect());
        migrator.dangerous_set_table_name(table);
        Self { migrator }
    }

    /// Applies what is missing; each migration in a transaction of its own, so that one that fails leaves nothing. Returns
    /// the versions that were missing.
    async fn apply<C: Migrate>(&self, connection: &mut C) -> Result<Vec<i64>, Error> {
        connection.ensure_migrations_table(self.table()).await?;
        let before = connection.list_applied_migrations(self.table()).await?;
        self.migrator.run_direct(None, connection, false).await?;
        let versions = self.ups().map(|migration| migration.version);
        Ok(versions.filter(|version| before.iter().all(|applied| applied.version != *version)).collect())
    }

    /// Returns the table that records which were applied.
    pub(super) fn table(&self) -> &str {
        &self.migrator.table_name
    }

    /// Says what keeps these from being exactly those that were applied, if anything does. Changes nothing.
    pub(super) async fn difference<C: Migrate>(&self, connection: &mut C) -> Result<Option<String>, Error> {
        let table = self.table();
        let applied = connection.list_applied_migrations(table).await?;
        let missing = self.ups().find(|own| applied.iter().all(|applied| applied.version != own.version));
        if let Some(own) = missing {
            return Ok(Some(format!("{table} lacks {} ({})", own.version, own.description)));
        }
        let is_own =
            |version, checksum: &[u8]| self.ups().any(|own| own.version == version && *own.checksum == *checksum);
        let other = applied.iter().find(|applied| !is_own(applied.version, &applied.checksum));
        Ok(other.map(|applied| format!("{table} has another {}", applied.version)))
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.ups().map(|migration| migration.sql.as_str())
    }

    fn ups(&self) -> impl Iterator<Item = &Migration> {
        self.migrator.iter().filter(|migration| !migration.migration_type.is_down_migration())
    }
}

impl Migrations {
    pub(super) fn new(place: &Migrator) -> Self {
        let own = OWN.map(|(version, name, text)| {
            Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, text.into_sql_str(), false)
        });
        Self {
            own: MigrationSet::new("_nadia_migrations", &own),
            application: None,
            place: Migrator::with_migrations(place.iter().cloned().collect()),
        }
    }

    pub(super) fn set_control(&mut self, application: &Migrator) {
        self.application = Some(MigrationSet::new("_control_migrations", application.iter()));
    }

    /// Applies those of the control database that are missing, and returns what it applied.
    pub(super) async fn apply_control<C: Migrate>(&self, connection: &mut C) -> Result<Vec<MigratedPlace>, Error> {
        let mut done = Vec::new();
        for set in self.control() {
            let begun = Instant::now();
            let applied = set.apply(connection).await?;
            if !applied.is_empty() {
                let place = format!("control tables of {}", set.table());
                done.push(MigratedPlace { place, tenant: None, applied, duration: begun.elapsed(), error: None });
            }
        }
        Ok(done)
    }

    /// Returns those of the control database, in their order.
    pub(super) fn control(&self) -> impl Iterator<Item = &MigrationSet> {
        std::iter::once(&self.own).chain(&self.application)
    }

    /// Reads the place's migrations, and the tables that all of them make.
    pub(super) fn read(&self, dialect: Dialect) -> Result<(PlaceMigrations, Catalog), Error> {
        let place = PlaceMigrations::read(dialect, &self.place)?;
        let mut builder = Catalog::builder(dialect);
        for text in self.control().flat_map(MigrationSet::texts) {
            builder = builder.control_ddl(text)?;
        }
        let catalog = place.ddl(builder)?.build()?;
        Ok((place, catalog))
    }
}
