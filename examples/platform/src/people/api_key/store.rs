use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, ControlTx, Error, portable::Row};
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{clock, people::Role};

/// A key as the clinic sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ApiKey {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) created_by: Option<Uuid>,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) expires_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) last_used_at: Option<OffsetDateTime>,
}

impl ApiKey {
    pub(crate) fn created_shown(&self) -> String {
        clock::shown(&self.created_at)
    }

    pub(crate) fn expires_shown(&self) -> String {
        self.expires_at.as_ref().map_or_else(|| "never".to_owned(), clock::shown)
    }

    pub(crate) fn used_shown(&self) -> String {
        self.last_used_at.as_ref().map_or_else(|| "never".to_owned(), clock::shown)
    }

    fn read(row: &Row) -> Result<Self, Error> {
        let role: String = row.get("role")?;
        Ok(Self {
            id: row.get("id")?,
            name: row.get("name")?,
            role: role.parse().map_err(|error| Error::Corrupt(Box::new(error)))?,
            created_by: row.get("created_by")?,
            created_at: row.get("created_at")?,
            expires_at: row.get("expires_at")?,
            last_used_at: row.get("last_used_at")?,
        })
    }
}

/// Lists a clinic's keys that were not revoked, the oldest first.
pub(super) async fn list(control: &ControlDb, tenant: TenantId) -> Result<Vec<ApiKey>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT id, name, role, created_by, created_at, expires_at, last_used_at FROM api_keys \
             WHERE tenant_id = $1 AND revoked_at IS NULL ORDER BY created_at, id",
        )
        .bind(tenant.as_uuid())
        .fetch_all()
        .await?;
    rows.iter().map(ApiKey::read).collect()
}

/// A key that may be good, and what its secret must hash to.
pub(super) struct Candidate {
    pub(super) role: Role,
    pub(super) secret_hash: String,
    pub(super) last_used_at: Option<OffsetDateTime>,
}

/// Finds a key of a clinic that is neither revoked nor expired.
pub(super) async fn find(control: &ControlDb, tenant: TenantId, id: Uuid) -> Result<Option<Candidate>, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT role, secret_hash, last_used_at FROM api_keys WHERE id = $1 AND tenant_id = $2 \
             AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)",
        )
        .bind(id)
        .bind(tenant.as_uuid())
        .bind(OffsetDateTime::now_utc())
        .fetch_optional()
        .await?;
    let Some(row) = row else { return Ok(None) };
    let role: String = row.get("role")?;
    Ok(Some(Candidate {
        role: role.parse().map_err(|error| Error::Corrupt(Box::new(error)))?,
        secret_hash: row.get("secret_hash")?,
        last_used_at: row.get("last_used_at")?,
    }))
}

pub(super) async fn add(tx: &mut ControlTx, tenant: TenantId, key: &ApiKey, secret_hash: String) -> Result<(), Error> {
    tx.query(
        "INSERT INTO api_keys (id, tenant_id, name, role, secret_hash, created_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(key.id)
    .bind(tenant.as_uuid())
    .bind(key.name.clone())
    .bind(key.role.as_str().to_owned())
    .bind(secret_hash)
    .bind(key.created_by)
    .bind(key.created_at)
    .bind(key.expires_at)
    .execute()
    .await
    .map(drop)
}

/// Counts a clinic's keys that were not revoked.
pub(super) async fn count(tx: &mut ControlTx, tenant: TenantId) -> Result<i64, Error> {
    let count = tx.query("SELECT count(*) AS keys FROM api_keys WHERE tenant_id = $1 AND revoked_at IS NULL");
    count.bind(tenant.as_uuid()).fetch_one().await?.get("keys")
}

/// Revokes a key; returns whether that was still to do.
pub(super) async fn revoke(tx: &mut ControlTx, tenant: TenantId, id: Uuid) -> Result<bool, Error> {
    let revoked =
        tx.query("UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND tenant_id = $3 AND revoked_at IS NULL");
    Ok(revoked.bind(OffsetDateTime::now_utc()).bind(id).bind(tenant.as_uuid()).execute().await? == 1)
}

/// Notes that a key was used, unless that was noted less than `apart` ago.
pub(super) async fn note_use(control: &ControlDb, tenant: TenantId, id: Uuid, apart: Duration) -> Result<(), Error> {
    let now = clock::now();
    let mut scope = control.conn().await?;
    scope
        .query(
            "UPDATE api_keys SET last_used_at = $1 WHERE id = $2 AND tenant_id = $3 \
             AND (last_used_at IS NULL OR last_used_at < $4)",
        )
        .bind(now)
        .bind(id)
        .bind(tenant.as_uuid())
        .bind(now - apart)
        .execute()
        .await
        .map(drop)
}
