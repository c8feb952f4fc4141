use std::fmt;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use uuid::Uuid;

use super::store;
use crate::{
    audit::Actor,
    people::{Email, auth::bearer},
    problem::Problem,
    state::AppState,
    web::{CsrfToken, cookie, see_other},
};

/// An operator who is logged in.
#[derive(Clone)]
pub(crate) struct Operator {
    pub(crate) id: Uuid,
    pub(crate) email: Email,
    token: String,
}

impl Operator {
    pub(crate) const fn actor(&self) -> Actor {
        Actor::Operator(self.id)
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<S: Sync> FromRequestParts<S> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get().cloned().ok_or_else(Problem::failure)
    }
}

pub(super) const fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure { "__Host-nadia_operator" } else { "nadia_operator" }
}

/// Middleware of the operators' API: finds who asks by the bearer token.
pub(crate) async fn require(
    State(app): State<AppState>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let token = bearer(request.headers())?.ok_or_else(token_missing)?.to_owned();
    let operator = find(&app, token).await?.ok_or_else(token_invalid)?;
    request.extensions_mut().insert(operator);
    Ok(next.run(request).await)
}

/// Middleware of the operators' pages: finds who asks by the cookie; others are sent to the log-in.
pub(crate) async fn require_page(
    State(app): State<AppState>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let cookie = cookie(request.headers(), cookie_name(app.is_secure())).map(str::to_owned);
    let Some(cookie) = cookie else { return Ok(see_other("/login").into_response()) };
    let csrf = CsrfToken::of(&cookie);
    let Some(operator) = find(&app, cookie).await? else { return Ok(see_other("/login").into_response()) };
    request.extensions_mut().insert(csrf);
    request.extensions_mut().insert(operator);
    Ok(next.run(request).await)
}

async fn find(app: &AppState, token: String) -> Result<Option<Operator>, Problem> {
    let found = store::of_token(app.control(), &token).await?;
    let Some((id, email)) = found else { return Ok(None) };
    let email = Email::parse(&email).ok_or_else(Problem::failure)?;
    Ok(Some(Operator { id, email, token }))
}

fn challenge(error: &'static str) -> HeaderValue {
    HeaderValue::from_static(error)
}

fn token_missing() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "token_missing",
        "this needs an operator's token",
        "log in with POST /api/v1/auth/login on this host and send `authorization: Bearer <access_token>`",
    )
    .with_header(header::WWW_AUTHENTICATE, challenge("Bearer realm=\"platform\""))
}

fn token_invalid() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_token", "the token is not good here", "log in on this host again")
        .with_header(header::WWW_AUTHENTICATE, challenge("Bearer realm=\"platform\", error=\"invalid_token\""))
}
