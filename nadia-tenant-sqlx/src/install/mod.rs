//! Makes an installation ready to serve: roles, schemas or files, migrations, row-level security.

mod migrations;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod rls;
#[cfg(feature = "postgres")]
mod roles;
#[cfg(feature = "sqlite")]
mod sqlite;
mod url;

use std::sync::Arc;

use nadia_tenant_core::TenantAware;
use sqlx::migrate::Migrator;

pub use self::url::DatabaseUrl;
use self::{migrations::Migrations, url::Target};
use crate::{
    AuditHook, Catalog, ConnectionLimits, ControlDb, CrossTenant, Error, Reason, TenantDb, cross::CrossParts,
    portable::Tenants,
};

/// What an [`Installation`] is made of.
#[derive(Debug)]
pub struct InstallationConfig {
    url: DatabaseUrl,
    migrations: Migrations,
    limits: ConnectionLimits,
    role_suffix: Option<String>,
    audit_hooks: Vec<Arc<dyn AuditHook>>,
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
            audit_hooks: Vec::new(),
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

    /// Replaces the limits, which hold for the control database and for the shared place, each on its own.
    #[must_use]
    pub fn with_limits(mut self, limits: ConnectionLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds a hook that hears of each read over all tenants before it takes place, and can refuse it.
    #[must_use]
    pub fn add_audit_hook(mut self, hook: Arc<dyn AuditHook>) -> Self {
        self.audit_hooks.push(hook);
        self
    }
}

/// A control database and a shared place, ready to serve. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Installation {
    tenants: Tenants,
    control: ControlDb,
    cross: CrossParts,
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
    /// right on tenants' rows) and `nadia_report_DATABASE` (reads over all tenants, and nothing else), the schema `nadia_control`, and on each tenant table row-level security with FORCE. Then it connects as the
    /// application role and checks that the role is bound by the policies. The serving roles' random passwords are in
    /// `nadia_control.role_secrets`, which only the privileged user reads.
    ///
    /// On SQLite it makes `control.sqlite` and `shared.sqlite` in the folder.
    ///
    /// # Errors
    /// [`Error::Migrate`], [`Error::Catalog`], [`Error::Sqlx`], [`Error::Io`], and [`Error::Wall`] when the
    /// database would not hold against a statement without a tenant.
    pub async fn provision(config: InstallationConfig) -> Result<Self, Error> {
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

    /// Returns the way to read over all tenants for this reason. Each opening of it is audited before anything is read.
    ///
    /// # Errors
    /// None yet; finding out the places may fail.
    #[allow(
        clippy::unused_async,
        reason = "where the places are is asked of the control database, once there are more"
    )]
    pub async fn cross_tenant(&self, reason: Reason) -> Result<CrossTenant, Error> {
        Ok(CrossTenant::new(self.cross.clone(), reason))
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
        self.cross.close().await;
        self.control.close().await;
    }
}

#[cfg(not(all(feature = "postgres", feature = "sqlite")))]
fn feature_off(feature: &str) -> Error {
    Error::Config(format!("this build doesn't know the database; enable the feature {feature:?} of nadia-tenant-sqlx"))
}
