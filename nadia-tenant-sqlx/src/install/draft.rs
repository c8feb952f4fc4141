use std::{sync::Arc, time::Instant};

use nadia_tenant_core::Placement;

use super::{Installation, InstallationConfig};
use crate::{
    Catalog, ControlDb, Error, Guard, MigratedPlace, TenantDb,
    backend::Backend,
    cross::CrossParts,
    migrate::{PlaceMigrations, Servers, bring, ledger, migrated},
    park::Park,
    portable::Tenants,
    router::{Route, Router},
    server::{Place, PlaceKind},
};

/// An installation whose control database is open, and whose places are looked at one after the other.
pub(super) struct Draft<'c> {
    pub(super) config: &'c InstallationConfig,
    pub(super) control: ControlDb,
    pub(super) servers: Servers,
    pub(super) migrations: PlaceMigrations,
    pub(super) catalog: Catalog,
    /// What was applied so far.
    pub(super) provisioned: Vec<MigratedPlace>,
}

/// How a server's places are reached.
pub(super) struct Ways<DB: Backend> {
    pub(super) placement: Placement,
    /// By those who serve.
    pub(super) serving: Route<DB>,
    /// By those who read over all tenants.
    pub(super) reading: Route<DB>,
}

impl Draft<'_> {
    /// Brings the shared place of a server up to date and enters it into the ledger.
    pub(super) async fn settle(&mut self, placement: &Placement) -> Result<(), Error> {
        let place = Place { placement: placement.clone(), kind: PlaceKind::Shared };
        let server = crate::migrate::server(&self.servers, placement)?;
        let begun = Instant::now();
        let mut worker = server.worker();
        if ledger::is_known(&self.control, &place).await? && worker.applied(&place).await?.is_empty() {
            return Err(Error::Config(format!(
                "the {place} was migrated before, and where its URL leads now there is nothing; correct the URL, or restore \
                 the database"
            )));
        }
        let mut brought = bring(&mut *worker, &place, &self.migrations, None).await;
        if let Some((_, error @ Error::Drift { .. })) = brought.failure {
            // This program is not the one that migrates here, and knows nothing better than the ledger does.
            return Err(error);
        }
        let mut tx = self.control.begin().await?;
        ledger::note(&mut tx, &place, &self.migrations, &brought).await?;
        tx.commit().await?;
        if let Some((_, error)) = brought.failure.take() {
            return Err(error);
        }
        if !brought.applied.is_empty() {
            self.provisioned.push(migrated(&place, &brought, begun.elapsed()));
        }
        Ok(())
    }

    /// Checks by the ledger that the shared place of a server is up to date.
    pub(super) async fn settled(&self, placement: &Placement) -> Result<(), Error> {
        let place = Place { placement: placement.clone(), kind: PlaceKind::Shared };
        if ledger::is_current(&self.control, &place, self.migrations.target()).await? {
            return Ok(());
        }
        let why = format!("the {place} lacks a migration, or the last one failed there");
        Err(Error::NotCurrent { place: self.config.url.to_string(), why })
    }

    /// Opens it for serving.
    pub(super) fn open<DB: Backend>(self, ways: Vec<Ways<DB>>) -> (Installation, TenantDb<DB>)
    where
        TenantDb<DB>: Into<Tenants>,
    {
        let Self { config, control, servers, migrations, catalog, provisioned } = self;
        let guard = Guard::new(catalog.clone()).with_limits(config.guard_limits);
        let guard = Arc::new(config.functions.iter().fold(guard, |guard, name| guard.allow_function(name)));
        let (mut serving, mut reading) = (Vec::new(), Vec::new());
        for server in ways {
            serving.push((server.placement.clone(), server.serving));
            reading.push((server.placement, server.reading));
        }
        let readers = Park::<DB>::new(CrossParts::limits(&config.limits), config.hooks.clone());
        let readers = Router::tenants(readers, reading, Arc::clone(&guard));
        let park = Park::<DB>::new(config.limits.clone(), config.hooks.clone());
        let tenants = TenantDb::over(Router::tenants(park, serving, guard));
        let installation = Installation {
            tenants: tenants.clone().into(),
            cross: CrossParts::new(control.clone(), &config.audit_hooks, readers),
            control,
            catalog,
            migrations: Arc::new(migrations),
            servers: Arc::new(servers),
            #[cfg(feature = "postgres")]
            postgres: None,
            #[cfg(feature = "sqlite")]
            sqlite: None,
            main: config.url.clone(),
            provisioned: provisioned.into(),
        };
        (installation, tenants)
    }
}
