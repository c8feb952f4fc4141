use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, ControlTx, Error, portable::Row};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    clock,
    people::{Email, Role, session::hash},
};

/// An invitation that may be accepted.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Invitation {
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) invited_by: Option<Uuid>,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) expires_at: OffsetDateTime,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Whom it is for stays out of logs.
        f.debug_struct("Invitation").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

impl Invitation {
    pub(crate) fn until_shown(&self) -> String {
        clock::shown(&self.expires_at)
    }

    fn read(row: &Row) -> Result<Self, Error> {
        let role: String = row.get("role")?;
        Ok(Self {
            id: row.get("id")?,
            email: row.get("email")?,
            role: role.parse().map_err(|error| Error::Corrupt(Box::new(error)))?,
            invited_by: row.get("invited_by")?,
            created_at: row.get("created_at")?,
            expires_at: row.get("expires_at")?,
        })
    }
}

/// Lists a clinic's invitations that may be accepted, the oldest first. Each takes a seat, so they are no more than seats.
pub(crate) async fn open(control: &ControlDb, tenant: TenantId) -> Result<Vec<Invitation>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT id, email, role, invited_by, created_at, expires_at FROM invitations WHERE tenant_id = $1 \
             AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2 ORDER BY created_at, id",
        )
        .bind(tenant.as_uuid())
        .bind(OffsetDateTime::now_utc())
        .fetch_all()
        .await?;
    rows.iter().map(Invitation::read).collect()
}

/// Finds the invitation with this token, if it is one of this clinic and may be accepted.
pub(super) async fn of_token(control: &ControlDb, tenant: TenantId, token: &str) -> Result<Option<Invitation>, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT id, email, role, invited_by, created_at, expires_at FROM invitations WHERE tenant_id = $1 \
             AND token_hash = $2 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $3",
        )
        .bind(tenant.as_uuid())
        .bind(hash(token))
        .bind(OffsetDateTime::now_utc())
        .fetch_optional()
        .await?;
    row.as_ref().map(Invitation::read).transpose()
}

/// What the clinic knows of an address already.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    No,
    Invited,
    Member,
}

/// Finds what a clinic knows of an address.
pub(super) async fn known(tx: &mut ControlTx, tenant: TenantId, email: &Email) -> Result<Known, Error> {
    let row = tx
        .query(
            "SELECT (SELECT count(*) FROM memberships JOIN identities ON identities.id = memberships.identity_id \
             WHERE memberships.tenant_id = $1 AND identities.email = $2) AS members, \
             (SELECT count(*) FROM invitations WHERE tenant_id = $1 AND email = $2 AND accepted_at IS NULL \
             AND revoked_at IS NULL AND expires_at > $3) AS invited",
        )
        .bind(tenant.as_uuid())
        .bind(email.as_str().to_owned())
        .bind(OffsetDateTime::now_utc())
        .fetch_one()
        .await?;
    Ok(match (row.get::<i64>("members")?, row.get::<i64>("invited")?) {
        (0, 0) => Known::No,
        (0, _) => Known::Invited,
        _ => Known::Member,
    })
}

pub(super) async fn add(
    tx: &mut ControlTx,
    tenant: TenantId,
    invitation: &Invitation,
    token: &str,
) -> Result<(), Error> {
    tx.query(
        "INSERT INTO invitations (id, tenant_id, email, role, token_hash, invited_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(invitation.id)
    .bind(tenant.as_uuid())
    .bind(invitation.email.clone())
    .bind(invitation.role.as_str().to_owned())
    .bind(hash(token))
    .bind(invitation.invited_by)
    .bind(invitation.created_at)
    .bind(invitation.expires_at)
    .execute()
    .await
    .map(drop)
}

/// Takes an invitation back; returns whether it could still be accepted.
pub(super) async fn revoke(tx: &mut ControlTx, tenant: TenantId, id: Uuid) -> Result<bool, Error> {
    let revoked = tx.query(
        "UPDATE invitations SET revoked_at = $1 WHERE id = $2 AND tenant_id = $3 AND accepted_at IS NULL \
         AND revoked_at IS NULL AND expires_at > $1",
    );
    Ok(revoked.bind(OffsetDateTime::now_utc()).bind(id).bind(tenant.as_uuid()).execute().await? == 1)
}

/// Takes back what somebody invited and nobody accepted yet, those as owner alone or all; returns which.
pub(super) async fn revoke_of(
    tx: &mut ControlTx,
    tenant: TenantId,
    inviter: Uuid,
    owners_only: bool,
) -> Result<Vec<Uuid>, Error> {
    let rows = tx
        .query(
            "UPDATE invitations SET revoked_at = $1 WHERE tenant_id = $2 AND invited_by = $3 AND accepted_at IS NULL \
             AND revoked_at IS NULL AND expires_at > $1 AND (role = $4 OR $5) RETURNING id",
        )
        .bind(OffsetDateTime::now_utc())
        .bind(tenant.as_uuid())
        .bind(inviter)
        .bind(Role::Owner.as_str().to_owned())
        .bind(!owners_only)
        .fetch_all()
        .await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// Marks an invitation as accepted; returns whether it could still be.
pub(super) async fn accept(tx: &mut ControlTx, tenant: TenantId, id: Uuid) -> Result<bool, Error> {
    let accepted = tx.query(
        "UPDATE invitations SET accepted_at = $1 WHERE id = $2 AND tenant_id = $3 AND accepted_at IS NULL \
         AND revoked_at IS NULL AND expires_at > $1",
    );
    Ok(accepted.bind(OffsetDateTime::now_utc()).bind(id).bind(tenant.as_uuid()).execute().await? == 1)
}
