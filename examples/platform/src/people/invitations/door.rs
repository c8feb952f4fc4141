//! `/invitation?token=`: the page that an invitation's link leads to.

use std::net::SocketAddr;

use askama::Template;
use axum::{
    extract::{ConnectInfo, Request, State},
    http::StatusCode,
    response::Response,
};
use nadia_tenant_core::{Tenant, TenantContext};
use nadia_tenant_tower::Tenant as Resolved;

use super::{accept, store};
use crate::{
    people::Role,
    portal::{brand, log_in, query_value},
    problem::Problem,
    state::AppState,
    web::{Brand, FormState, PageForm, page},
};

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationPage {
    brand: Brand,
    email: String,
    role: Role,
    form: FormState,
}

/// `GET /invitation?token=`
pub(super) async fn show(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    request: Request,
) -> Result<Response, Problem> {
    let token = query_value(&request, "token").unwrap_or_default();
    let form = FormState::default().with("token", &token);
    render(&app, tenant.tenant(), &token, StatusCode::OK, form).await
}

/// `POST /invitation`
pub(super) async fn take_form(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    form: PageForm,
) -> Result<Response, Problem> {
    let tenant: &TenantContext = &tenant;
    let id = tenant.tenant().id();
    let token = form.value("token").unwrap_or_default();
    match accept::accept(&app, id, client, form.fields()).await {
        Ok(joined) => log_in(&app, joined.identity, id, "/?notice=joined").await,
        Err(problem) if problem.status().is_client_error() && problem.status() != StatusCode::NOT_FOUND => {
            render(&app, tenant.tenant(), token, problem.status(), form.refused(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// Shows the same page whether or not the address has a log-in.
async fn render(
    app: &AppState,
    tenant: &Tenant,
    token: &str,
    status: StatusCode,
    form: FormState,
) -> Result<Response, Problem> {
    let invitation = store::of_token(app.control(), tenant.id(), token).await?.ok_or_else(accept::invalid)?;
    let brand = brand(app, tenant).await?;
    Ok(page(status, &InvitationPage { brand, email: invitation.email, role: invitation.role, form }))
}
