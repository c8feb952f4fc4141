//! Making and revoking invitations.

use axum::http::{HeaderMap, StatusCode};
use nadia_tenant_core::{Tenant, TenantId};
use nadia_tenant_sqlx::{ControlTx, Error};
use time::Duration;
use uuid::Uuid;

use super::store::{self, Invitation, Known};
use crate::{
    audit::{self, Action, Entry},
    clock,
    json::Fields,
    openapi::body,
    people::{Caller, EMAIL_FIX, Email, Permission, Role, session::random_token},
    plans::{self, Resource},
    problem::Problem,
    state::AppState,
    tenants::host_url,
};

const CREATED: Action = Action::new("invitation.created");
const REVOKED: Action = Action::new("invitation.revoked");

/// Lets scanners of code and logs recognise a token that leaked.
const PREFIX: &str = "nadia_in_";
/// How long somebody has to accept.
const LIFE: Duration = Duration::days(7);

/// An invitation that was just made, and its token, which is nowhere else.
pub(super) struct Made {
    pub(super) invitation: Invitation,
    pub(super) token: String,
    pub(super) url: String,
}

body! {
    /// Who is to be invited.
    pub(super) struct InvitationBody {
        email: String,
        role: Role,
    }
}

/// Invites an address, which takes a seat.
///
/// # Errors
/// 403 `limit_reached` without a free seat, `role_insufficient` when who is no owner invites one; 409 `already_member`,
/// `already_invited`.
pub(super) async fn create(
    app: &AppState,
    tenant: &Tenant,
    caller: &Caller,
    headers: &HeaderMap,
    mut fields: Fields,
) -> Result<Made, Problem> {
    let email = fields.required_text("email").and_then(|text| {
        let email = Email::parse(&text);
        if email.is_none() {
            fields.refuse("email", "email_malformed", "this is no e-mail address", EMAIL_FIX);
        }
        email
    });
    let role = Role::read(&mut fields, "role");
    let (email, role) = fields.finish(email.zip(role))?;
    if role == Role::Owner {
        caller.require(Permission::ManageOwners)?;
    }
    let id = tenant.id();
    let limit = plans::limit(app.control(), tenant, Resource::Seats).await?;
    let token = random_token(PREFIX)?;
    let invitation = Invitation {
        id: Uuid::now_v7(),
        email: email.as_str().to_owned(),
        role,
        invited_by: caller.identity(),
        created_at: clock::now(),
        expires_at: clock::after(LIFE),
    };
    let mut tx = app.control().begin().await?;
    // From here on no other invitation of the clinic is made or accepted, so that no two take its last seat.
    audit::hold(&mut tx, id).await?;
    match store::known(&mut tx, id, &email).await? {
        Known::No => {}
        Known::Invited => return Err(already_invited()),
        Known::Member => return Err(already_member()),
    }
    store::add(&mut tx, id, &invitation, &token).await?;
    plans::check_seats(&mut tx, id, limit).await?;
    let entry = Entry::of(id, CREATED, caller.actor()).with_subject("invitation", invitation.id);
    audit::record(&mut tx, entry.with_detail(format!("as {}", role.as_str()))).await?;
    tx.commit().await?;
    let url = format!("{}/invitation?token={token}", host_url(tenant.slug().as_str(), &app.base_domain, headers));
    Ok(Made { invitation, token, url })
}

/// Takes an invitation back.
///
/// # Errors
/// 404 for one that can't be accepted any more, as for one that never was.
pub(super) async fn revoke(app: &AppState, tenant: TenantId, caller: &Caller, id: Uuid) -> Result<(), Problem> {
    let mut tx = app.control().begin().await?;
    // First, as everywhere: of two that take the same rows in another order, each could wait for the other.
    audit::hold(&mut tx, tenant).await?;
    if !store::revoke(&mut tx, tenant, id).await? {
        return Err(Problem::not_found());
    }
    audit::record(&mut tx, Entry::of(tenant, REVOKED, caller.actor()).with_subject("invitation", id)).await?;
    Ok(tx.commit().await?)
}

/// Takes back what a member invited whom they might not invite any more, in the transaction that makes them `now`: they know
/// the links, and could come back by one as what they were.
pub(in crate::people) async fn revoke_beyond(
    tx: &mut ControlTx,
    tenant: TenantId,
    caller: &Caller,
    member: Uuid,
    now: Option<Role>,
) -> Result<(), Error> {
    let may = |permission| now.is_some_and(|role| role.may(permission));
    if may(Permission::ManageOwners) {
        return Ok(());
    }
    for id in store::revoke_of(tx, tenant, member, may(Permission::ManageMembers)).await? {
        audit::record(tx, Entry::of(tenant, REVOKED, caller.actor()).with_subject("invitation", id)).await?;
    }
    Ok(())
}

fn already_invited() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "already_invited",
        "an invitation of this e-mail address is open",
        "pass its link on, or revoke it and make another",
    )
}

fn already_member() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "already_member",
        "somebody with this e-mail address is a member already",
        "change their role instead",
    )
}
