//! What changes tenants in the registry. Each change takes the next number of the registry's clock.

use nadia_tenant_core::{PlanName, Tenant, TenantId, TenantSlug, TenantStatus};
use time::OffsetDateTime;

use super::{ControlDb, ControlTx};
use crate::Error;

/// What is to change of a tenant's record; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Revision {
    /// The name that people see.
    pub name: Option<String>,
    /// What it bought.
    pub plan: Option<PlanName>,
    /// The label of its host.
    pub slug: Option<TenantSlug>,
}

impl ControlDb {
    /// Enters a tenant into the registry, in a transaction of its own.
    ///
    /// # Errors
    /// [`Error::SlugTaken`]; nothing was entered then.
    pub async fn create(&self, tenant: &Tenant) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        match self.register(&mut tx, tenant).await {
            Ok(()) => tx.commit().await,
            Err(error) => {
                tx.rollback().await?;
                Err(error)
            }
        }
    }

    /// Enters a tenant into the registry, in the caller's transaction.
    ///
    /// # Errors
    /// [`Error::SlugTaken`]; the transaction can then only be rolled back.
    pub async fn register(&self, tx: &mut ControlTx, tenant: &Tenant) -> Result<(), Error> {
        let now = OffsetDateTime::now_utc();
        tick(tx).await?;
        let inserted = tx
            .query(
                "INSERT INTO tenants \
                 (id, slug, name, status, plan, isolation, placement, revision, created_at, updated_at, changed) \
                 VALUES ($1, $2, $3, $4, $5, $6, $9, $7, $8, $8, (SELECT changes FROM registry_clock WHERE one = 1))",
            )
            .bind(tenant.id().as_uuid())
            .bind(tenant.slug().as_str().to_owned())
            .bind(tenant.name().to_owned())
            .bind(tenant.status().as_str().to_owned())
            .bind(tenant.plan().as_str().to_owned())
            .bind(tenant.isolation().as_str().to_owned())
            .bind(1_i64)
            .bind(now)
            .bind(tenant.placement().as_str().to_owned())
            .execute()
            .await;
        match inserted {
            Ok(_) => Ok(()),
            Err(error) if error.is_unique_violation() => Err(Error::SlugTaken),
            Err(error) => Err(error),
        }
    }

    /// Moves a tenant to another status, if it still has the status `from` and may become `to`.
    ///
    /// Returns whether a tenant was moved. Caches in front learn of it by [`changes`](Self::changes), by their own
    /// invalidation, or at last by their time to live.
    ///
    /// # Errors
    /// [`Error::Transition`] when `to` can't follow `from`.
    pub async fn transition(&self, id: TenantId, from: TenantStatus, to: TenantStatus) -> Result<bool, Error> {
        let mut tx = self.begin().await?;
        match self.transition_in(&mut tx, id, from, to).await {
            Ok(true) => tx.commit().await.map(|()| true),
            outcome => {
                tx.rollback().await?;
                outcome
            }
        }
    }

    /// Moves a tenant to another status as [`transition`](Self::transition) does, in the caller's transaction.
    ///
    /// # Errors
    /// As [`transition`](Self::transition).
    pub async fn transition_in(
        &self,
        tx: &mut ControlTx,
        id: TenantId,
        from: TenantStatus,
        to: TenantStatus,
    ) -> Result<bool, Error> {
        let to = from.transition(to).map_err(Error::Transition)?;
        tick(tx).await?;
        let moved = tx
            .query(
                "UPDATE tenants SET status = $1, revision = revision + 1, updated_at = $2, \
                 changed = (SELECT changes FROM registry_clock WHERE one = 1) WHERE id = $3 AND status = $4",
            )
            .bind(to.as_str().to_owned())
            .bind(OffsetDateTime::now_utc())
            .bind(id.as_uuid())
            .bind(from.as_str().to_owned())
            .execute()
            .await?;
        Ok(moved == 1)
    }

    /// Changes a tenant's name, plan or slug, in the caller's transaction; returns whether there is such a tenant.
    ///
    /// Its isolation and placement stay: another plan moves no rows.
    ///
    /// # Errors
    /// [`Error::SlugTaken`]; the transaction can then only be rolled back.
    pub async fn revise(&self, tx: &mut ControlTx, id: TenantId, revision: Revision) -> Result<bool, Error> {
        tick(tx).await?;
        let Revision { name, plan, slug } = revision;
        let revised = tx
            .query(
                "UPDATE tenants SET name = coalesce($1, name), plan = coalesce($2, plan), slug = coalesce($3, slug), \
                 revision = revision + 1, updated_at = $4, \
                 changed = (SELECT changes FROM registry_clock WHERE one = 1) WHERE id = $5 AND status <> 'purged'",
            )
            .bind(name)
            .bind(plan.map(|plan| plan.as_str().to_owned()))
            .bind(slug.map(|slug| slug.as_str().to_owned()))
            .bind(OffsetDateTime::now_utc())
            .bind(id.as_uuid())
            .execute()
            .await;
        match revised {
            Ok(revised) => Ok(revised == 1),
            Err(error) if error.is_unique_violation() => Err(Error::SlugTaken),
            Err(error) => Err(error),
        }
    }

    /// Makes a closed tenant a purged one, whose slug is free again; in the caller's transaction.
    pub(crate) async fn bury(&self, tx: &mut ControlTx, id: TenantId) -> Result<(), Error> {
        if !self.transition_in(tx, id, TenantStatus::Closing, TenantStatus::Purged).await? {
            return Err(Error::Conflict);
        }
        // A slug that nobody else can want: the record must have one.
        let slug = format!("p-{}", id.as_uuid().simple());
        let rename = tx.query("UPDATE tenants SET slug = $1 WHERE id = $2 AND status = 'purged'");
        rename.bind(slug).bind(id.as_uuid()).execute().await.map(drop)
    }

    /// Keeps a tenant from serving, whatever its status, since a migration of its place failed.
    ///
    /// Returns whether this changed anything: `false` for one that is quarantined, and for none.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn quarantine(&self, id: TenantId) -> Result<bool, Error> {
        self.set_quarantined(id, true).await
    }

    /// Ends a tenant's quarantine, so that it serves as its status says.
    ///
    /// Returns whether this changed anything.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn release(&self, id: TenantId) -> Result<bool, Error> {
        self.set_quarantined(id, false).await
    }

    async fn set_quarantined(&self, id: TenantId, quarantined: bool) -> Result<bool, Error> {
        let mut tx = self.begin().await?;
        let changed = set_quarantined(&mut tx, id, quarantined).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

/// Quarantines a tenant or ends its quarantine, in the caller's transaction; returns whether this changed anything.
pub(crate) async fn set_quarantined(tx: &mut ControlTx, id: TenantId, quarantined: bool) -> Result<bool, Error> {
    // Asked first, since nearly always there is nothing to change, and the clock keeps others waiting.
    let read = tx.query("SELECT id FROM tenants WHERE id = $1 AND quarantined <> $2");
    if read.bind(id.as_uuid()).bind(quarantined).fetch_optional().await?.is_none() {
        return Ok(false);
    }
    tick(tx).await?;
    let changed = tx
        .query(
            "UPDATE tenants SET quarantined = $1, revision = revision + 1, updated_at = $2, \
             changed = (SELECT changes FROM registry_clock WHERE one = 1) WHERE id = $3 AND quarantined <> $1",
        )
        .bind(quarantined)
        .bind(OffsetDateTime::now_utc())
        .bind(id.as_uuid())
        .execute()
        .await?;
    Ok(changed == 1)
}

/// Takes the number of a change of a tenant. Until the transaction ends, the next change waits here.
async fn tick(tx: &mut ControlTx) -> Result<(), Error> {
    tx.query("UPDATE registry_clock SET changes = changes + 1 WHERE one = 1").execute().await?;
    Ok(())
}
