//! `/api/v1/me`, on a clinic's host.

use std::net::SocketAddr;

use axum::{
    Json,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode},
};
use nadia_tenant_core::Tenant;
use nadia_tenant_tower::Tenant as Resolved;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    account,
    store::{self, OwnSession},
};
use crate::{
    ids::Ids,
    json::Fields,
    people::{
        Caller, Permission, Role, Way,
        clinics::{self, OwnClinic},
    },
    problem::Problem,
    state::AppState,
    tenants::host_url,
};

/// Who asks, and what they may do here.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    /// `person` or `key`.
    kind: &'static str,
    id: Uuid,
    email: Option<String>,
    name: Option<String>,
    role: Role,
    permissions: Vec<&'static str>,
    /// The clinics whose member the person is.
    clinics: Vec<MyClinic>,
}

#[derive(Serialize, ToSchema)]
struct MyClinic {
    #[serde(flatten)]
    clinic: OwnClinic,
    url: String,
    /// Whether this host is its.
    current: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SessionList {
    data: Vec<OwnSession>,
}

/// `GET /api/v1/me`
pub(super) async fn read(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Json<Me>, Problem> {
    me(&app, tenant.tenant(), &caller, &headers).await.map(Json)
}

async fn me(app: &AppState, tenant: &Tenant, caller: &Caller, headers: &HeaderMap) -> Result<Me, Problem> {
    let permissions = Permission::ALL.into_iter().filter(|permission| caller.may(*permission));
    let permissions = permissions.map(Permission::as_str).collect();
    let role = caller.role;
    let (identity, email) = match &caller.way {
        Way::Person { identity, email, .. } => (*identity, email.as_str().to_owned()),
        Way::Key(id) => {
            let (email, name, clinics) = (None, None, Vec::new());
            return Ok(Me { kind: "key", id: *id, email, name, role, permissions, clinics });
        }
    };
    let clinics = clinics::of(app.control(), identity).await?.into_iter().map(|clinic| MyClinic {
        url: host_url(&clinic.slug, &app.base_domain, headers),
        current: clinic.id == tenant.id(),
        clinic,
    });
    let name = store::name(app.control(), identity).await?;
    Ok(Me { kind: "person", id: identity, email: Some(email), name, role, permissions, clinics: clinics.collect() })
}

/// `PATCH /api/v1/me`
pub(super) async fn rename(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    caller: Caller,
    request: Request,
) -> Result<Json<Me>, Problem> {
    let headers = request.headers().clone();
    account::rename(&app, tenant.tenant().id(), &caller, Fields::read(request).await?).await?;
    me(&app, tenant.tenant(), &caller, &headers).await.map(Json)
}

/// `POST /api/v1/me/password`
pub(super) async fn change_password(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    caller: Caller,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let fields = Fields::read(request).await?;
    account::change_password(&app, tenant.tenant().id(), &caller, client, fields).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/me/sessions`
pub(super) async fn sessions(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    caller: Caller,
) -> Result<Json<SessionList>, Problem> {
    Ok(Json(SessionList { data: account::sessions(&app, tenant.tenant().id(), &caller).await? }))
}

/// `DELETE /api/v1/me/sessions/{id}`
pub(super) async fn end_session(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    caller: Caller,
    Ids([id]): Ids<1>,
) -> Result<StatusCode, Problem> {
    account::end_session(&app, tenant.tenant().id(), &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
