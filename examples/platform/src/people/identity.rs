use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, ControlTx, Error};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::people::{Email, Role};

/// A person as stored: who they are and how their password is checked. No `Debug`: the hash must not end in a log.
pub(crate) struct Identity {
    pub(crate) id: Uuid,
    pub(crate) password_hash: String,
}

/// Finds who has this address.
pub(crate) async fn find_identity(control: &ControlDb, email: &Email) -> Result<Option<Identity>, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query("SELECT id, password_hash FROM identities WHERE email = $1")
        .bind(email.as_str().to_owned())
        .fetch_optional()
        .await?;
    row.map(|row| Ok(Identity { id: row.get("id")?, password_hash: row.get("password_hash")? })).transpose()
}

/// Finds who has this address and what they are at this clinic, in one statement that takes the same way for all.
pub(super) async fn find_member(
    control: &ControlDb,
    email: Option<&Email>,
    tenant: TenantId,
) -> Result<(Option<Identity>, Option<String>), Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT identities.id, identities.password_hash, memberships.role FROM identities \
             LEFT JOIN memberships ON memberships.identity_id = identities.id AND memberships.tenant_id = $2 \
             WHERE identities.email = $1",
        )
        // Nobody has the empty address, so what can't be one is looked up all the same.
        .bind(email.map_or("", Email::as_str).to_owned())
        .bind(tenant.as_uuid())
        .fetch_optional()
        .await?;
    let Some(row) = row else { return Ok((None, None)) };
    Ok((Some(Identity { id: row.get("id")?, password_hash: row.get("password_hash")? }), row.get("role")?))
}

/// Adds a person.
///
/// # Errors
/// A unique violation when somebody has the address already.
pub(crate) async fn add_identity(
    tx: &mut ControlTx,
    id: Uuid,
    email: &Email,
    password_hash: String,
    now: OffsetDateTime,
) -> Result<(), Error> {
    tx.query("INSERT INTO identities (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(email.as_str().to_owned())
        .bind(password_hash)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Makes a person a member of a clinic.
pub(crate) async fn add_membership(
    tx: &mut ControlTx,
    identity: Uuid,
    tenant: TenantId,
    role: Role,
    now: OffsetDateTime,
) -> Result<(), Error> {
    tx.query("INSERT INTO memberships (identity_id, tenant_id, role, created_at) VALUES ($1, $2, $3, $4)")
        .bind(identity)
        .bind(tenant.as_uuid())
        .bind(role.as_str().to_owned())
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// The owner of a clinic that is still being made. No `Debug`, for their address.
pub(crate) struct Begun {
    id: Uuid,
    email: String,
}

impl Begun {
    pub(crate) fn has(&self, email: &Email) -> bool {
        self.email == email.as_str()
    }
}

/// Finds the owner of a clinic that is still being made.
pub(crate) async fn begun_owner(control: &ControlDb, tenant: TenantId) -> Result<Option<Begun>, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT identities.id, identities.email FROM memberships \
             JOIN identities ON identities.id = memberships.identity_id \
             WHERE memberships.tenant_id = $1 AND memberships.role = $2",
        )
        .bind(tenant.as_uuid())
        .bind(Role::Owner.as_str().to_owned())
        .fetch_optional()
        .await?;
    row.map(|row| Ok(Begun { id: row.get("id")?, email: row.get("email")? })).transpose()
}

/// Finds who owns a clinic for longest, and their address.
pub(crate) async fn first_owner(control: &ControlDb, tenant: TenantId) -> Result<Option<(Uuid, String)>, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT identities.id, identities.email FROM memberships \
             JOIN identities ON identities.id = memberships.identity_id \
             WHERE memberships.tenant_id = $1 AND memberships.role = $2 \
             ORDER BY memberships.created_at, identities.id LIMIT 1",
        )
        .bind(tenant.as_uuid())
        .bind(Role::Owner.as_str().to_owned())
        .fetch_optional()
        .await?;
    row.map(|row| Ok((row.get("id")?, row.get("email")?))).transpose()
}

/// Replaces the password of somebody who was added together with a clinic that is still being made, and so can't have used
/// it; returns whether that is so.
pub(crate) async fn set_first_password(
    control: &ControlDb,
    owner: &Begun,
    tenant: TenantId,
    password_hash: String,
) -> Result<bool, Error> {
    let mut scope = control.conn().await?;
    let set = scope
        .query(
            "UPDATE identities SET password_hash = $1 WHERE id = $2 \
             AND created_at >= (SELECT created_at FROM tenants WHERE id = $3 AND status = 'provisioning') \
             AND NOT EXISTS (SELECT role FROM memberships WHERE identity_id = $2 AND tenant_id <> $3)",
        )
        .bind(password_hash)
        .bind(owner.id)
        .bind(tenant.as_uuid())
        .execute()
        .await?;
    Ok(set == 1)
}

/// Removes what the control database keeps of a clinic that is being removed: its people's sessions and memberships, and what
/// was set for it. Its people stay: they may be members elsewhere. So does its usage, for the sums over all clinics.
pub(crate) async fn forget_members(tx: &mut ControlTx, tenant: TenantId) -> Result<(), Error> {
    for sql in [
        "DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE tenant_id = $1)",
        "DELETE FROM session_cookies WHERE session_id IN (SELECT id FROM sessions WHERE tenant_id = $1)",
        "DELETE FROM entry_tickets WHERE tenant_id = $1",
        "DELETE FROM invitations WHERE tenant_id = $1",
        "DELETE FROM api_keys WHERE tenant_id = $1",
        "DELETE FROM sessions WHERE tenant_id = $1",
        "DELETE FROM memberships WHERE tenant_id = $1",
        "DELETE FROM active_people WHERE tenant_id = $1",
        "DELETE FROM settings WHERE tenant_id = $1",
        "DELETE FROM setting_changes WHERE tenant_id = $1",
        "DELETE FROM logos WHERE tenant_id = $1",
        "DELETE FROM feature_overrides WHERE tenant_id = $1",
        "DELETE FROM limit_overrides WHERE tenant_id = $1",
        "DELETE FROM former_slugs WHERE tenant_id = $1",
        "DELETE FROM jobs WHERE tenant_id = $1",
        "DELETE FROM imports WHERE tenant_id = $1",
    ] {
        tx.query(sql).bind(tenant.as_uuid()).execute().await?;
    }
    Ok(())
}
