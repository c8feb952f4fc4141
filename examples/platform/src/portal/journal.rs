//! The clinic's own audit.

use askama::Template;
use axum::{
    Json,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use nadia_tenant_core::TenantId;
use nadia_tenant_tower::Tenant;
use serde::Serialize;
use utoipa::ToSchema;

use super::Visit;
use crate::{
    audit::{self, Recorded},
    clinic::PageEnd,
    problem::Problem,
    query::ListQuery,
    state::AppState,
    web::{Frame, filters, page},
};

#[derive(Serialize, ToSchema)]
pub(super) struct AuditEntries {
    data: Vec<Recorded>,
    page: PageEnd,
}

/// `GET /api/v1/audit`: the newest entry first.
pub(super) async fn list(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (data, next) = read(&app, tenant.tenant().id(), query.as_deref()).await?;
    Ok(Json(AuditEntries { data, page: PageEnd { next } }).into_response())
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    entries: Vec<Recorded>,
    next: Option<String>,
}

/// `GET /audit`
pub(super) async fn show(
    State(app): State<AppState>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (entries, next) = read(&app, visit.tenant().id(), query.as_deref()).await?;
    Ok(page(StatusCode::OK, &AuditPage { frame: visit.frame(&app, "Audit").await?, entries, next }))
}

async fn read(
    app: &AppState,
    tenant: TenantId,
    query: Option<&str>,
) -> Result<(Vec<Recorded>, Option<String>), Problem> {
    let query = ListQuery::parse(query.unwrap_or_default())?;
    // The number of an entry of the clinic's own chain: worth nothing elsewhere, and no secret.
    let before =
        query.cursor.as_deref().map(|cursor| cursor.parse::<i64>().map_err(|_| cursor_invalid())).transpose()?;
    let limit = usize::from(query.limit);
    // One more tells whether there is a next page.
    let mut entries = audit::list(app.control(), Some(tenant), before, i64::from(query.limit) + 1).await?;
    let more = entries.len() > limit;
    entries.truncate(limit);
    let next = entries.last().filter(|_| more).map(|last| last.number.to_string());
    Ok((entries, next))
}

fn cursor_invalid() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "cursor_invalid",
        "the cursor doesn't belong to this list",
        "send `page.next` of the page before, or leave `cursor` out to begin anew",
    )
}
