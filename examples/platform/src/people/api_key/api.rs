//! `/api/v1/api-keys`, on a clinic's host.

use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use nadia_tenant_tower::Tenant;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    change::{self, Made},
    store::{self, ApiKey},
};
use crate::{ids::Ids, json::Fields, people::Caller, problem::Problem, state::AppState};

#[derive(Serialize, ToSchema)]
pub(super) struct ApiKeyList {
    data: Vec<ApiKey>,
}

/// A key that was just made, with what is shown once.
#[derive(Serialize, ToSchema)]
pub(super) struct CreatedApiKey {
    #[serde(flatten)]
    api_key: ApiKey,
    key: String,
}

/// `GET /api/v1/api-keys`
pub(super) async fn list(State(app): State<AppState>, Tenant(tenant): Tenant) -> Result<Json<ApiKeyList>, Problem> {
    Ok(Json(ApiKeyList { data: store::list(app.control(), tenant.tenant().id()).await? }))
}

/// `POST /api/v1/api-keys`
pub(super) async fn create(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let fields = Fields::read(request).await?;
    let Made { key: api_key, text: key } = change::create(&app, tenant.tenant(), &caller, fields).await?;
    Ok((StatusCode::CREATED, Json(CreatedApiKey { api_key, key })).into_response())
}

/// `DELETE /api/v1/api-keys/{id}`
pub(super) async fn revoke(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    caller: Caller,
    Ids([id]): Ids<1>,
) -> Result<StatusCode, Problem> {
    change::revoke(&app, tenant.tenant().id(), &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
