use askama::Template;
use axum::{
    Json,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use nadia_tenant_core::TenantId;
use serde::Serialize;
use utoipa::ToSchema;

use super::find;
use crate::{
    audit::{self, Recorded},
    operators::OperatorVisit,
    problem::Problem,
    state::AppState,
    web::{Frame, filters, page},
};

const PAGE: i64 = 100;

#[derive(Serialize, ToSchema)]
#[schema(as = AuditList)]
pub(super) struct Entries {
    data: Vec<Recorded>,
}

/// `GET /api/v1/audit?tenant=&before=`: the newest entries of a clinic's chain, or of the platform's.
pub(super) async fn list(State(app): State<AppState>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let (_, data) = read(&app, query.as_deref()).await?;
    Ok(Json(Entries { data }).into_response())
}

#[derive(Template)]
#[template(path = "admin_audit.html")]
struct AuditPage {
    frame: Frame,
    tenant: Option<TenantId>,
    entries: Vec<Recorded>,
    next: Option<i64>,
}

/// `GET /audit`
pub(super) async fn show(
    State(app): State<AppState>,
    visit: OperatorVisit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (tenant, entries) = read(&app, query.as_deref()).await?;
    let next = entries.last().map(|last| last.number).filter(|number| *number > 1);
    Ok(page(StatusCode::OK, &AuditPage { frame: visit.frame("Audit"), tenant, entries, next }))
}

async fn read(app: &AppState, query: Option<&str>) -> Result<(Option<TenantId>, Vec<Recorded>), Problem> {
    let (mut tenant, mut before) = (None, None);
    let pairs: Vec<_> = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
    for (name, value) in pairs {
        match &*name {
            "tenant" => tenant = Some(find::find(app.control(), &value).await?.tenant.id()),
            "before" => before = value.parse().ok(),
            _ => {}
        }
    }
    Ok((tenant, audit::list(app.control(), tenant, before, PAGE).await?))
}
