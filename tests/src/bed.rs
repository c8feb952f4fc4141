use std::sync::Arc;

use nadia_tenant_core::{
    CellLayout, Dialect, PlanName, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId, TenantSlug,
};
use nadia_tenant_sqlx::{
    AuditHook, ConnectionLimits, DatabaseUrl, Error, Installation, InstallationConfig, PoolerMode,
    portable::{Conn, Tenants},
};
use sqlx::{migrate::Migrator, types::time::OffsetDateTime};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{Place, PostgresTemplate, execute_as_superuser, pooler_url};

/// The migrations of a bed's places.
pub static PLACE: Migrator = sqlx::migrate!("migrations/place");
static TEMPLATE: PostgresTemplate = PostgresTemplate::new("bed");

/// A fresh installation with the tables of `migrations/place`, and three registered tenants.
#[derive(Debug)]
pub struct Bed {
    /// The installation.
    pub installation: Installation,
    /// Three tenants.
    pub tenants: [TenantContext; 3],
    /// Where the installation is, for tests that open it a second time.
    pub url: String,
    _folder: Option<TempDir>,
}

impl Bed {
    /// Makes one on the database of this place.
    ///
    /// # Panics
    /// If it can't be made.
    pub async fn at(place: Place) -> Self {
        match place {
            Place::Postgres => Self::postgres().await,
            Place::Sqlite => Self::sqlite().await,
        }
    }

    /// Makes one on PostgreSQL.
    ///
    /// # Panics
    /// If it can't be made.
    pub async fn postgres() -> Self {
        Self::postgres_with(ConnectionLimits::default()).await
    }

    /// Makes one on PostgreSQL with limits of its own.
    ///
    /// # Panics
    /// If it can't be made.
    pub async fn postgres_with(limits: ConnectionLimits) -> Self {
        let url = TEMPLATE
            .clone_database(|url| async move {
                let made = Installation::provision(config(&url, ConnectionLimits::default())).await;
                made.expect("the template is provisioned").close().await;
            })
            .await;
        Self::open(url, limits, None).await
    }

    /// Makes one on SQLite.
    ///
    /// # Panics
    /// If it can't be made.
    pub async fn sqlite() -> Self {
        Self::sqlite_with(ConnectionLimits::default()).await
    }

