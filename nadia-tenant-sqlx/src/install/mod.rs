//! Makes an installation ready to serve: roles, schemas or files, migrations, row-level security.

mod migrations;
mod pooler;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod rls;
#[cfg(feature = "postgres")]
mod roles;
#[cfg(feature = "postgres")]
mod route;
#[cfg(feature = "sqlite")]
mod sqlite;
mod url;

use nadia_tenant_core::TenantAware;
use sqlx::migrate::Migrator;

use self::{migrations::Migrations, url::Target};
pub use self::{pooler::PoolerMode, url::DatabaseUrl};
use crate::{Catalog, ConnectionLimits, ControlDb, Error, TenantDb, portable::Tenants};

/// What an [`Installation`] is made of.
#[derive(Debug)]
pub struct InstallationConfig {
    url: DatabaseUrl,
    migrations: Migrations,
    limits: ConnectionLimits,
    role_suffix: Option<String>,
    pooler: Option<(DatabaseUrl, PoolerMode)>,
}

impl InstallationConfig {
    /// Takes the database and the migrations of the tables that hold tenants' rows.
    ///
    /// The migrations tell the guard its catalog: a table with a column `tenant_id` is a tenant table, one
    /// without is reference data. Write them in the SQL that the database reads; PostgreSQL's type names are
    /// valid in SQLite, too. On PostgreSQL they run in the schema `public`.
    #[must_use]
    pub fn new(url: DatabaseUrl, place: &Migrator) -> Self {
        Self {
            url,
            migrations: Migrations::new(place),
            limits: ConnectionLimits::default(),
            role_suffix: None,
            pooler: None,
        }
    }

    /// Adds the application's own control tables: identities, memberships, operators.
    #[must_use]
    pub fn with_control(mut self, control: &Migrator) -> Self {
        self.migrations.set_control(control);
        self
    }

    /// Replaces the database's name in the names of the PostgreSQL roles.
    ///
    /// For databases that are copies of one another, such as a template and its clones, and so must share
    /// roles. Databases that aren't copies must not: a role's password is kept in the database.
    #[must_use]
    pub fn with_role_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.role_suffix = Some(suffix.into());
        self
    }

    /// Serves through a pooler, such as PgBouncer, in front of the PostgreSQL server.
    ///
    /// The URL's host, port, database and TLS settings count; the serving roles log in there with names and passwords of
    /// their own, which the pooler must look up (PgBouncer: `auth_query`). Provisioning and migrations go on using the
    /// privileged URL, which must lead to the server itself.
    ///
    /// ```
    /// # use nadia_tenant_sqlx::{Error, InstallationConfig, PoolerMode};
    /// # fn configure(config: InstallationConfig) -> Result<InstallationConfig, Error> {
    /// let pooler = "postgres://pooler.example:6432/clinics".parse()?;
    /// Ok(config.with_pooler(pooler, PoolerMode::Transaction))
    /// # }
    /// ```
    #[must_use]
    pub fn with_pooler(mut self, url: DatabaseUrl, mode: PoolerMode) -> Self {
        self.pooler = Some((url, mode));
        self
    }

    /// Replaces the limits, which hold for the control database and for the shared place, each on its own.
    #[must_use]
    pub fn with_limits(mut self, limits: ConnectionLimits) -> Self {
        self.limits = limits;
        self
    }
}

/// A control database and a shared place, ready to serve. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Installation {
    tenants: Tenants,
    control: ControlDb,
    catalog: Catalog,
    #[cfg(feature = "postgres")]
    postgres: Option<TenantDb<sqlx::Postgres>>,
    #[cfg(feature = "sqlite")]
    sqlite: Option<TenantDb<sqlx::Sqlite>>,
}

impl Installation {
    /// Makes what is missing, applies the migrations and opens the installation for serving.
    ///
    /// It can be called again at every start, and killed at any instant: what stands is kept, the rest is made.
    /// Two that run at once wait for one another.
    ///
    /// On PostgreSQL, with the privileged user of the URL, it makes the roles `nadia_owner_DATABASE` (owns and
    /// migrates), `nadia_app_DATABASE` (serves tenants), `nadia_control_DATABASE` (serves the control tables, and has no
    /// right on tenants' rows) and `nadia_report_DATABASE` (reads over all tenants), the schema `nadia_control`, and on each tenant table row-level security with FORCE. Then it connects as the
    /// application role and checks that the role is bound by the policies. The serving roles' random passwords are in
    /// `nadia_control.role_secrets`, which only the privileged user reads.
    ///
    /// On SQLite it makes `control.sqlite` and `shared.sqlite` in the folder.
    ///
    /// # Errors
    /// [`Error::Migrate`], [`Error::Catalog`], [`Error::Sqlx`], [`Error::Io`], and [`Error::Wall`] when the
    /// database would not hold against a statement without a tenant, or a pooler hands sessions to others that were
    /// expected to be kept. [`Error::Config`] when a pooler leads to another database.
    pub async fn provision(config: InstallationConfig) -> Result<Self, Error> {
        #[cfg(feature = "sqlite")]
        if let (Target::Sqlite(_), Some(_)) = (&config.url.0, &config.pooler) {
            return Err(Error::Config("SQLite is served by no pooler; leave it out".to_owned()));
        }
        match &config.url.0 {
            #[cfg(feature = "sqlite")]
            Target::Sqlite(folder) => sqlite::provision(folder, &config).await,
            #[cfg(not(feature = "sqlite"))]
            Target::Sqlite(_) => Err(feature_off("sqlite")),
            #[cfg(feature = "postgres")]
            Target::Postgres(options) => postgres::provision(options, &config).await,
            #[cfg(not(feature = "postgres"))]
            Target::Postgres => Err(feature_off("postgres")),
        }
    }

    /// Returns the scopes of tenants, for statements that run on either database.
    #[must_use]
    pub const fn tenants(&self) -> &Tenants {
        &self.tenants
    }

    /// Returns the control database.
    #[must_use]
    pub const fn control(&self) -> &ControlDb {
        &self.control
    }

    /// Returns the tables as the migrations make them.
    #[must_use]
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Returns the scopes of tenants for plain sqlx, if this installation is on PostgreSQL.
    #[cfg(feature = "postgres")]
    #[must_use]
    pub const fn postgres(&self) -> Option<&TenantDb<sqlx::Postgres>> {
        self.postgres.as_ref()
    }

    /// Returns the scopes of tenants for plain sqlx, if this installation is on SQLite.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub const fn sqlite(&self) -> Option<&TenantDb<sqlx::Sqlite>> {
        self.sqlite.as_ref()
    }

    /// Checks a derived type against the tables, for use at start.
    ///
    /// # Errors
    /// [`Error::Catalog`] when its table or tenant column isn't there.
    pub fn check<T: TenantAware>(&self) -> Result<(), Error> {
        Ok(self.catalog.check::<T>()?)
    }

    /// Closes the connections; scopes that are open end theirs when they are dropped.
    pub async fn close(&self) {
        self.tenants.close().await;
        self.control.close().await;
    }
}

#[cfg(not(all(feature = "postgres", feature = "sqlite")))]
fn feature_off(feature: &str) -> Error {
    Error::Config(format!("this build doesn't know the database; enable the feature {feature:?} of nadia-tenant-sqlx"))
}
