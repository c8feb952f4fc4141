use std::sync::Arc;

use nadia_tenant_core::{Dialect, Placement};
use sqlx::migrate::Migrator;

use super::{DatabaseUrl, PoolerMode, migrations::Migrations, url::Target};
use crate::{AuditHook, ConnectionLimits, Error, GuardLimits, OnConnect};

/// What an [`Installation`](crate::Installation) is made of.
#[derive(Debug)]
pub struct InstallationConfig {
    pub(super) url: DatabaseUrl,
    pub(super) servers: Vec<(Placement, DatabaseUrl)>,
    pub(super) migrations: Migrations,
    pub(super) limits: ConnectionLimits,
    pub(super) hooks: Vec<Arc<dyn OnConnect>>,
    pub(super) audit_hooks: Vec<Arc<dyn AuditHook>>,
    pub(super) role_suffix: Option<String>,
    pub(super) pooler: Option<(DatabaseUrl, PoolerMode)>,
    pub(super) functions: Vec<String>,
    pub(super) guard_limits: GuardLimits,
}

impl InstallationConfig {
    /// Takes the database and the migrations of the tables that hold tenants' rows.
    ///
    /// The migrations tell the guard its catalog: a table with a column `tenant_id` is a tenant table, one
    /// without is reference data. Write them in the SQL that the database reads; PostgreSQL's type names are
    /// valid in SQLite, too. Name tables without a schema: the same migrations make the shared place, a tenant's schema
    /// and a tenant's database. On PostgreSQL reference tables stand in the schema `nadia_reference`, which the search
    /// path leads to; create extensions `WITH SCHEMA nadia_reference`.
    #[must_use]
    pub fn new(url: DatabaseUrl, place: &Migrator) -> Self {
        Self {
            url,
            servers: Vec::new(),
            migrations: Migrations::new(place),
            limits: ConnectionLimits::default(),
            hooks: Vec::new(),
            audit_hooks: Vec::new(),
            role_suffix: None,
            pooler: None,
            functions: Vec::new(),
            guard_limits: GuardLimits::default(),
        }
    }

    /// Adds the application's own control tables: identities, memberships, operators.
    #[must_use]
    pub fn with_control(mut self, control: &Migrator) -> Self {
        self.migrations.set_control(control);
        self
    }

    /// Adds another server of the same kind of database, for tenants of this placement. The first one is
    /// [`Placement::MAIN`].
    #[must_use]
    pub fn add_server(mut self, placement: Placement, url: DatabaseUrl) -> Self {
        self.servers.push((placement, url));
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

    /// Replaces the limits, which hold for all tenants' places together, and for the control database on its own.
    #[must_use]
    pub fn with_limits(mut self, limits: ConnectionLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Allows tenants' statements a function that the guard doesn't know; see [`Guard::allow_function`](crate::Guard::allow_function).
    ///
    /// # Security
    /// The function must depend on its arguments alone: one that reads tables sees every tenant's rows.
    #[must_use]
    pub fn allow_function(mut self, name: impl Into<String>) -> Self {
        self.functions.push(name.into());
        self
    }

    /// Replaces how much of a tenant's statement the guard reads.
    #[must_use]
    pub fn with_guard_limits(mut self, limits: GuardLimits) -> Self {
        self.guard_limits = limits;
        self
    }

    /// Adds a hook that prepares each connection that is opened to serve tenants; provisioning's own don't run it, nor do
    /// those to the control database.
    ///
    /// # Security
    /// A hook's statements pass no guard; see [`OnConnect`].
    #[must_use]
    pub fn add_on_connect(mut self, hook: impl OnConnect + 'static) -> Self {
        self.hooks.push(Arc::new(hook));
        self
    }

    /// Adds a hook that hears of each read over all tenants before it takes place, and can refuse it.
    #[must_use]
    pub fn add_audit_hook(mut self, hook: Arc<dyn AuditHook>) -> Self {
        self.audit_hooks.push(hook);
        self
    }

    /// Returns all servers, the first one first.
    ///
    /// # Errors
    /// [`Error::Config`] when two have one name.
    pub(super) fn all_servers(&self) -> Result<Vec<(Placement, &DatabaseUrl)>, Error> {
        let mut all = vec![(Placement::default(), &self.url)];
        for (placement, url) in &self.servers {
            if all.iter().any(|(known, _)| known == placement) {
                return Err(Error::Config(format!("two servers are called {placement}; give each a name of its own")));
            }
            all.push((placement.clone(), url));
        }
        Ok(all)
    }

    pub(super) const fn dialect(&self) -> Dialect {
        match &self.url.0 {
            Target::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Target::Postgres(_) => Dialect::Postgres,
            #[cfg(not(feature = "postgres"))]
            Target::Postgres => Dialect::Postgres,
        }
    }
}
