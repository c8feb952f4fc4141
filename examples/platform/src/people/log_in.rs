//! `POST /api/v1/auth/login`, `POST /api/v1/auth/refresh` and `POST /api/v1/auth/logout`.

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use nadia_tenant_core::TenantId;
use nadia_tenant_tower::Tenant;
use secrecy::SecretString;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    json::Fields,
    openapi::body,
    people::{
        Email, Role,
        auth::token_invalid,
        identity::find_member,
        session::{self, Opened},
        token,
    },
    problem::Problem,
    state::AppState,
};

/// A session that begins or goes on.
#[derive(Serialize, ToSchema)]
pub(super) struct Grant {
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// How many seconds the access token is good for.
    expires_in: u64,
    /// Good once, for the next pair.
    refresh_token: String,
}

/// Logs a member of this clinic in.
pub(crate) async fn log_in(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, Problem> {
    let fields = Fields::read(request).await?;
    let tenant = tenant.tenant().id();
    let (identity, role) = identify(&app, tenant, client, fields).await?;
    let opened = session::open(app.control(), identity, tenant, role).await?;
    grant(&app, tenant, opened)
}

body! {
    /// Who logs in.
    pub(crate) struct LogInBody {
        email: String,
        #[schema(format = Password)]
        password: String,
    }
}

/// Finds the member of a clinic who gave their address and password, and their role there.
///
/// Who is no member, gives a wrong password, or doesn't exist gets the same answer after the same work.
pub(crate) async fn identify(
    app: &AppState,
    tenant: TenantId,
    client: SocketAddr,
    mut fields: Fields,
) -> Result<(Uuid, String), Problem> {
    app.doors.log_in(client.ip())?;
    let email = fields.required_text("email");
    let password = fields.required_text("password").map(SecretString::from);
    let (email, password) = fields.finish(email.zip(password))?;

    let email = Email::parse(&email);
    if let Some(email) = &email {
        app.doors.guess(email, client.ip())?;
    }
    let (identity, role) = find_member(app.control(), email.as_ref(), tenant).await?;
    let (id, hash) = identity.map(|identity| (identity.id, identity.password_hash)).unzip();
    let verified = app.passwords.verify(password, hash).await?;
    let (true, Some(id), Some(role)) = (verified, id, role) else { return Err(refused()) };
    Ok((id, role))
}

/// Takes a refresh token of this clinic and gives the next pair.
pub(crate) async fn refresh(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, Problem> {
    let token = read_refresh_token(&app, client, request).await?;
    let tenant = tenant.tenant().id();
    let renewed = session::renew(app.control(), tenant, &token).await?.ok_or_else(token_invalid)?;
    grant(&app, tenant, renewed)
}

/// Takes a refresh token and ends its session at this clinic.
///
/// The answer is the same for one that is not good, or not any more: afterwards nothing can be done with it (as in
/// RFC 7009 §2.2).
pub(crate) async fn log_out(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let token = read_refresh_token(&app, client, request).await?;
    session::end(app.control(), tenant.tenant().id(), &token).await?;
    Ok(StatusCode::NO_CONTENT)
}

body! {
    /// The session that is to go on or end.
    pub(super) struct RefreshBody {
        refresh_token: String,
    }
}

/// Counts the client, then reads the token.
async fn read_refresh_token(app: &AppState, client: SocketAddr, request: Request) -> Result<String, Problem> {
    app.doors.refresh(client.ip())?;
    let mut fields = Fields::read(request).await?;
    let token = fields.required_text("refresh_token");
    fields.finish(token)
}

pub(super) fn grant(app: &AppState, tenant: TenantId, session: Opened) -> Result<Response, Problem> {
    let role: Role = session.role.parse().map_err(|error| Problem::internal(&error))?;
    let grant = Grant {
        access_token: app.tokens.issue(session.identity, session.id, tenant, role)?,
        token_type: "Bearer",
        expires_in: token::LIFE_SECONDS,
        refresh_token: session.refresh_token,
    };
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(grant)).into_response())
}

/// The one answer to a log-in that fails, whatever the reason.
pub(super) fn refused() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid_credentials",
        "the e-mail address and the password do not open this clinic",
        "check both, and that this is your clinic's host",
    )
    .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"clinic\""))
}
