//! Accepting an invitation: who is new chooses a password, who is known gives theirs.

use std::net::SocketAddr;

use axum::http::StatusCode;
use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::Error;
use secrecy::SecretString;
use uuid::Uuid;

use super::store::{self, Invitation};
use crate::{
    audit::{self, Action, Actor, Entry},
    clock,
    json::{Fields, Member},
    openapi::body,
    people::{Email, Role, add_identity, find_identity, log_in::refused, weakness},
    problem::{FieldError, Problem},
    state::AppState,
    text,
};

const ACCEPTED: Action = Action::new("invitation.accepted");

/// Somebody who accepted, and their role here.
pub(super) struct Joined {
    pub(super) identity: Uuid,
    pub(super) role: Role,
}

body! {
    /// Who accepts an invitation.
    pub(super) struct AcceptBody {
        token: String,
        /// That of the person's log-in, or the one it is to have.
        #[schema(format = Password)]
        password: String,
        /// What somebody new is called.
        name: Option<String>,
    }
}

/// Who accepts.
enum Person {
    /// Somebody who gave the password of their log-in.
    Known(Uuid),
    /// Somebody who is to have one.
    New { id: Uuid, password_hash: String, name: Option<String> },
}

/// Makes who has the token a member.
///
/// A token's holder learns whether its address has a log-in by a wrong password only, held back as at the log-in: a
/// password that nobody may choose is refused before anybody is looked up.
///
/// # Errors
/// 404 `invitation_invalid`; 401 `invalid_credentials` when the address has another password; 422 `password_weak`.
pub(super) async fn accept(
    app: &AppState,
    tenant: TenantId,
    client: SocketAddr,
    mut fields: Fields,
) -> Result<Joined, Problem> {
    app.doors.log_in(client.ip())?;
    let token = fields.required_text("token");
    let password = fields.required_text("password");
    let name = match fields.text("name") {
        Member::Value(name) => text::name(&mut fields, "name", &name),
        Member::Absent | Member::Null => None,
    };
    let (token, password) = fields.finish(token.zip(password))?;
    let invitation = store::of_token(app.control(), tenant, &token).await?.ok_or_else(invalid)?;
    let email = Email::parse(&invitation.email).ok_or_else(invalid)?;
    app.doors.guess(&email, client.ip())?;
    if let Some(weakness) = weakness(&password, Some(&email)) {
        return Err(Problem::invalid(vec![FieldError {
            pointer: "/password".to_owned(),
            code: "password_weak",
            detail: weakness.detail().to_owned(),
            fix: weakness.fix().to_owned(),
        }]));
    }
    let password = SecretString::from(password);
    // Twice: of two who come with the same new address at once, the later finds it known.
    for _ in 0..2 {
        let person = person(app, &email, password.clone(), name.clone()).await?;
        match join(app, tenant, &invitation, &email, &person).await {
            Ok(true) => return joined(app, tenant, &person).await,
            Ok(false) => return Err(invalid()),
            Err(error) if error.is_unique_violation() && matches!(person, Person::New { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::busy("overloaded", "others with this e-mail address come at this moment"))
}

async fn person(
    app: &AppState,
    email: &Email,
    password: SecretString,
    name: Option<String>,
) -> Result<Person, Problem> {
    match find_identity(app.control(), email).await? {
        Some(known) => {
            let verified = app.passwords.verify(password, Some(known.password_hash)).await?;
            if verified { Ok(Person::Known(known.id)) } else { Err(refused()) }
        }
        None => {
            let password_hash = app.passwords.hash(password).await?;
            Ok(Person::New { id: Uuid::now_v7(), password_hash, name })
        }
    }
}

/// Returns whether the invitation could still be accepted, and was.
async fn join(
    app: &AppState,
    tenant: TenantId,
    invitation: &Invitation,
    email: &Email,
    person: &Person,
) -> Result<bool, Error> {
    let now = clock::now();
    let mut tx = app.control().begin().await?;
    audit::hold(&mut tx, tenant).await?;
    if !store::accept(&mut tx, tenant, invitation.id).await? {
        return Ok(false);
    }
    let identity = match person {
        Person::Known(id) => *id,
        Person::New { id, password_hash, name } => {
            add_identity(&mut tx, *id, email, password_hash.clone(), now).await?;
            let named = tx.query("UPDATE identities SET name = $1 WHERE id = $2");
            named.bind(name.clone()).bind(*id).execute().await?;
            *id
        }
    };
    // Who became a member in another way meanwhile keeps the role they have.
    tx.query(
        "INSERT INTO memberships (identity_id, tenant_id, role, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (identity_id, tenant_id) DO NOTHING",
    )
    .bind(identity)
    .bind(tenant.as_uuid())
    .bind(invitation.role.as_str().to_owned())
    .bind(now)
    .execute()
    .await?;
    let entry = Entry::of(tenant, ACCEPTED, Actor::Person(identity)).with_subject("invitation", invitation.id);
    audit::record(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(true)
}

async fn joined(app: &AppState, tenant: TenantId, person: &Person) -> Result<Joined, Problem> {
    let (Person::Known(identity) | Person::New { id: identity, .. }) = *person;
    let member = crate::people::members::find(app.control(), tenant, identity).await?.ok_or_else(invalid)?;
    Ok(Joined { identity, role: member.role })
}

/// The one answer to a token that is no good, whatever the reason.
pub(super) fn invalid() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "invitation_invalid",
        "the invitation is not good here, or not any more",
        "log in if you accepted it already, or ask who invited you for another link",
    )
}
