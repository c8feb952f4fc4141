use axum::{
    Json,
    extract::{Path, RawQuery, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use nadia_tenant_core::TenantRef;
use nadia_tenant_sqlx::TenantRecord;
use serde::Serialize;
use utoipa::ToSchema;

use super::{change, find};
use crate::{json::Fields, operators::Operator, plans, problem::Problem, state::AppState, tenants::TenantJson};

#[derive(Serialize, ToSchema)]
pub(super) struct TenantList<'a> {
    data: Vec<TenantJson<'a>>,
    page: PageEnd,
}

#[derive(Serialize, ToSchema)]
struct PageEnd {
    /// What to send as `after` for the next page, if there is one.
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = TenantDetail)]
pub(super) struct TenantAnswer<'a> {
    #[serde(flatten)]
    tenant: TenantJson<'a>,
    limits: Vec<LimitAnswer>,
    features: Vec<FeatureAnswer>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Limit)]
struct LimitAnswer {
    resource: &'static str,
    limit: i64,
    /// `plan` or `operator`.
    source: &'static str,
    #[serde(with = "time::serde::rfc3339::option")]
    until: Option<time::OffsetDateTime>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Feature)]
struct FeatureAnswer {
    feature: &'static str,
    enabled: bool,
    /// `plan` or `operator`.
    source: &'static str,
}

const fn source(decided: bool) -> &'static str {
    if decided { "operator" } else { "plan" }
}

/// `GET /api/v1/tenants?search=&after=`
pub(super) async fn list(State(app): State<AppState>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let (mut search, mut after) = (String::new(), None);
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect::<Vec<_>>() {
        match &*name {
            "search" => search = value.trim().chars().take(100).collect(),
            "after" => after = Some(value.parse().map_err(|_| Problem::not_found())?),
            _ => {
                let (detail, fix) = ("the query has an unknown parameter", "send search and after");
                return Err(Problem::new(StatusCode::BAD_REQUEST, "query_invalid", detail, fix));
            }
        }
    }
    let mut records = find::search(app.control(), &search, after).await?;
    let more = records.len() > usize::from(find::PAGE);
    records.truncate(usize::from(find::PAGE));
    let next = records.last().filter(|_| more).map(|last| last.tenant.id().to_string());
    let data = records.iter().map(TenantJson::of).collect();
    Ok(Json(TenantList { data, page: PageEnd { next } }).into_response())
}

/// `POST /api/v1/tenants`
pub(super) async fn create(
    State(app): State<AppState>,
    operator: Operator,
    request: Request,
) -> Result<Response, Problem> {
    let made = change::create(&app, &operator, Fields::read(request).await?).await?;
    let id = made.tenant.id();
    let answer = answer(&app, TenantRef::Id(id)).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("/api/v1/tenants/{id}"))], answer).into_response())
}

/// `GET /api/v1/tenants/{id}`
pub(super) async fn read(State(app): State<AppState>, Path(id): Path<String>) -> Result<Response, Problem> {
    let record = find::find(app.control(), &id).await?;
    shown(&app, &record).await
}

/// `PATCH /api/v1/tenants/{id}`
pub(super) async fn change(
    State(app): State<AppState>,
    operator: Operator,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let record = find::find(app.control(), &id).await?;
    change::revise(&app, &operator, &record.tenant, Fields::read(request).await?).await?;
    answer(&app, TenantRef::Id(record.tenant.id())).await
}

/// `POST /api/v1/tenants/{id}/suspend`
pub(super) async fn suspend(
    State(app): State<AppState>,
    operator: Operator,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let record = find::find(app.control(), &id).await?;
    change::suspend(&app, &operator, &record.tenant).await?;
    answer(&app, TenantRef::Id(record.tenant.id())).await
}

/// `POST /api/v1/tenants/{id}/resume`
pub(super) async fn resume(
    State(app): State<AppState>,
    operator: Operator,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let record = find::find(app.control(), &id).await?;
    change::resume(&app, &operator, &record.tenant).await?;
    answer(&app, TenantRef::Id(record.tenant.id())).await
}

/// `POST /api/v1/tenants/{id}/close`, with the slug in `confirm`.
pub(super) async fn close(
    State(app): State<AppState>,
    operator: Operator,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let record = find::find(app.control(), &id).await?;
    change::close(&app, &operator, &record.tenant, Fields::read(request).await?).await?;
    answer(&app, TenantRef::Id(record.tenant.id())).await
}

/// `POST /api/v1/tenants/{id}/reopen`
pub(super) async fn reopen(
    State(app): State<AppState>,
    operator: Operator,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let record = find::find(app.control(), &id).await?;
    change::reopen(&app, &operator, &record.tenant).await?;
    answer(&app, TenantRef::Id(record.tenant.id())).await
}

/// `PUT /api/v1/tenants/{id}/limits/{resource}`
pub(super) async fn set_limit(
    State(app): State<AppState>,
    operator: Operator,
    Path((id, resource)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let record = find::find(app.control(), &id).await?;
    change::set_limit(&app, &operator, &record.tenant, &resource, Fields::read(request).await?).await?;
    answer(&app, TenantRef::Id(record.tenant.id())).await
}

/// `DELETE /api/v1/tenants/{id}/limits/{resource}`
pub(super) async fn clear_limit(
    State(app): State<AppState>,
    operator: Operator,
    Path((id, resource)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let record = find::find(app.control(), &id).await?;
    change::clear_limit(&app, &operator, &record.tenant, &resource).await?;
    answer(&app, TenantRef::Id(record.tenant.id())).await
}

/// `PUT /api/v1/tenants/{id}/features/{feature}`, with `enabled`.
pub(super) async fn set_feature(
    State(app): State<AppState>,
    operator: Operator,
    Path((id, feature)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let record = find::find(app.control(), &id).await?;
    let mut fields = Fields::read(request).await?;
    let enabled = fields.required_boolean("enabled");
    let enabled = fields.finish(enabled)?;
    change::set_feature(&app, &operator, &record.tenant, &feature, enabled).await?;
    answer(&app, TenantRef::Id(record.tenant.id())).await
}

/// `DELETE /api/v1/tenants/{id}/features/{feature}`
pub(super) async fn clear_feature(
    State(app): State<AppState>,
    operator: Operator,
    Path((id, feature)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let record = find::find(app.control(), &id).await?;
    change::clear_feature(&app, &operator, &record.tenant, &feature).await?;
    answer(&app, TenantRef::Id(record.tenant.id())).await
}

async fn answer(app: &AppState, tenant: TenantRef) -> Result<Response, Problem> {
    let record = app.control().tenant(&tenant).await?.ok_or_else(Problem::not_found)?;
    shown(app, &record).await
}

async fn shown(app: &AppState, record: &TenantRecord) -> Result<Response, Problem> {
    let mut limits = Vec::new();
    for resource in plans::Resource::ALL {
        let limit = plans::limit(app.control(), &record.tenant, resource).await?;
        limits.push(LimitAnswer {
            resource: resource.as_str(),
            limit: limit.value,
            source: source(limit.overridden.is_some()),
            until: limit.overridden.flatten(),
        });
    }
    let features = plans::features(app.control(), &record.tenant).await?;
    let feature = |(feature, enabled, decided): (plans::Feature, bool, bool)| FeatureAnswer {
        feature: feature.as_str(),
        enabled,
        source: source(decided),
    };
    let features = features.iter().map(feature).collect();
    Ok(Json(TenantAnswer { tenant: TenantJson::of(record), limits, features }).into_response())
}
