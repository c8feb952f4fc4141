use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{Error, Installation};

use crate::{
    audit::{self, Action, Actor, Entry},
    people::forget_members,
};

/// Removes all that a closed clinic kept, and what the platform's own tables hold of it; its entries in the audit stay.
///
/// Cut short anywhere it can be called again, and goes on.
pub(crate) async fn remove(installation: &Installation, tenant: TenantId, actor: Actor) -> Result<(), Error> {
    let mut tx = installation.control().begin().await?;
    forget_members(&mut tx, tenant).await?;
    if !audit::is_recorded(&mut tx, Action::DELETED, tenant).await? {
        audit::record(&mut tx, Entry::of(tenant, Action::DELETED, actor)).await?;
    }
    tx.commit().await?;
    installation.purge_tenant(tenant).await
}
