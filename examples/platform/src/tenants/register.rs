use axum::http::{HeaderValue, StatusCode, header};
use nadia_tenant_core::{PlanName, Tenant, TenantId, TenantRef, TenantSlug};
use nadia_tenant_sqlx::{ControlTx, Error};
use secrecy::SecretString;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    audit::{self, Action},
    config::Config,
    people::{Email, Role, add_identity, add_membership, find_identity},
    problem::Problem,
    state::AppState,
};

/// A clinic that is to be, and its first owner; every part is validated.
#[derive(Debug)]
pub(crate) struct NewClinic {
    pub(crate) name: String,
    pub(crate) slug: TenantSlug,
    pub(crate) email: Email,
    pub(crate) password: SecretString,
    /// What the audit says of it.
    pub(crate) action: Action,
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
/// Tenant, identity, membership and audit are written in one transaction of the control database, so that a
/// crash at any instant leaves all of it or nothing. It is there when this returns.
///
/// # Errors
/// 409 `slug_taken`; 401 `invalid_credentials` when the address is known with another password.
pub(crate) async fn register(app: &AppState, clinic: &NewClinic) -> Result<Tenant, Problem> {
    let plan: PlanName = Config::FIRST_PLAN.parse().expect("a lower-case word is a plan's name");
    let tenant = Tenant::new(TenantId::new(), clinic.slug.clone(), plan).with_name(&clinic.name);
    // Twice: of two sign-ups with the same new address at once, the later finds it known.
    for _ in 0..2 {
        let owner = owner(app, clinic).await?;
        match write(app, clinic, &tenant, &owner).await {
            Ok(()) => {
                // The host may have been asked for, and cached as unknown, before.
                app.registry.invalidate(&TenantRef::Slug(clinic.slug.clone()));
                return Ok(tenant);
            }
            Err(error) if error.is_slug_taken() => return Err(slug_taken()),
            Err(error) if error.is_unique_violation() && matches!(owner, Owner::New { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::busy("overloaded", "other sign-ups with this e-mail address run at this moment"))
}

/// Tells whether a clinic has this slug, or had it and is gone.
pub(crate) async fn is_taken(app: &AppState, slug: &TenantSlug) -> Result<bool, Error> {
    let mut scope = app.control().conn().await?;
    let row = scope.query("SELECT id FROM tenants WHERE slug = $1").bind(slug.as_str().to_owned()).fetch_optional();
    Ok(row.await?.is_some())
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
    app.control().register(&mut tx, tenant).await?;
    enter_owner(&mut tx, tenant.id(), &clinic.email, owner).await?;
    audit::record(&mut tx, clinic.action, tenant.id(), Some(owner.id()), OffsetDateTime::now_utc()).await?;
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
