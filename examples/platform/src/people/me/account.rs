//! What is done with one's own account, by whichever face.

use std::net::SocketAddr;

use nadia_tenant_core::TenantId;
use secrecy::SecretString;
use uuid::Uuid;

use super::store::{self, OwnSession};
use crate::{
    audit::{self, Action, Entry},
    json::{Fields, Member},
    openapi::body,
    people::{Caller, Email, Way, weakness},
    problem::{FieldError, Problem},
    state::AppState,
    text,
};

const RENAMED: Action = Action::new("person.renamed");
const PASSWORD_CHANGED: Action = Action::new("person.password_changed");
const SESSION_ENDED: Action = Action::new("session.ended");

/// Somebody who looks after their own account, by one of their sessions.
pub(super) struct Person<'c> {
    pub(super) session: Uuid,
    pub(super) identity: Uuid,
    pub(super) email: &'c Email,
}

impl<'c> Person<'c> {
    /// Takes the person who asks. A key has no account, and is stopped by its permissions before.
    pub(super) fn of(caller: &'c Caller) -> Result<Self, Problem> {
        match &caller.way {
            Way::Person { session, identity, email } => Ok(Self { session: *session, identity: *identity, email }),
            Way::Key(_) => Err(Problem::failure()),
        }
    }
}

body! {
    /// What the person is to be called.
    pub(super) struct NameBody {
        /// `null` is their address again.
        name: Option<String>,
    }

    /// The password that is to be another.
    pub(super) struct PasswordBody {
        #[schema(format = Password)]
        old_password: String,
        #[schema(format = Password)]
        new_password: String,
    }
}

/// Changes what the person is called; `null` is their address again.
pub(super) async fn rename(
    app: &AppState,
    tenant: TenantId,
    caller: &Caller,
    mut fields: Fields,
) -> Result<(), Problem> {
    let person = Person::of(caller)?;
    let name = match fields.text("name") {
        Member::Value(name) => text::name(&mut fields, "name", &name).map(|name| Some(Some(name))),
        Member::Null => Some(Some(None)),
        Member::Absent => Some(None),
    };
    let Some(name) = fields.finish(name)? else { return Ok(()) };
    let mut tx = app.control().begin().await?;
    audit::hold(&mut tx, tenant).await?;
    store::set_name(&mut tx, person.identity, name).await?;
    audit::record(&mut tx, Entry::of(tenant, RENAMED, caller.actor())).await?;
    Ok(tx.commit().await?)
}

/// Changes the password of who gives the old one, and ends all their other sessions, at other clinics as well.
///
/// # Errors
/// 422 `password_wrong`, `password_weak`; 429 as at the log-in.
pub(super) async fn change_password(
    app: &AppState,
    tenant: TenantId,
    caller: &Caller,
    client: SocketAddr,
    mut fields: Fields,
) -> Result<(), Problem> {
    let person = Person::of(caller)?;
    let old = fields.required_text("old_password").map(SecretString::from);
    let new = fields.required_text("new_password").and_then(|text| match weakness(&text, Some(person.email)) {
        None => Some(SecretString::from(text)),
        Some(weakness) => {
            fields.refuse("new_password", "password_weak", weakness.detail(), weakness.fix());
            None
        }
    });
    let (old, new) = fields.finish(old.zip(new))?;
    app.doors.guess(person.email, client.ip())?;
    let hash = store::password_hash(app.control(), person.identity).await?.ok_or_else(Problem::not_found)?;
    if !app.passwords.verify(old, Some(hash.clone())).await? {
        return Err(wrong());
    }
    let changed = app.passwords.hash(new).await?;
    let mut tx = app.control().begin().await?;
    audit::hold(&mut tx, tenant).await?;
    if !store::set_password(&mut tx, person.identity, hash, changed).await? {
        // Changed meanwhile: what was the old one is not any more.
        return Err(wrong());
    }
    store::end_others(&mut tx, person.identity, person.session).await?;
    audit::record(&mut tx, Entry::of(tenant, PASSWORD_CHANGED, caller.actor())).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn sessions(app: &AppState, tenant: TenantId, caller: &Caller) -> Result<Vec<OwnSession>, Problem> {
    let Person { session, identity, .. } = Person::of(caller)?;
    Ok(store::sessions(app.control(), tenant, identity, session).await?)
}

/// Ends one of the person's own sessions at this clinic; another's is not found.
pub(super) async fn end_session(app: &AppState, tenant: TenantId, caller: &Caller, id: Uuid) -> Result<(), Problem> {
    let person = Person::of(caller)?;
    let mut tx = app.control().begin().await?;
    audit::hold(&mut tx, tenant).await?;
    if !store::end(&mut tx, tenant, person.identity, id).await? {
        return Err(Problem::not_found());
    }
    audit::record(&mut tx, Entry::of(tenant, SESSION_ENDED, caller.actor()).with_subject("session", id)).await?;
    Ok(tx.commit().await?)
}

fn wrong() -> Problem {
    Problem::invalid(vec![FieldError {
        pointer: "/old_password".to_owned(),
        code: "password_wrong",
        detail: "this is not your present password".to_owned(),
        fix: "give the password that you log in with".to_owned(),
    }])
}
