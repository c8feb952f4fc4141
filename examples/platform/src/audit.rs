//! The platform's audit: what was done, when, by whom, to which tenant. Rows are only ever added.

use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, ControlTx, Error};
use time::OffsetDateTime;
use uuid::Uuid;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// A clinic signed up.
    SignedUp,
    /// An operator made a clinic.
    Created,
    /// An operator removed a clinic and all that it kept.
    Deleted,
    /// An operator suspended a clinic.
    Suspended,
    /// An operator resumed a clinic.
    Resumed,
    /// The demo made a clinic.
    DemoMade,
    /// The demo filled its clinic.
    DemoFilled,
}

impl Action {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SignedUp => "tenant.signed_up",
            Self::Created => "tenant.created",
            Self::Deleted => "tenant.deleted",
            Self::Suspended => "tenant.suspended",
            Self::Resumed => "tenant.resumed",
            Self::DemoMade => "demo.made",
            Self::DemoFilled => "demo.filled",
        }
    }
}

/// Writes an entry, which stands if the rest of the transaction does.
pub(crate) async fn record(
    tx: &mut ControlTx,
    action: Action,
    tenant: TenantId,
    actor: Option<Uuid>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    tx.query("INSERT INTO audit (id, at, tenant_id, actor_id, action) VALUES ($1, $2, $3, $4, $5)")
        .bind(Uuid::now_v7())
        .bind(now)
        .bind(tenant.as_uuid())
        .bind(actor)
        .bind(action.as_str().to_owned())
        .execute()
        .await?;
    Ok(())
}

/// Tells whether an entry says that this was done to the tenant.
pub(crate) async fn is_recorded(tx: &mut ControlTx, action: Action, tenant: TenantId) -> Result<bool, Error> {
    let read = tx.query("SELECT id FROM audit WHERE tenant_id = $1 AND action = $2 LIMIT 1");
    Ok(read.bind(tenant.as_uuid()).bind(action.as_str().to_owned()).fetch_optional().await?.is_some())
}

/// Tells whether this was ever done to the tenant with this slug.
pub(crate) async fn happened(control: &ControlDb, action: Action, slug: &'static str) -> Result<bool, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT audit.id FROM tenants JOIN audit ON audit.tenant_id = tenants.id \
             WHERE tenants.slug = $1 AND audit.action = $2 LIMIT 1",
        )
        .bind(slug.to_owned())
        .bind(action.as_str().to_owned())
        .fetch_optional()
        .await?;
    Ok(row.is_some())
}
