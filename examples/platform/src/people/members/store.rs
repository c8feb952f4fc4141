use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{
    ControlDb, ControlTx, Error,
    portable::{Query, Row},
};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{clock, people::Role};

/// Somebody who belongs to a clinic, as others there see them.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Member {
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) name: Option<String>,
    pub(crate) role: Role,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) since: OffsetDateTime,
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Who it is stays out of logs.
        f.debug_struct("Member").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

impl Member {
    /// Returns what the person is called: their address until they say.
    pub(crate) fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.email)
    }

    pub(crate) fn since_shown(&self) -> String {
        clock::shown(&self.since)
    }

    fn read(row: &Row) -> Result<Self, Error> {
        let role: String = row.get("role")?;
        Ok(Self {
            id: row.get("id")?,
            email: row.get("email")?,
            name: row.get("name")?,
            role: role.parse().map_err(|error| Error::Corrupt(Box::new(error)))?,
            since: row.get("created_at")?,
        })
    }
}

/// Lists up to `limit` members after this id, in the order they came to the platform.
pub(crate) async fn list(control: &ControlDb, tenant: TenantId, after: Uuid, limit: i64) -> Result<Vec<Member>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT identities.id, identities.email, identities.name, memberships.role, memberships.created_at \
             FROM memberships JOIN identities ON identities.id = memberships.identity_id \
             WHERE memberships.tenant_id = $1 AND memberships.identity_id > $2 \
             ORDER BY memberships.identity_id LIMIT $3",
        )
        .bind(tenant.as_uuid())
        .bind(after)
        .bind(limit)
        .fetch_all()
        .await?;
    rows.iter().map(Member::read).collect()
}

const FIND: &str = "SELECT identities.id, identities.email, identities.name, memberships.role, memberships.created_at \
    FROM memberships JOIN identities ON identities.id = memberships.identity_id \
    WHERE memberships.tenant_id = $1 AND memberships.identity_id = $2";

/// Finds a member of a clinic.
pub(crate) async fn find(control: &ControlDb, tenant: TenantId, id: Uuid) -> Result<Option<Member>, Error> {
    found(control.conn().await?.query(FIND), tenant, id).await
}

/// Finds a member in a transaction.
pub(super) async fn find_in(tx: &mut ControlTx, tenant: TenantId, id: Uuid) -> Result<Option<Member>, Error> {
    found(tx.query(FIND), tenant, id).await
}

async fn found(query: Query<'_>, tenant: TenantId, id: Uuid) -> Result<Option<Member>, Error> {
    let row = query.bind(tenant.as_uuid()).bind(id).fetch_optional().await?;
    row.as_ref().map(Member::read).transpose()
}

/// Counts a clinic's owners.
pub(super) async fn owners(tx: &mut ControlTx, tenant: TenantId) -> Result<i64, Error> {
    let count = tx.query("SELECT count(*) AS owners FROM memberships WHERE tenant_id = $1 AND role = $2");
    count.bind(tenant.as_uuid()).bind(Role::Owner.as_str().to_owned()).fetch_one().await?.get("owners")
}

pub(super) async fn set_role(tx: &mut ControlTx, tenant: TenantId, id: Uuid, role: Role) -> Result<(), Error> {
    let set = tx.query("UPDATE memberships SET role = $1 WHERE tenant_id = $2 AND identity_id = $3");
    set.bind(role.as_str().to_owned()).bind(tenant.as_uuid()).bind(id).execute().await.map(drop)
}

pub(super) async fn remove(tx: &mut ControlTx, tenant: TenantId, id: Uuid) -> Result<(), Error> {
    for sql in [
        "DELETE FROM entry_tickets WHERE tenant_id = $1 AND identity_id = $2",
        "DELETE FROM memberships WHERE tenant_id = $1 AND identity_id = $2",
    ] {
        tx.query(sql).bind(tenant.as_uuid()).bind(id).execute().await?;
    }
    Ok(())
}
