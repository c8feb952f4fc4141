//! Makes an installation ready to serve: roles, schemas or files, migrations, row-level security.

mod config;
mod draft;
mod migrations;
mod open;
mod pooler;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod url;

use std::sync::Arc;

use nadia_tenant_core::{Tenant, TenantAware, TenantId, TenantRef};

use self::url::Target;
pub use self::{config::InstallationConfig, pooler::PoolerMode, url::DatabaseUrl};
use crate::{
    Catalog, ConnectionStats, ControlDb, ControlTx, CrossTenant, Diagnosis, Error, FleetStatus, MigrateObserver,
    MigrateOptions, MigrateReport, MigratedPlace, Reason, Seed, TenantDb, TenantWork,
    cross::CrossParts,
    migrate::{Fleet, PlaceMigrations, Servers, ledger},
    portable::Tenants,
    provision::{Making, Removing, unfinished},
    server::Place,
};

/// A control database and the servers of tenants' places, ready to serve. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Installation {
    tenants: Tenants,
    control: ControlDb,
    cross: CrossParts,
    catalog: Catalog,
    migrations: Arc<PlaceMigrations>,
    servers: Arc<Servers>,
    #[cfg(feature = "postgres")]
    postgres: Option<TenantDb<sqlx::Postgres>>,
    #[cfg(feature = "sqlite")]
    sqlite: Option<TenantDb<sqlx::Sqlite>>,
    main: DatabaseUrl,
    provisioned: Arc<[MigratedPlace]>,
}

impl Installation {
    /// Makes what is missing, applies the migrations to the control database and to the shared places, and opens the
    /// installation for serving. Tenants' own places are migrated by [`migrate`](Self::migrate).
    ///
    /// It can be called again at every start, and killed at any instant: what stands is kept, the rest is made.
    /// Two that run at once wait for one another.
    ///
    /// On PostgreSQL, with the privileged user of the URL, it makes the roles `nadia_owner_DATABASE` (owns and
    /// migrates), `nadia_app_DATABASE` (serves tenants), `nadia_control_DATABASE` (serves the control tables, and has no
    /// right on tenants' rows) and `nadia_report_DATABASE` (reads over all tenants, and nothing else), the schemas `nadia_control`,
    /// `nadia_reference` (reference tables) and `nadia_ledger` (what was applied where), and on each tenant table
    /// row-level security with FORCE. Then it connects as the application role and checks that the role is bound by the
    /// policies. The serving roles' random passwords are in `nadia_control.role_secrets`, which only the privileged user
    /// reads.
    ///
    /// On SQLite it makes `control.sqlite`, `shared.sqlite` and the folder `tenants` in the folder.
    ///
    /// # Errors
    /// [`Error::Migrate`], [`Error::PlaceMigration`], [`Error::Drift`], [`Error::Catalog`], [`Error::Sqlx`],
    /// [`Error::Io`], and [`Error::Wall`] when the database would not hold against a statement without a tenant, or a
    /// pooler hands sessions to others that were expected to be kept. [`Error::Config`] when a pooler leads to another
    /// database, or doesn't go with the rest of the configuration.
    pub async fn provision(config: InstallationConfig) -> Result<Self, Error> {
        config.check_pooler()?;
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

    /// Returns the way to read over all tenants for this reason, at all places that there are now. Each opening of a place
    /// is audited before anything is read.
    ///
    /// # Errors
    /// What the control database reports, which knows the places.
    pub async fn cross_tenant(&self, reason: Reason) -> Result<CrossTenant, Error> {
        let places = ledger::all(&self.control).await?.into_iter().map(|entry| entry.place);
        Ok(CrossTenant::new(self.cross.clone(), places, reason))
    }

    /// Returns the tables as the migrations make them.
    #[must_use]
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Returns what [`provision`](Self::provision) applied to control tables and shared places; nothing where nothing was
    /// missing.
    #[must_use]
    pub fn provisioned(&self) -> &[MigratedPlace] {
        &self.provisioned
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

    /// Makes a tenant with a place of its isolation on the server of its placement, seeds it and activates it.
    ///
    /// The steps are: reserve, make the place, migrate, seed, activate. A ledger says how far it is; cut short anywhere,
    /// [`finish_tenant`](Self::finish_tenant) takes it up again.
    ///
    /// # Errors
    /// [`Error::SlugTaken`], when nothing was done; [`Error::Placement`] and [`Error::Config`] when the placement or the
    /// isolation isn't available here; otherwise what kept a step from being done, after which the tenant stays
    /// provisioning and can be finished.
    pub async fn create_tenant(&self, tenant: &Tenant, seed: Option<&dyn Seed>) -> Result<Tenant, Error> {
        let mut tx = self.control.begin().await?;
        if let Err(error) = self.reserve_tenant(&mut tx, tenant).await {
            tx.rollback().await?;
            return Err(error);
        }
        tx.commit().await?;
        self.making().begin(tenant, seed).await
    }

    /// Takes a tenant's slug in the caller's transaction, as the first step of making it. After the commit,
    /// [`finish_tenant`](Self::finish_tenant) does the rest.
    ///
    /// # Errors
    /// As [`create_tenant`](Self::create_tenant); the transaction can then only be rolled back.
    pub async fn reserve_tenant(&self, tx: &mut ControlTx, tenant: &Tenant) -> Result<(), Error> {
        self.making().reserve(tx, tenant).await
    }

    /// Goes on with the making of a tenant where it was cut short, and returns the active tenant. Nothing is done twice;
    /// one that is finished already is returned as it is.
    ///
    /// # Errors
    /// [`Error::UnknownTenant`] when nobody began to make it; otherwise as [`create_tenant`](Self::create_tenant).
    pub async fn finish_tenant(&self, tenant: TenantId, seed: Option<&dyn Seed>) -> Result<Tenant, Error> {
        self.making().finish(tenant, seed).await
    }

    /// Closes a tenant: it serves nothing from now on, and its rows wait for [`purge_tenant`](Self::purge_tenant).
    ///
    /// # Errors
    /// [`Error::UnknownTenant`]; [`Error::Placement`] when its server isn't available here; [`Error::Transition`] when its
    /// status doesn't allow it; [`Error::Conflict`] when the status changed meanwhile.
    pub async fn close_tenant(&self, tenant: TenantId) -> Result<(), Error> {
        let record = self.control.tenant(&TenantRef::Id(tenant)).await?.ok_or(Error::UnknownTenant)?;
        self.removing().close(&record.tenant).await
    }

    /// Removes a closed tenant's rows, schema, database or file for good. Its id stays taken, its slug is free again.
    ///
    /// Cut short anywhere it can be called again, and goes on.
    ///
    /// # Errors
    /// [`Error::UnknownTenant`]; [`Error::Transition`] unless it is closed; what the database reports.
    pub async fn purge_tenant(&self, tenant: TenantId) -> Result<(), Error> {
        self.removing().purge(tenant).await
    }

    /// Returns the tenants whose making or removal was begun and isn't finished.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn unfinished_work(&self) -> Result<Vec<TenantWork>, Error> {
        unfinished(&self.control).await
    }

    /// Applies the migrations to every place that lacks any: shared places, then a few canaries, then the rest.
    ///
    /// What was applied where is in the ledger. A tenant whose place fails is quarantined, and the rest goes on; a later run
    /// tries it again and lifts the quarantine. Dropped or killed anywhere, each place is as it was before a migration or
    /// after it, and the next run goes on. Of two runs at once the second waits, and finds less to do.
    ///
    /// # Errors
    /// What keeps the run itself from going on; a place that fails is in the report.
    pub async fn migrate(
        &self,
        options: &MigrateOptions,
        observer: &dyn MigrateObserver,
    ) -> Result<MigrateReport, Error> {
        let _lock = self.lock().await?;
        self.fleet().migrate(options, observer).await
    }

    /// Tells whether every place has all migrations, by one query on the ledger.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn migration_status(&self) -> Result<FleetStatus, Error> {
        self.fleet().status().await
    }

