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

use super::{
    Meter,
    store::{Day, Period, days},
};
use crate::{
    plans::{self, Usage},
    portal::Visit,
    problem::Problem,
    state::AppState,
    web::{Chart, Csv, Frame, page},
};

#[derive(Serialize, ToSchema)]
#[schema(as = Usage)]
pub(super) struct UsageAnswer {
    limits: Vec<LimitAnswer>,
    data: Vec<Day>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = UsageLimit)]
struct LimitAnswer {
    resource: &'static str,
    used: i64,
    limit: i64,
}

/// `GET /api/v1/usage`
pub(super) async fn list(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let data = days(app.control(), tenant.tenant().id(), Period::parse(query.as_deref())?).await?;
    let usages = plans::usages(app.control(), app.tenants(), &tenant).await?;
    let limit =
        |usage: Usage| LimitAnswer { resource: usage.resource.as_str(), used: usage.used, limit: usage.limit.value };
    Ok(Json(UsageAnswer { limits: usages.map(limit).into(), data }).into_response())
}

/// `GET /api/v1/usage.csv`
pub(super) async fn csv(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    table(&app, tenant.tenant().id(), query.as_deref()).await
}

/// `GET /usage.csv`
pub(super) async fn page_csv(
    State(app): State<AppState>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    table(&app, visit.tenant().id(), query.as_deref()).await
}

async fn table(app: &AppState, tenant: TenantId, query: Option<&str>) -> Result<Response, Problem> {
    let days = days(app.control(), tenant, Period::parse(query)?).await?;
    let mut csv = Csv::default();
    csv.row(["day"].into_iter().chain(Meter::ALL.map(Meter::as_str)));
    for day in days {
        let cells: Vec<String> =
            std::iter::once(day.day.to_string()).chain(Meter::ALL.map(|meter| day.value(meter).to_string())).collect();
        csv.row(cells.iter().map(String::as_str));
    }
    Ok(csv.into_answer("usage.csv"))
}

#[derive(Template)]
#[template(path = "usage.html")]
struct UsagePage {
    frame: Frame,
    period: Period,
    usages: [Usage; 3],
    requests: Chart,
    patients: Chart,
    months: Vec<Day>,
}

/// `GET /usage`
pub(super) async fn show(
    State(app): State<AppState>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.filter(|query| !query.starts_with("notice="));
    let period = Period { by_month: false, ..Period::parse(query.as_deref())? };
    let tenant = visit.tenant().id();
    let daily = days(app.control(), tenant, period).await?;
    let months = days(app.control(), tenant, Period { by_month: true, ..period }).await?;
    let of = |meter: Meter| daily.iter().map(|day| (day.day, day.value(meter))).collect::<Vec<_>>();
    let usages = plans::usages(app.control(), app.tenants(), &visit.ctx).await?;
    let shown = UsagePage {
        frame: visit.frame(&app, "Usage").await?,
        period,
        usages,
        requests: Chart::bars(&of(Meter::Requests)),
        patients: Chart::line(&of(Meter::Patients)),
        months,
    };
    Ok(page(StatusCode::OK, &shown))
}
