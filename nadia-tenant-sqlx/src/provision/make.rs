use std::str::FromStr;

use async_trait::async_trait;
use nadia_tenant_core::{
    CellLayout, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId, TenantRef, TenantStatus,
};

use super::work::{self, Step, WorkKind};
use crate::{
    ControlDb, ControlTx, Error,
    migrate::{PlaceMigrations, Servers, bring, ledger, server},
    portable::{Tenants, Tx},
    server::{Place, PlaceKind},
};

/// Puts the first rows into a new tenant's place.
#[async_trait]
pub trait Seed: Send + Sync {
    /// Returns the seed's name, by which a tenant is known to have had it.
    fn name(&self) -> &str;

    /// Writes the rows. They commit together with the note that the tenant has had this seed, so it has it once, however
    /// often its making is taken up again.
    ///
    /// # Errors
    /// Whatever keeps it from doing so; the tenant isn't activated then.
    async fn seed(&self, tx: &mut Tx) -> Result<(), Error>;
}

/// The steps of making a tenant: each says what is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Made {
    Reserved,
    /// The place stands, with all migrations.
    Migrated,
    /// It was seeded, if it was to be, and is active.
    Done,
}

impl Step for Made {
    const KIND: WorkKind = WorkKind::Provision;

    fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Migrated => "migrated",
            Self::Done => "done",
        }
    }
}

impl FromStr for Made {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Reserved, Self::Migrated, Self::Done].into_iter().find(|step| step.as_str() == text).ok_or(())
    }
}

/// Makes tenants.
pub(crate) struct Making<'m> {
    pub(crate) control: &'m ControlDb,
    pub(crate) servers: &'m Servers,
    pub(crate) migrations: &'m PlaceMigrations,
    pub(crate) tenants: &'m Tenants,
}

impl Making<'_> {
    /// Takes the slug and begins the ledger, in the caller's transaction.
    pub(crate) async fn reserve(&self, tx: &mut ControlTx, tenant: &Tenant) -> Result<(), Error> {
        server(self.servers, tenant.placement())?.check(tenant.isolation())?;
        let tenant = tenant.clone().with_status(TenantStatus::Provisioning);
        self.control.register(tx, &tenant).await?;
        work::done(tx, tenant.id(), Made::Reserved).await
    }

    /// Takes up what was reserved, and goes on until the tenant is active. Nothing is done twice.
    pub(crate) async fn finish(&self, tenant: TenantId, seed: Option<&dyn Seed>) -> Result<Tenant, Error> {
        let Some(made) = work::reached::<Made>(self.control, tenant).await? else { return Err(Error::UnknownTenant) };
        let found = self.found(tenant).await?;
        if made < Made::Done {
            // One that is closed meanwhile must not get a place that nobody removes.
            found.status().transition(TenantStatus::Active).map_err(Error::Transition)?;
            if found.status() != TenantStatus::Provisioning {
                return Err(Error::Conflict);
            }
        }
        self.go_on(&found, made, seed).await?;
        self.found(tenant).await
    }

    /// Goes on with what was reserved just now.
    pub(crate) async fn begin(&self, tenant: &Tenant, seed: Option<&dyn Seed>) -> Result<Tenant, Error> {
        self.go_on(&tenant.clone().with_status(TenantStatus::Provisioning), Made::Reserved, seed).await?;
        self.found(tenant.id()).await
    }

    async fn go_on(&self, tenant: &Tenant, made: Made, seed: Option<&dyn Seed>) -> Result<(), Error> {
        let outcome = self.steps(tenant, made, seed).await;
        if let Err(error) = &outcome {
            work::stumbled(self.control, tenant.id(), WorkKind::Provision, error).await;
        }
        outcome
    }

    async fn found(&self, tenant: TenantId) -> Result<Tenant, Error> {
        let record = self.control.tenant(&TenantRef::Id(tenant)).await?;
        record.map(|record| record.tenant).ok_or(Error::UnknownTenant)
    }

    /// Does what isn't done. What is noted together costs the control database one commit, and what isn't noted yet is found
    /// done when it is done again.
    async fn steps(&self, tenant: &Tenant, made: Made, seed: Option<&dyn Seed>) -> Result<(), Error> {
        if made == Made::Done {
            return Ok(());
        }
        let place = Place::of(tenant)?;
        let own = place.kind != PlaceKind::Shared;
        let mut brought = None;
        if own && made < Made::Migrated {
            let mut worker = server(self.servers, tenant.placement())?.worker();
            worker.make(&place, self.migrations).await?;
            let reached = bring(&mut *worker, &place, self.migrations, None).await;
            if let Some((_, error)) = reached.failure {
                return Err(error);
            }
            worker.verify(&place).await?;
            brought = Some(reached);
        }
        if let Some(seed) = seed {
            if let Some(brought) = brought.take() {
                if self.found(tenant.id()).await?.status() != TenantStatus::Provisioning {
                    return self.late(tenant, &place).await;
                }
                let mut tx = self.control.begin().await?;
                ledger::note(&mut tx, &place, self.migrations, &brought).await?;
                work::done(&mut tx, tenant.id(), Made::Migrated).await?;
                tx.commit().await?;
            }
            self.seed(tenant, seed).await?;
        }
        let mut tx = self.control.begin().await?;
        if let Some(brought) = &brought {
            ledger::note(&mut tx, &place, self.migrations, brought).await?;
        }
        let (from, to) = (TenantStatus::Provisioning, TenantStatus::Active);
        if self.control.transition_in(&mut tx, tenant.id(), from, to).await? {
            work::done(&mut tx, tenant.id(), Made::Done).await?;
            return tx.commit().await;
        }
        tx.rollback().await?;
        self.late(tenant, &place).await
    }

    /// Somebody who made the same tenant was faster, or it is being removed.
    async fn late(&self, tenant: &Tenant, place: &Place) -> Result<(), Error> {
        if work::reached::<Made>(self.control, tenant.id()).await? == Some(Made::Done) {
            return Ok(());
        }
        // Whoever removed it may have come before its place was made, and nobody would remove that later.
        if self.found(tenant.id()).await?.status() == TenantStatus::Purged {
            server(self.servers, tenant.placement())?.remove(place).await?;
        }
        Err(Error::Conflict)
    }

    async fn seed(&self, tenant: &Tenant, seed: &dyn Seed) -> Result<(), Error> {
        let cell = TenantCells::new(CellLayout::empty()).cell(tenant.id());
        let mut tx = self.tenants.begin(&TenantContext::new(tenant.clone(), cell, ResolvedBy::Job)).await?;
        let note = tx.query("INSERT INTO nadia_seeds (name) VALUES ($1) ON CONFLICT DO NOTHING");
        if note.bind(seed.name().to_owned()).execute().await? == 0 {
            return tx.rollback().await;
        }
        match seed.seed(&mut tx).await {
            Ok(()) => tx.commit().await,
            Err(error) => {
                tx.rollback().await?;
                Err(error)
            }
        }
    }
}
