//! Logging in and out on a clinic's pages.

use std::net::SocketAddr;

use askama::Template;
use axum::{
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use nadia_tenant_core::{TenantContext, TenantId};
use nadia_tenant_tower::Tenant;
use uuid::Uuid;

use super::{
    auth::cookie_name,
    visit::{brand, local_path, query_value},
};
use crate::{
    people::{Way, log_in, session, ticket},
    problem::Problem,
    state::AppState,
    web::{Brand, FormState, Notice, PageForm, clear_cookie, page, see_other, set_cookie},
};

use super::Visit;

#[derive(Template)]
#[template(path = "login.html")]
struct LogInPage {
    brand: Brand,
    form: FormState,
    notice: Option<Notice>,
}

/// `GET /login`
pub(super) async fn show(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    request: Request,
) -> Result<Response, Problem> {
    let form = FormState::default().with("next", query_value(&request, "next").unwrap_or_default());
    let notice = Notice::of(request.uri().query());
    Ok(page(StatusCode::OK, &LogInPage { brand: brand(&app, tenant.tenant()).await?, form, notice }))
}

/// `POST /login`
pub(super) async fn log_in(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    form: PageForm,
) -> Result<Response, Problem> {
    let mut fields = form.fields();
    fields.text("next");
    match log_in::identify(&app, tenant.tenant().id(), client, fields).await {
        Ok((identity, _)) => {
            let to = local_path(form.value("next")).unwrap_or("/");
            open(&app, identity, tenant.tenant().id(), to).await
        }
        Err(problem) if problem.status().is_client_error() => {
            let brand = brand(&app, tenant.tenant()).await?;
            Ok(page(problem.status(), &LogInPage { brand, form: form.refused(&problem), notice: None }))
        }
        Err(problem) => Err(problem),
    }
}

/// `GET /enter?ticket=`: comes from the sign-up, or from another clinic of the same person.
pub(super) async fn enter(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, Problem> {
    // Before the database: it is asked to write.
    app.doors.refresh(client.ip())?;
    let ticket = query_value(&request, "ticket").unwrap_or_default();
    let to = query_value(&request, "next");
    let tenant: &TenantContext = &tenant;
    let id = tenant.tenant().id();
    match ticket::redeem(app.control(), id, &ticket).await? {
        Some(identity) => open(&app, identity, id, local_path(to.as_deref()).unwrap_or("/")).await,
        None => Ok(see_other("/login")),
    }
}

/// `POST /logout`
pub(super) async fn log_out(State(app): State<AppState>, visit: Visit, _form: PageForm) -> Result<Response, Problem> {
    if let Way::Person { session, .. } = &visit.caller.way {
        session::end_session(app.control(), visit.tenant().id(), *session).await?;
    }
    let secure = app.is_secure();
    Ok(([(header::SET_COOKIE, clear_cookie(cookie_name(secure), secure))], see_other("/login?notice=logged-out"))
        .into_response())
}

/// Logs somebody who proved who they are in.
pub(crate) async fn open(app: &AppState, identity: Uuid, tenant: TenantId, to: &str) -> Result<Response, Problem> {
    let cookie = session::open_pages(app.control(), identity, tenant).await?;
    let secure = app.is_secure();
    let cookie = set_cookie(cookie_name(secure), &cookie, session::PAGES_LIFE.whole_seconds(), secure);
    Ok(([(header::SET_COOKIE, cookie)], see_other(to)).into_response())
}
