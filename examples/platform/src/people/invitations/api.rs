//! `/api/v1/invitations`, on a clinic's host.

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use nadia_tenant_tower::Tenant;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    accept,
    invite::{self, Made},
    store::{self, Invitation},
};
use crate::{
    ids::Ids,
    json::Fields,
    people::{Caller, log_in::grant, session},
    problem::Problem,
    state::AppState,
};

#[derive(Serialize, ToSchema)]
pub(super) struct InvitationList {
    data: Vec<Invitation>,
}

/// An invitation that was just made, with what is shown once.
#[derive(Serialize, ToSchema)]
pub(super) struct CreatedInvitation {
    #[serde(flatten)]
    invitation: Invitation,
    token: String,
    /// The page to accept it on; it is for the caller to pass on.
    url: String,
}

/// `GET /api/v1/invitations`
pub(super) async fn list(State(app): State<AppState>, Tenant(tenant): Tenant) -> Result<Json<InvitationList>, Problem> {
    Ok(Json(InvitationList { data: store::open(app.control(), tenant.tenant().id()).await? }))
}

/// `POST /api/v1/invitations`
pub(super) async fn create(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let fields = Fields::read(request).await?;
    let Made { invitation, token, url } = invite::create(&app, tenant.tenant(), &caller, &headers, fields).await?;
    Ok((StatusCode::CREATED, Json(CreatedInvitation { invitation, token, url })).into_response())
}

/// `DELETE /api/v1/invitations/{id}`
pub(super) async fn revoke(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    caller: Caller,
    Ids([id]): Ids<1>,
) -> Result<StatusCode, Problem> {
    invite::revoke(&app, tenant.tenant().id(), &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/invitations/accept`: makes a member of who has the token, and logs them in.
pub(super) async fn accept(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, Problem> {
    let tenant = tenant.tenant().id();
    let joined = accept::accept(&app, tenant, client, Fields::read(request).await?).await?;
    let role = joined.role.as_str().to_owned();
    let opened = session::open(app.control(), joined.identity, tenant, role).await?;
    grant(&app, tenant, opened)
}
