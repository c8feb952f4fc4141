//! Takes somebody who proved who they are at one host to a clinic's host, where cookies of the first are not sent.

use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, Error};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::session::{hash, random_token};

const PREFIX: &str = "nadia_et_";
/// How long a browser has to follow a redirect.
const LIFE: Duration = Duration::minutes(1);

/// Makes a ticket to a clinic for one of its members. It is good once.
pub(crate) async fn issue(control: &ControlDb, identity: Uuid, tenant: TenantId) -> Result<String, Error> {
    let ticket = random_token(PREFIX)?;
    let mut scope = control.conn().await?;
    scope
        .query("INSERT INTO entry_tickets (token_hash, identity_id, tenant_id, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(hash(&ticket))
        .bind(identity)
        .bind(tenant.as_uuid())
        .bind(OffsetDateTime::now_utc() + LIFE)
        .execute()
        .await?;
    Ok(ticket)
}

/// Takes a ticket to this clinic, and returns whose it was if it was good. Those that expired go with it.
pub(crate) async fn redeem(control: &ControlDb, tenant: TenantId, ticket: &str) -> Result<Option<Uuid>, Error> {
    let now = OffsetDateTime::now_utc();
    let mut tx = control.begin().await?;
    // A ticket that came to another clinic's host stays good at its own.
    let row = tx
        .query("DELETE FROM entry_tickets WHERE token_hash = $1 AND tenant_id = $2 RETURNING identity_id, expires_at")
        .bind(hash(ticket))
        .bind(tenant.as_uuid())
        .fetch_optional()
        .await?;
    tx.query("DELETE FROM entry_tickets WHERE expires_at < $1").bind(now).execute().await?;
    tx.commit().await?;
    let Some(row) = row else { return Ok(None) };
    let good = row.get::<OffsetDateTime>("expires_at")? > now;
    good.then(|| row.get("identity_id")).transpose()
}
