//! Lets a request through to a clinic's data when it brings a good token of that clinic.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::Response,
};
use nadia_tenant_core::TenantId;
use nadia_tenant_tower::Tenant;
use uuid::Uuid;

use crate::{
    audit::Actor,
    people::{
        Email, Permission, Role, Tokens, api_key,
        session::{self, Standing},
        token::Claims,
    },
    problem::Problem,
    state::AppState,
};

/// Who asks, and what they are at the clinic.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) role: Role,
    pub(crate) way: Way,
}

/// How somebody is known.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// A person who logged in.
    Person { session: Uuid, identity: Uuid, email: Email },
    /// A program with one of the clinic's API keys.
    Key(Uuid),
}

impl Caller {
    pub(crate) fn of(standing: Standing) -> Result<Self, Problem> {
        let role = standing.role.parse().map_err(|error| Problem::internal(&error))?;
        let Standing { session, identity, email, .. } = standing;
        Ok(Self { role, way: Way::Person { session, identity, email } })
    }

    /// Returns who it is, for the audit.
    pub(crate) const fn actor(&self) -> Actor {
        match &self.way {
            Way::Person { identity, .. } => Actor::Person(*identity),
            Way::Key(id) => Actor::Key(*id),
        }
    }

    /// Returns the person, if it is one.
    pub(crate) const fn identity(&self) -> Option<Uuid> {
        match &self.way {
            Way::Person { identity, .. } => Some(*identity),
            Way::Key(_) => None,
        }
    }

    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.role.may(permission) && (permission.is_for_keys() || self.identity().is_some())
    }

    pub(crate) fn require(&self, permission: Permission) -> Result<(), Problem> {
        if self.may(permission) {
            return Ok(());
        }
        Err(if self.identity().is_some() { role_insufficient() } else { key_insufficient() })
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // A route without the middleware that knows who asks has no caller: that is a mistake of ours.
        parts.extensions.get().cloned().ok_or_else(Problem::failure)
    }
}

/// Middleware: verifies the bearer token, that it is the host's, and that its role may do this.
pub(crate) async fn require(
    State((app, permission)): State<(AppState, Permission)>,
    Tenant(tenant): Tenant,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let token = bearer(request.headers())?.ok_or_else(token_missing)?;
    if api_key::looks_like_one(token) {
        let caller = api_key::verify(&app, tenant.tenant().id(), token).await?.ok_or_else(token_invalid)?;
        caller.require(permission)?;
        request.extensions_mut().insert(caller);
    } else {
        let (role, session) = member(&app.tokens, tenant.tenant().id(), token)?;
        if !role.may(permission) {
            return Err(role_insufficient());
        }
        request.extensions_mut().insert(session);
    }
    Ok(next.run(request).await)
}

/// Middleware after [`require`]: refuses a token whose session ended, by a log-out, a second use of a refresh token or
/// another role, and says who asks.
///
/// It asks the database each time, so that an end is seen at once by every server; behind the quota, so that no flood
/// of requests is one of questions.
pub(crate) async fn require_session(
    State((app, permission)): State<(AppState, Permission)>,
    Tenant(tenant): Tenant,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if request.extensions().get::<Caller>().is_none() {
        let Some(Session(session)) = request.extensions().get().copied() else { return Err(Problem::failure()) };
        let standing = session::standing(app.control(), tenant.tenant().id(), session).await?;
        let caller = Caller::of(standing.ok_or_else(token_invalid)?)?;
        caller.require(permission)?;
        request.extensions_mut().insert(caller);
    }
    Ok(next.run(request).await)
}

/// The session of a request's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Session(Uuid);

fn member(tokens: &Tokens, host: TenantId, token: &str) -> Result<(Role, Session), Problem> {
    let claims = tokens.verify(token).ok_or_else(token_invalid)?;
    check_tenant(&claims, host)?;
    let role = claims.role.parse().map_err(|_| token_invalid())?;
    Ok((role, Session(claims.sid)))
}

pub(crate) fn role_insufficient() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "role_insufficient",
        "your role at this clinic does not include this",
        "ask an owner or admin of the clinic to do it, or for another role",
    )
}

fn key_insufficient() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "key_insufficient",
        "this API key can't do this: its role does not include it, or it is for people only",
        "use a key with another role; what manages the clinic needs the token of a person",
    )
}

/// Refuses a token of another clinic, with the answer that every bad token gets.
fn check_tenant(claims: &Claims, host: TenantId) -> Result<(), Problem> {
    if claims.tid == host { Ok(()) } else { Err(token_invalid()) }
}

pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        // Two headers leave a choice of who is asking.
        return if headers.contains_key(header::AUTHORIZATION) { Err(token_invalid()) } else { Ok(None) };
    };
    let value = value.to_str().map_err(|_| token_invalid())?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(token_invalid()),
    }
}

fn token_missing() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "token_missing",
        "this needs an access token",
        "log in with POST /api/v1/auth/login and send `authorization: Bearer <access_token>`",
    )
    .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"clinic\""))
}

/// The one answer to a token that is expired, forged, garbled, of another clinic, or of a session that ended.
pub(super) fn token_invalid() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid_token",
        "the token is not good here",
        "log in on this host again, or refresh the session",
    )
    .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"clinic\", error=\"invalid_token\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_bearer_token() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::AUTHORIZATION, value.parse().unwrap());
            }
            bearer(&headers).map(|token| token.map(str::to_owned)).map_err(|problem| problem.code())
        };
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["Bearer abc"]), Ok(Some("abc".to_owned())));
        assert_eq!(read(&["bearer  abc"]), Ok(Some("abc".to_owned())));
        assert_eq!(read(&["Basic abc"]), Err("invalid_token"));
        assert_eq!(read(&["Bearer"]), Err("invalid_token"));
        assert_eq!(read(&["Bearer abc", "Bearer def"]), Err("invalid_token"));
    }

    #[test]
    fn a_token_of_another_clinic_is_refused() {
        let (ours, theirs) = (TenantId::new(), TenantId::new());
        let tokens = Tokens::for_test();
        let session = Uuid::now_v7();
        let token = tokens.issue(Uuid::now_v7(), session, ours, Role::Viewer).unwrap();
        assert_eq!(member(&tokens, ours, &token).unwrap(), (Role::Viewer, Session(session)));
        assert_eq!(member(&tokens, theirs, &token).unwrap_err().code(), "invalid_token");
    }
}
