//! `/api/v1/teams`, on a clinic's host.

use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use nadia_tenant_tower::Tenant;
use serde::Serialize;
use utoipa::ToSchema;

use super::change::{self, TeamDetail, TeamSummary};
use crate::{ids::Ids, json::Fields, people::Caller, problem::Problem, state::AppState};

#[derive(Serialize, ToSchema)]
pub(super) struct TeamList {
    data: Vec<TeamSummary>,
}

/// `GET /api/v1/teams`
pub(super) async fn list(State(app): State<AppState>, Tenant(tenant): Tenant) -> Result<Json<TeamList>, Problem> {
    Ok(Json(TeamList { data: change::list(&app, &tenant).await? }))
}

/// `POST /api/v1/teams`
pub(super) async fn create(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let made = change::create(&app, &tenant, &caller, Fields::read(request).await?).await?;
    let location = format!("/api/v1/teams/{}", made.team.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(made)).into_response())
}

/// `GET /api/v1/teams/{id}`
pub(super) async fn read(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    Ids([id]): Ids<1>,
) -> Result<Json<TeamDetail>, Problem> {
    change::read(&app, &tenant, id).await.map(Json)
}

/// `PATCH /api/v1/teams/{id}`
pub(super) async fn rename(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    caller: Caller,
    Ids([id]): Ids<1>,
    request: Request,
) -> Result<Json<TeamDetail>, Problem> {
    change::rename(&app, &tenant, &caller, id, Fields::read(request).await?).await.map(Json)
}

/// `DELETE /api/v1/teams/{id}`
pub(super) async fn remove(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    caller: Caller,
    Ids([id]): Ids<1>,
) -> Result<StatusCode, Problem> {
    change::remove(&app, &tenant, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /api/v1/teams/{id}/members/{identity}`
pub(super) async fn add_member(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    caller: Caller,
    Ids(ids): Ids<2>,
) -> Result<StatusCode, Problem> {
    change::add_member(&app, &tenant, &caller, ids).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/v1/teams/{id}/members/{identity}`
pub(super) async fn remove_member(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    caller: Caller,
    Ids(ids): Ids<2>,
) -> Result<StatusCode, Problem> {
    change::remove_member(&app, &tenant, &caller, ids).await?;
    Ok(StatusCode::NO_CONTENT)
}
