//! Lets a request through to a clinic's page when its cookie is that of a member who is logged in here.

use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};
use nadia_tenant_tower::Tenant;

use crate::{
    people::{Caller, Permission, session},
    problem::Problem,
    state::AppState,
    web::{CsrfToken, cookie, see_other},
};

/// The name of the cookie; over TLS the prefix makes browsers refuse one that another host set.
pub(super) const fn cookie_name(is_secure: bool) -> &'static str {
    if is_secure { "__Host-nadia_session" } else { "nadia_session" }
}

/// Middleware: finds who is logged in by the cookie; others are sent to the log-in.
pub(crate) async fn require(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let Some(cookie) = cookie(request.headers(), cookie_name(app.is_secure())).map(str::to_owned) else {
        return Ok(to_log_in(&request));
    };
    let standing = session::of_cookie(app.control(), tenant.tenant().id(), &cookie).await?;
    let Some(standing) = standing else { return Ok(to_log_in(&request)) };
    request.extensions_mut().insert(Caller::of(standing)?);
    request.extensions_mut().insert(CsrfToken::of(&cookie));
    Ok(next.run(request).await)
}

/// Middleware after [`require`]: refuses whose role does not include this.
pub(crate) async fn require_permission(
    State(permission): State<Permission>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    caller.require(permission)?;
    Ok(next.run(request).await)
}

/// Sends to the log-in, and from there back to a page; what was to be done by a form is not done by coming back.
fn to_log_in(request: &Request) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if request.method() != Method::GET || path == "/" {
        return see_other("/login").into_response();
    }
    let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
    see_other(&format!("/login?next={next}")).into_response()
}
