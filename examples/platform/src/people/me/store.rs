use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, ControlTx, Error};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::clock;

/// A session of one's own at this clinic.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct OwnSession {
    pub(super) id: Uuid,
    /// Whether it is one of the pages, not of the API.
    pub(super) pages: bool,
    /// Whether it is the one that asks.
    pub(super) current: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(super) expires_at: OffsetDateTime,
}

impl OwnSession {
    pub(super) fn created_shown(&self) -> String {
        clock::shown(&self.created_at)
    }

    pub(super) fn expires_shown(&self) -> String {
        clock::shown(&self.expires_at)
    }
}

pub(super) async fn name(control: &ControlDb, identity: Uuid) -> Result<Option<String>, Error> {
    let mut scope = control.conn().await?;
    let row = scope.query("SELECT name FROM identities WHERE id = $1").bind(identity).fetch_optional().await?;
    row.map_or(Ok(None), |row| row.get("name"))
}

pub(super) async fn set_name(tx: &mut ControlTx, identity: Uuid, name: Option<String>) -> Result<(), Error> {
    let set = tx.query("UPDATE identities SET name = $1 WHERE id = $2");
    set.bind(name).bind(identity).execute().await.map(drop)
}

pub(super) async fn password_hash(control: &ControlDb, identity: Uuid) -> Result<Option<String>, Error> {
    let mut scope = control.conn().await?;
    let row = scope.query("SELECT password_hash FROM identities WHERE id = $1").bind(identity).fetch_optional().await?;
    row.map(|row| row.get("password_hash")).transpose()
}

/// Replaces the password that hashes to `old`; returns whether it was still that one.
pub(super) async fn set_password(tx: &mut ControlTx, identity: Uuid, old: String, new: String) -> Result<bool, Error> {
    let set = tx.query("UPDATE identities SET password_hash = $1 WHERE id = $2 AND password_hash = $3");
    Ok(set.bind(new).bind(identity).bind(old).execute().await? == 1)
}

/// Ends a person's sessions at all clinics but for one, and what could still open another.
pub(super) async fn end_others(tx: &mut ControlTx, identity: Uuid, kept: Uuid) -> Result<(), Error> {
    tx.query("DELETE FROM entry_tickets WHERE identity_id = $1").bind(identity).execute().await?;
    tx.query("UPDATE sessions SET ended_at = $1 WHERE identity_id = $2 AND id <> $3 AND ended_at IS NULL")
        .bind(OffsetDateTime::now_utc())
        .bind(identity)
        .bind(kept)
        .execute()
        .await
        .map(drop)
}

/// Lists a person's sessions at a clinic that go on, the newest first.
pub(super) async fn sessions(
    control: &ControlDb,
    tenant: TenantId,
    identity: Uuid,
    current: Uuid,
) -> Result<Vec<OwnSession>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT sessions.id, sessions.created_at, sessions.expires_at, \
             (SELECT count(*) FROM session_cookies WHERE session_cookies.session_id = sessions.id) AS cookies \
             FROM sessions WHERE sessions.identity_id = $1 AND sessions.tenant_id = $2 AND sessions.ended_at IS NULL \
             AND sessions.expires_at > $3 ORDER BY sessions.created_at DESC, sessions.id LIMIT 200",
        )
        .bind(identity)
        .bind(tenant.as_uuid())
        .bind(OffsetDateTime::now_utc())
        .fetch_all()
        .await?;
    let session = |row: &nadia_tenant_sqlx::portable::Row| {
        let id = row.get("id")?;
        Ok(OwnSession {
            id,
            pages: row.get::<i64>("cookies")? > 0,
            current: id == current,
            created_at: row.get("created_at")?,
            expires_at: row.get("expires_at")?,
        })
    };
    rows.iter().map(session).collect()
}

/// Ends a person's session at a clinic; returns whether it went on.
pub(super) async fn end(tx: &mut ControlTx, tenant: TenantId, identity: Uuid, id: Uuid) -> Result<bool, Error> {
    let ended = tx.query(
        "UPDATE sessions SET ended_at = $1 WHERE id = $2 AND tenant_id = $3 AND identity_id = $4 \
         AND ended_at IS NULL AND expires_at > $1",
    );
    let ended = ended.bind(OffsetDateTime::now_utc()).bind(id).bind(tenant.as_uuid()).bind(identity);
    Ok(ended.execute().await? == 1)
}
