use std::borrow::Cow;

use nadia_tenant_core::Dialect;
use sqlx::{
    SqlSafeStr,
    migrate::{Migrate, Migration, MigrationType, Migrator},
};

use crate::{Catalog, Error};

/// The migrations of the crate's own control tables.
const OWN: [(i64, &str, &str); 2] = [
    (1, "tenants", include_str!("../../migrations/control/0001_tenants.sql")),
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

    fn texts(&self) -> impl Iterator<Item = &str> {
        let ups = self.migrator.iter().filter(|migration| !migration.migration_type.is_down_migration());
        ups.map(|migration| migration.sql.as_str())
    }
}

impl Migrations {
    pub(super) fn new(place: &Migrator) -> Self {
        let own = OWN.map(|(version, name, sql)| {
            Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
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