    /// Asks each place what it has, and returns where that differs from the ledger or from the program's migrations, a
    /// line each.
    ///
    /// # Errors
    /// What the control database reports.
    pub async fn migration_drift(&self) -> Result<Vec<String>, Error> {
        self.fleet().drift().await
    }

    /// Compares every database, or file, of the installation with the catalog, and says what leaks or would leak, why, and
    /// what mends it: `installation.doctor().await?.ensure_clean()?` at start refuses to serve on a database that leaks.
    ///
    /// Reads each server's catalog by a handful of queries, some milliseconds for each tenant's schema, and opens each
    /// tenant's own database; on SQLite it reads each file whole.
    ///
    /// # Errors
    /// [`Error::Sqlx`] when a database can't be asked.
    pub async fn doctor(&self) -> Result<Diagnosis, Error> {
        let mut places: Vec<Place> = ledger::all(&self.control).await?.into_iter().map(|entry| entry.place).collect();
        places.retain(|place| place.tenant().is_some());
        let mut all = Vec::new();
        let mut placements: Vec<_> = self.servers.iter().collect();
        placements.sort_by_key(|(placement, _)| (!placement.is_main(), placement.as_str()));
        for (placement, server) in placements {
            let (own, rest): (Vec<_>, Vec<_>) = places.into_iter().partition(|place| place.placement == *placement);
            all.extend(server.examine(&own, placement.is_main()).await?);
            places = rest;
        }
        Ok(Diagnosis::new(all))
    }

    /// Returns what the connections to tenants' places do at this instant.
    #[must_use]
    pub fn connections(&self) -> ConnectionStats {
        self.tenants.connections()
    }

    /// Closes the connections; scopes that are open end theirs when they are dropped.
    pub async fn close(&self) {
        self.tenants.close().await;
        self.cross.close().await;
        self.control.close().await;
    }

    fn making(&self) -> Making<'_> {
        let Self { control, servers, migrations, tenants, .. } = self;
        Making { control, servers, migrations, tenants }
    }

    fn removing(&self) -> Removing<'_> {
        let Self { control, servers, tenants, .. } = self;
        Removing { control, servers, tenants }
    }

    fn fleet(&self) -> Fleet<'_> {
        let Self { control, servers, migrations, .. } = self;
        Fleet { control, servers, migrations }
    }

    /// Waits until nobody else provisions or migrates this installation; others wait until the lock is dropped.
    async fn lock(&self) -> Result<Lock, Error> {
        match &self.main.0 {
            #[cfg(feature = "sqlite")]
            Target::Sqlite(folder) => Ok(Box::new(crate::server::SqliteServer::lock(folder).await?)),
            #[cfg(not(feature = "sqlite"))]
            Target::Sqlite(_) => Err(feature_off("sqlite")),
            #[cfg(feature = "postgres")]
            Target::Postgres(options) => Ok(Box::new(crate::server::PostgresServer::lock(options).await?)),
            #[cfg(not(feature = "postgres"))]
            Target::Postgres => Err(feature_off("postgres")),
        }
    }
}

/// A connection or a file that keeps others waiting while it is open.
type Lock = Box<dyn std::any::Any + Send>;

#[cfg(not(all(feature = "postgres", feature = "sqlite")))]
fn feature_off(feature: &str) -> Error {
    Error::Config(format!("this build doesn't know the database; enable the feature {feature:?} of nadia-tenant-sqlx"))
}
