//! Changing and removing members.

use axum::http::StatusCode;
use nadia_tenant_core::{TenantContext, TenantId};
use nadia_tenant_sqlx::ControlTx;
use uuid::Uuid;

use super::{Member, store};
use crate::{
    audit::{self, Action, Entry},
    json::Fields,
    openapi::body,
    people::{Caller, Permission, Role, invitations, session, teams},
    problem::Problem,
    state::AppState,
};

const ROLE_CHANGED: Action = Action::new("member.role_changed");
const REMOVED: Action = Action::new("member.removed");

body! {
    /// What a member is to be.
    pub(super) struct MemberBody {
        role: Role,
    }
}

/// Gives a member another role, and ends their sessions if it is another. Open invitations that they might not make as what
/// they are then are taken back.
///
/// # Errors
/// 404; 403 `role_insufficient` when an owner is concerned and the caller is none; 409 `last_owner`.
pub(super) async fn change_role(
    app: &AppState,
    tenant: TenantId,
    caller: &Caller,
    id: Uuid,
    mut fields: Fields,
) -> Result<Member, Problem> {
    let role = Role::read(&mut fields, "role");
    let role = fields.finish(role)?;
    let mut tx = app.control().begin().await?;
    let member = held(&mut tx, tenant, caller, id).await?;
    if role == Role::Owner {
        caller.require(Permission::ManageOwners)?;
    }
    if member.role == role {
        return Ok(member);
    }
    keep_an_owner(&mut tx, tenant, &member).await?;
    store::set_role(&mut tx, tenant, id, role).await?;
    session::end_all(&mut tx, tenant, id).await?;
    invitations::revoke_beyond(&mut tx, tenant, caller, id, Some(role)).await?;
    let detail = format!("from {} to {}", member.role.as_str(), role.as_str());
    let entry = Entry::of(tenant, ROLE_CHANGED, caller.actor()).with_subject("member", id).with_detail(detail);
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(Member { role, ..member })
}

/// Removes a member, ends their sessions, takes back what they invited, and takes them out of the clinic's teams. The person
/// stays.
///
/// # Errors
/// As [`change_role`].
pub(super) async fn remove(app: &AppState, ctx: &TenantContext, caller: &Caller, id: Uuid) -> Result<(), Problem> {
    let tenant = ctx.tenant().id();
    let mut tx = app.control().begin().await?;
    let member = held(&mut tx, tenant, caller, id).await?;
    keep_an_owner(&mut tx, tenant, &member).await?;
    store::remove(&mut tx, tenant, id).await?;
    session::end_all(&mut tx, tenant, id).await?;
    invitations::revoke_beyond(&mut tx, tenant, caller, id, None).await?;
    audit::record(&mut tx, Entry::of(tenant, REMOVED, caller.actor()).with_subject("member", id)).await?;
    tx.commit().await?;
    // Teams show members only, so what a failure leaves here is seen by nobody.
    Ok(teams::forget(app, ctx, id).await?)
}

/// Finds a member whom the caller may change, and keeps the clinic's members as they are until the transaction ends.
async fn held(tx: &mut ControlTx, tenant: TenantId, caller: &Caller, id: Uuid) -> Result<Member, Problem> {
    audit::hold(tx, tenant).await?;
    let member = store::find_in(tx, tenant, id).await?.ok_or_else(Problem::not_found)?;
    if member.role == Role::Owner {
        caller.require(Permission::ManageOwners)?;
    }
    Ok(member)
}

async fn keep_an_owner(tx: &mut ControlTx, tenant: TenantId, member: &Member) -> Result<(), Problem> {
    if member.role != Role::Owner || store::owners(tx, tenant).await? > 1 {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::CONFLICT,
        "last_owner",
        "this is the clinic's only owner",
        "make another member an owner first",
    ))
}
