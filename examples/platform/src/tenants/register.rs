use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use nadia_tenant_core::{Tenant, TenantId, TenantRef, TenantSlug, TenantStatus};
use nadia_tenant_sqlx::{ControlTx, Error};
use secrecy::SecretString;
use time::OffsetDateTime;
use tokio::time::timeout;
use uuid::Uuid;

use crate::{
    audit::{self, Action, Actor, Entry},
    people::{Email, Role, add_identity, add_membership, find_identity},
    plans::Plan,
    problem::{Problem, chain},
    state::AppState,
    tenants::reserve,
};

/// How long a sign-up waits for its clinic's place; longer than that the background goes on with it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A clinic that is to be, and its first owner; every part is validated.
#[derive(Debug)]
pub(crate) struct NewClinic {
    pub(crate) name: String,
    pub(crate) slug: TenantSlug,
    pub(crate) email: Email,
    pub(crate) password: SecretString,
    pub(crate) plan: &'static Plan,
    /// What the audit says of it.
    pub(crate) action: Action,
    /// Who makes it; the platform stands for somebody who signs up.
    pub(crate) actor: Actor,
}

/// A clinic that was made, or is being made, and its first owner.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) tenant: Tenant,
    pub(crate) owner: Uuid,
}

/// The first owner of a clinic that is to be.
pub(crate) enum Owner {
    /// Somebody who has a log-in.
    Known(Uuid),
    /// Somebody who is to have one.
    New {
        /// Their id.
        id: Uuid,
        /// Their password, hashed.
        password_hash: String,
    },
}

impl Owner {
    pub(crate) const fn id(&self) -> Uuid {
        match self {
            Self::Known(id) | Self::New { id, .. } => *id,
        }
    }
}

/// Makes the clinic, and its owner unless the address is known and the password is right.
///
/// Tenant, identity, membership, audit and the ledger of what is to be made are written in one transaction of the control
/// database. Its place is made after it: cut short there, [`finish_begun`](super::finish_begun) goes on.
///
/// # Errors
/// 409 `slug_taken`; 401 `invalid_credentials` when the address is known with another password.
pub(crate) async fn register(app: &AppState, clinic: &NewClinic) -> Result<Registered, Problem> {
    let tenant = Tenant::new(TenantId::new(), clinic.slug.clone(), clinic.plan.plan_name())
        .with_name(&clinic.name)
        .with_isolation(app.isolation_of(clinic.plan));
    // Twice: of two sign-ups with the same new address at once, the later finds it known.
    for _ in 0..2 {
        let owner = owner(app, clinic).await?;
        match write(app, clinic, &tenant, &owner).await {
            Ok(()) => {
                let made = finish(app, tenant.id()).await;
                // The host may have been asked for, and cached as unknown, before.
                app.registry.invalidate(&TenantRef::Slug(clinic.slug.clone()));
                let tenant = made.unwrap_or_else(|| tenant.with_status(TenantStatus::Provisioning));
                return Ok(Registered { tenant, owner: owner.id() });
            }
            Err(error) if error.is_slug_taken() => return Err(slug_taken()),
            Err(error) if error.is_unique_violation() && matches!(owner, Owner::New { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::busy("overloaded", "other sign-ups with this e-mail address run at this moment"))
}

/// Makes the clinic's place; what fails is in the log, and done again in the background.
async fn finish(app: &AppState, tenant: TenantId) -> Option<Tenant> {
    match timeout(PATIENCE, app.installation.finish_tenant(tenant, None)).await {
        Ok(Ok(tenant)) => Some(tenant),
        Ok(Err(error)) => {
            tracing::error!(nadia.tenant.id = %tenant, error = %chain(&error), "a clinic is not made yet");
            None
        }
        Err(_) => None,
    }
}

/// Tells whether a clinic has this slug, or had it and is gone.
pub(crate) async fn is_taken(app: &AppState, slug: &TenantSlug) -> Result<bool, Error> {
    let mut scope = app.control().conn().await?;
    let row = scope.query(
        "SELECT id FROM tenants WHERE slug = $1 UNION ALL SELECT tenant_id AS id FROM former_slugs WHERE slug = $1",
    );
    Ok(row.bind(slug.as_str().to_owned()).fetch_optional().await?.is_some())
}

async fn owner(app: &AppState, clinic: &NewClinic) -> Result<Owner, Problem> {
    match find_identity(app.control(), &clinic.email).await? {
        Some(known) => {
            let verified = app.passwords.verify(clinic.password.clone(), Some(known.password_hash)).await?;
            if verified { Ok(Owner::Known(known.id)) } else { Err(wrong_password()) }
        }
        None => {
            let password_hash = app.passwords.hash(clinic.password.clone()).await?;
            Ok(Owner::New { id: Uuid::now_v7(), password_hash })
        }
    }
}

async fn write(app: &AppState, clinic: &NewClinic, tenant: &Tenant, owner: &Owner) -> Result<(), Error> {
    let mut tx = app.control().begin().await?;
    reserve(&app.installation, &mut tx, tenant).await?;
    enter_owner(&mut tx, tenant.id(), &clinic.email, owner).await?;
    let actor = if clinic.actor == Actor::Platform { Actor::Person(owner.id()) } else { clinic.actor };
    audit::record(&mut tx, Entry::of(tenant.id(), clinic.action, actor)).await?;
    tx.commit().await
}

/// Makes somebody the owner of a clinic, and adds them if they are new, in the transaction that registers the clinic.
///
/// # Errors
/// A unique violation when somebody has the address of a new owner already.
pub(crate) async fn enter_owner(
    tx: &mut ControlTx,
    tenant: TenantId,
    email: &Email,
    owner: &Owner,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    if let Owner::New { id, password_hash } = owner {
        add_identity(tx, *id, email, password_hash.clone(), now).await?;
    }
    add_membership(tx, owner.id(), tenant, Role::Owner, now).await
}

pub(crate) fn slug_taken() -> Problem {
    Problem::new(StatusCode::CONFLICT, "slug_taken", "another clinic has this slug", "choose another slug")
}

// Until addresses are verified, this can't hide that the address is known: the doors before it limit hard.
fn wrong_password() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid_credentials",
        "this e-mail address is registered, and the password is not its password",
        "give the password of your existing log-in to add a clinic to it, or use another address",
    )
    .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"clinic\""))
}