    /// Makes one on SQLite with limits of its own.
    ///
    /// # Panics
    /// If it can't be made.
    pub async fn sqlite_with(limits: ConnectionLimits) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().display());
        Self::open(url, limits, Some(folder)).await
    }

    async fn open(url: String, limits: ConnectionLimits, folder: Option<TempDir>) -> Self {
        let installation =
            Installation::provision(config(&url, limits)).await.expect("the installation is provisioned");
        let tenants = ["north", "south", "harbour"].map(context);
        let control = installation.control();
        let mut tx = control.begin().await.expect("the control database answers");
        for ctx in &tenants {
            control.register(&mut tx, ctx.tenant()).await.expect("the slug is free");
        }
        tx.commit().await.expect("the tenants are registered");
        Self { installation, tenants, url, _folder: folder }
    }

    /// Returns the same installation with the guard taken away and connections shared.
    #[must_use]
    pub fn without_guard(&self) -> Tenants {
        self.installation.tenants().dangerous_without_guard()
    }

    /// Opens a second handle on the same installation.
    ///
    /// # Panics
    /// If it can't be opened.
    pub async fn second(&self) -> Installation {
        self.open_at(&self.url, ConnectionLimits::default()).await
    }

    /// Opens the same installation by another way to it.
    ///
    /// # Panics
    /// If it can't be opened.
    pub async fn open_at(&self, url: &str, limits: ConnectionLimits) -> Installation {
        self.try_open_at(url, limits).await.expect("the installation opens again")
    }

    /// Opens the same installation with an audit hook.
    ///
    /// # Panics
    /// If it can't be opened.
    pub async fn with_audit_hook(&self, hook: Arc<dyn AuditHook>) -> Installation {
        let config = config(&self.url, ConnectionLimits::default()).add_audit_hook(hook);
        Installation::provision(config).await.expect("the installation opens again")
    }

    /// Opens the same installation as a program with other migrations of the places does.
    ///
    /// # Errors
    /// As [`Installation::provision`].
    pub async fn open_with(&self, place: &Migrator) -> Result<Installation, Error> {
        Installation::provision(self.config_with(place)).await
    }

    /// Returns what the same installation is opened by as a program with other migrations of the places does.
    ///
    /// # Panics
    /// Never: the bed was opened by its URL.
    #[must_use]
    pub fn config_with(&self, place: &Migrator) -> InstallationConfig {
        let url: DatabaseUrl = self.url.parse().expect("the URL is well formed");
        InstallationConfig::new(url, place).with_role_suffix(TEMPLATE.role_suffix())
    }

    /// Tries to open the same installation.
    ///
    /// # Errors
    /// As [`Installation::provision`].
    pub async fn try_open_at(&self, url: &str, limits: ConnectionLimits) -> Result<Installation, Error> {
        Installation::provision(config(url, limits)).await
    }

    /// Returns what the same installation is opened by, for tests that add to it.
    ///
    /// # Panics
    /// Never: the bed was opened by it.
    #[must_use]
    pub fn config(&self, limits: ConnectionLimits) -> InstallationConfig {
        config(&self.url, limits)
    }

    /// Opens the same installation, on PostgreSQL, to be served through a pooler.
    ///
    /// # Errors
    /// As [`Installation::provision`].
    ///
    /// # Panics
    /// If the pooler's URL is malformed.
    pub async fn try_open_through(
        &self,
        pooler: &str,
        mode: PoolerMode,
        limits: ConnectionLimits,
    ) -> Result<Installation, Error> {
        let pooler: DatabaseUrl = pooler.parse().expect("the URL is well formed");
        Installation::provision(config(&self.url, limits).with_pooler(pooler, mode)).await
    }

    /// Opens the same installation to be served through the pooler of the tests, by transactions.
    ///
    /// # Panics
    /// If it can't be opened.
    pub async fn pooled(&self, limits: ConnectionLimits) -> Installation {
        let pooler = self.pooler_url();
        self.try_open_through(&pooler, PoolerMode::Transaction, limits).await.expect("the pooler leads to the bed")
    }

    /// Returns the superuser's URL of the bed through the pooler of the tests.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn pooler_url(&self) -> String {
        let database = self.url.rsplit('/').next().expect("the URL has a path");
        pooler_url(database.split('?').next().unwrap_or(database))
    }

    /// Returns which database the bed is on.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.installation.catalog().dialect()
    }

    /// Opens a scope of one of the three tenants.
    ///
    /// # Panics
    /// If it can't be opened.
    pub async fn conn(&self, tenant: usize) -> Conn {
        self.installation.tenants().conn(&self.tenants[tenant]).await.expect("a scope opens")
    }

    /// Takes a tenant's own database or file away, as a disaster does.
    ///
    /// # Panics
    /// If it isn't there.
    pub async fn lose(&self, tenant: TenantId) {
        let name = tenant.as_uuid().simple();
        match self.dialect() {
            Dialect::Postgres => execute_as_superuser(format!("DROP DATABASE \"nadia_t_{name}\" WITH (FORCE)")).await,
            _ => {
                let folder = self.url.trim_start_matches("sqlite:");
                std::fs::remove_file(format!("{folder}/tenants/{name}.sqlite")).expect("the file is there");
            }
        }
    }

    /// Adds a patient to one of the three tenants.
    ///
    /// # Panics
    /// If it can't be added.
    pub async fn add_patient(&self, tenant: usize, name: &str) -> Uuid {
        let id = Uuid::now_v7();
        let mut scope = self.conn(tenant).await;
        scope
            .query("INSERT INTO patients (id, name, created_at) VALUES ($1, $2, $3)")
            .bind(id)
            .bind(name.to_owned())
            .bind(OffsetDateTime::now_utc())
            .execute()
            .await
            .expect("the patient is added");
        id
    }

    /// Returns the names of the patients that one of the three tenants sees, sorted.
    ///
    /// # Panics
    /// If they can't be read.
    pub async fn names(&self, tenant: usize) -> Vec<String> {
        let mut scope = self.conn(tenant).await;
        let rows = scope.query("SELECT name FROM patients ORDER BY name").fetch_all().await.expect("patients are read");
        rows.iter().map(|row| row.get("name").expect("a name")).collect()
    }
}

/// Returns limits of one connection, so that every scope meets the one before.
#[must_use]
pub fn pool_of_one() -> ConnectionLimits {
    ConnectionLimits { max_connections: 1, ..ConnectionLimits::default() }
}

fn config(url: &str, limits: ConnectionLimits) -> InstallationConfig {
    let url: DatabaseUrl = url.parse().expect("the URL is well formed");
    InstallationConfig::new(url, &PLACE).with_limits(limits).with_role_suffix(TEMPLATE.role_suffix())
}

/// Makes the context of a new tenant on the plan `starter`.
///
/// # Panics
/// If `slug` is malformed.
#[must_use]
pub fn context(slug: &str) -> TenantContext {
    let slug = TenantSlug::parse(slug).expect("the slug is well formed");
    let plan: PlanName = "starter".parse().expect("the plan is well formed");
    let tenant = Tenant::new(TenantId::new(), slug, plan);
    let cell = TenantCells::new(CellLayout::empty()).cell(tenant.id());
    TenantContext::new(tenant, cell, ResolvedBy::Job)
}
