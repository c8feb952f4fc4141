use std::borrow::Cow;

use nadia_tenant_core::Dialect;
use sqlx::{
    SqlSafeStr,
    migrate::{Migrate, Migration, MigrationType, Migrator},
};

use crate::{Catalog, Error};

/// The migrations of the registry.
const OWN: [(i64, &str, &str); 2] = [
    (1, "tenants", include_str!("../../migrations/control/0001_tenants.sql")),
    (2, "fleet", include_str!("../../migrations/control/0002_fleet.sql")),
];

/// One folder of migrations and the table that records which were applied.
#[derive(Debug)]
pub(super) struct MigrationSet {
    migrator: Migrator,
}

/// All migrations of an installation.
#[derive(Debug)]
pub(super) struct Migrations {
    /// The registry's table.
    own: MigrationSet,
    /// The application's control tables.
    application: Option<MigrationSet>,
    /// The tables of a place.
    pub(super) place: MigrationSet,
}

impl MigrationSet {
    fn new<'m>(table: &'static str, migrations: impl IntoIterator<Item = &'m Migration>) -> Self {
        let mut migrator = Migrator::with_migrations(migrations.into_iter().cloned().collect());
        migrator.dangerous_set_table_name(table);
        Self { migrator }
    }

    /// Applies what is missing; each migration in a transaction of its own, so that one that fails leaves nothing.
    pub(super) async fn apply<C: Migrate>(&self, connection: &mut C) -> Result<(), Error> {
        Ok(self.migrator.run_direct(None, connection, false).await?)
    }

    /// Returns the table that records which were applied.
    pub(super) fn table(&self) -> &str {
        &self.migrator.table_name
    }

    /// Says what keeps these from being exactly those that were applied, if anything does. Changes nothing.
    pub(super) async fn difference<C: Migrate>(&self, connection: &mut C) -> Result<Option<String>, Error> {
        let table = self.table();
        let applied = connection.list_applied_migrations(table).await?;
        let own = || self.migrator.iter().filter(|migration| !migration.migration_type.is_down_migration());
        let missing = own().find(|own| applied.iter().all(|applied| applied.version != own.version));
        if let Some(own) = missing {
            return Ok(Some(format!("{table} lacks {} ({})", own.version, own.description)));
        }
        let is_own = |version, checksum: &[u8]| own().any(|own| own.version == version && *own.checksum == *checksum);
        let other = applied.iter().find(|applied| !is_own(applied.version, &applied.checksum));
        Ok(other.map(|applied| format!("{table} has another {}", applied.version)))
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let ups = self.migrator.iter().filter(|migration| !migration.migration_type.is_down_migration());
        ups.map(|migration| migration.sql.as_str())
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
            place: MigrationSet::new("_place_migrations", place.iter()),
        }
    }

    pub(super) fn set_control(&mut self, application: &Migrator) {
        self.application = Some(MigrationSet::new("_control_migrations", application.iter()));
    }

    /// Returns those of the control database, in their order.
    pub(super) fn control(&self) -> impl Iterator<Item = &MigrationSet> {
        std::iter::once(&self.own).chain(&self.application)
    }

    /// Reads the tables that these migrations make.
    pub(super) fn catalog(&self, dialect: Dialect) -> Result<Catalog, Error> {
        let mut builder = Catalog::builder(dialect);
        for text in self.control().flat_map(MigrationSet::texts) {
            builder = builder.control_ddl(text)?;
        }
        for text in self.place.texts() {
            builder = builder.ddl(text)?;
        }
        Ok(builder.build()?)
    }
}
