use std::{fmt, sync::Arc};

use async_trait::async_trait;
use time::OffsetDateTime;

use super::Reason;
use crate::{ControlDb, Error};

/// The name of a place that holds tenants' rows; `shared` is the one that every installation has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceName(Arc<str>);

impl PlaceName {
    pub(crate) fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// Returns the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an [`AuditHook`] hears of a read over all tenants, before anything is read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CrossTenantAccess {
    /// Why it is done.
    pub reason: Reason,
    /// Who does it, if the caller said so.
    pub actor: Option<String>,
    /// When it was asked for.
    pub at: OffsetDateTime,
    /// Where it reads.
    pub place: PlaceName,
}

/// Hears of each read over all tenants before it takes place, and can refuse it.
///
/// Added by [`InstallationConfig::add_audit_hook`](crate::InstallationConfig::add_audit_hook). Hooks run in the order in
/// which they were added, after the installation's own record stands; the first that fails refuses the read.
#[async_trait]
pub trait AuditHook: Send + Sync + fmt::Debug {
    /// Records the access elsewhere, or refuses it.
    ///
    /// # Errors
    /// Any error refuses the read; [`Error::Audit`] carries a cause of your own.
    async fn cross_tenant(&self, access: &CrossTenantAccess) -> Result<(), Error>;
}

/// The installation's own record and the hooks after it.
#[derive(Clone, Debug)]
pub(super) struct Audit {
    pub(super) control: ControlDb,
    pub(super) hooks: Arc<[Arc<dyn AuditHook>]>,
}

impl Audit {
    /// Returns once the access stands in the record and every hook agreed.
    pub(super) async fn admit(&self, access: &CrossTenantAccess) -> Result<(), Error> {
        let admitted = async {
            self.record(access).await?;
            for hook in &*self.hooks {
                hook.cross_tenant(access).await?;
            }
            Ok(())
        };
        admitted.await.map_err(|error| match error {
            already @ Error::Audit(_) => already,
            error => Error::Audit(Box::new(error)),
        })
    }

    async fn record(&self, access: &CrossTenantAccess) -> Result<(), Error> {
        let mut tx = self.control.begin().await?;
        let CrossTenantAccess { reason, actor, at, place } = access;
        tx.query("INSERT INTO cross_tenant_reads (id, at, reason, actor, place) VALUES ($1, $2, $3, $4, $5)")
            .bind(uuid::Uuid::new_v4())
            .bind(*at)
            .bind(reason.as_str().to_owned())
            .bind(actor.clone())
            .bind(place.as_str().to_owned())
            .execute()
            .await?;
        tx.commit().await
    }
}
