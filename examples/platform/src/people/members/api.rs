//! `/api/v1/members`, on a clinic's host.

use axum::{
    Json,
    extract::{RawQuery, Request, State},
    http::StatusCode,
};
use nadia_tenant_tower::Tenant;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Member, change,
    page::{self, Page},
};
use crate::{ids::Ids, json::Fields, people::Caller, problem::Problem, state::AppState};

#[derive(Serialize, ToSchema)]
pub(super) struct MemberList {
    data: Vec<Member>,
    page: PageEnd,
}

#[derive(Serialize, ToSchema)]
struct PageEnd {
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

/// `GET /api/v1/members`
pub(super) async fn list(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    RawQuery(query): RawQuery,
) -> Result<Json<MemberList>, Problem> {
    let Page { members, next } = page::read(&app, tenant.tenant().id(), query.as_deref().unwrap_or_default()).await?;
    Ok(Json(MemberList { data: members, page: PageEnd { next } }))
}

/// `PATCH /api/v1/members/{id}`
pub(super) async fn change(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    caller: Caller,
    Ids([id]): Ids<1>,
    request: Request,
) -> Result<Json<Member>, Problem> {
    let fields = Fields::read(request).await?;
    change::change_role(&app, tenant.tenant().id(), &caller, id, fields).await.map(Json)
}

/// `DELETE /api/v1/members/{id}`
pub(super) async fn remove(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    caller: Caller,
    Ids([id]): Ids<1>,
) -> Result<StatusCode, Problem> {
    change::remove(&app, &tenant, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
