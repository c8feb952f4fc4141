use std::str::FromStr;

use nadia_tenant_core::{Tenant, TenantId, TenantRef, TenantStatus};

use super::work::{self, Step, WorkKind};
use crate::{
    ControlDb, Error,
    migrate::{Servers, ledger, server},
    portable::Tenants,
    server::{Place, PlaceKind},
};

/// The steps of removing a tenant: each says what is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Removed {
    Closed,
    Rows,
    Done,
}

impl Step for Removed {
    const KIND: WorkKind = WorkKind::Deprovision;

    fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Rows => "rows",
            Self::Done => "done",
        }
    }
}

impl FromStr for Removed {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Closed, Self::Rows, Self::Done].into_iter().find(|step| step.as_str() == text).ok_or(())
    }
}

/// Removes tenants.
pub(crate) struct Removing<'r> {
    pub(crate) control: &'r ControlDb,
    pub(crate) servers: &'r Servers,
    pub(crate) tenants: &'r Tenants,
}

impl Removing<'_> {
    /// Closes a tenant: it serves nothing from now on, and its rows are still there.
    pub(crate) async fn close(&self, tenant: &Tenant) -> Result<(), Error> {
        if tenant.status() == TenantStatus::Closing {
            return Ok(());
        }
        // Who can't remove it later doesn't close it.
        server(self.servers, tenant.placement())?;
        let mut tx = self.control.begin().await?;
        if !self.control.transition_in(&mut tx, tenant.id(), tenant.status(), TenantStatus::Closing).await? {
            tx.rollback().await?;
            return Err(Error::Conflict);
        }
        // If it was still being made, it is that no longer.
        work::abandon(&mut tx, tenant.id(), WorkKind::Provision).await?;
        // And one that was closed before, and taken back, is removed anew.
        work::reset(&mut tx, tenant.id(), WorkKind::Deprovision).await?;
        work::done(&mut tx, tenant.id(), Removed::Closed).await?;
        tx.commit().await
    }

    /// Removes the rows of a closed tenant for good. Nothing is done twice; its id stays taken.
    pub(crate) async fn purge(&self, tenant: TenantId) -> Result<(), Error> {
        let reached = work::reached::<Removed>(self.control, tenant).await?;
        if reached == Some(Removed::Done) {
            return Ok(());
        }
        let found = self.control.tenant(&TenantRef::Id(tenant)).await?.ok_or(Error::UnknownTenant)?.tenant;
        found.status().transition(TenantStatus::Purged).map_err(Error::Transition)?;
        let outcome = self.remove(&found, reached.unwrap_or(Removed::Closed)).await;
        if let Err(error) = &outcome {
            work::stumbled(self.control, tenant, WorkKind::Deprovision, error).await;
        }
        outcome
    }

    async fn remove(&self, tenant: &Tenant, removed: Removed) -> Result<(), Error> {
        let place = Place::of(tenant)?;
        if removed < Removed::Rows {
            let server = server(self.servers, tenant.placement())?;
            if place.kind == PlaceKind::Shared {
                while server.delete_rows(tenant.id()).await? {}
            } else {
                self.tenants.forget(tenant).await?;
                server.remove(&place).await?;
            }
            work::mark(self.control, tenant.id(), Removed::Rows).await?;
        }
        let mut tx = self.control.begin().await?;
        // A shared place stays, for those who share it.
        if place.tenant().is_some() {
            ledger::forget(&mut tx, &place).await?;
        }
        // What a request that was under way wrote meanwhile goes, too.
        if place.kind == PlaceKind::Shared {
            let server = server(self.servers, tenant.placement())?;
            while server.delete_rows(tenant.id()).await? {}
        }
        if let Err(error) = self.control.bury(&mut tx, tenant.id()).await {
            tx.rollback().await?;
            return Err(error);
        }
        work::done(&mut tx, tenant.id(), Removed::Done).await?;
        tx.commit().await
    }
}
