use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use nadia_tenant_sqlx::TenantRecord;

use super::{change, find};
use crate::{
    operators::OperatorVisit,
    plans::{PLANS, Plan},
    problem::Problem,
    state::AppState,
    web::{Csv, FormState, Frame, PageForm, filters, page, see_other},
};

#[derive(Template)]
#[template(path = "admin_tenants.html")]
struct TenantsPage {
    frame: Frame,
    search: String,
    records: Vec<TenantRecord>,
    next: Option<String>,
}

/// `GET /tenants?search=&after=`
pub(super) async fn list(
    State(app): State<AppState>,
    visit: OperatorVisit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let value = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes());
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    };
    let search: String = value("search").unwrap_or_default().trim().chars().take(100).collect();
    let after = value("after").and_then(|id| id.parse().ok());
    let mut records = find::search(app.control(), &search, after).await?;
    let more = records.len() > usize::from(find::PAGE);
    records.truncate(usize::from(find::PAGE));
    let next = records.last().filter(|_| more).map(|last| last.tenant.id().to_string());
    Ok(page(StatusCode::OK, &TenantsPage { frame: visit.frame("Clinics"), search, records, next }))
}

/// `GET /tenants.csv`: all clinics.
pub(super) async fn csv(State(app): State<AppState>) -> Result<Response, Problem> {
    let mut csv = Csv::default();
    csv.row(["id", "slug", "name", "status", "plan", "isolation", "placement", "created_at"]);
    let mut after = None;
    loop {
        let records = app.control().list(after, None, 500).await?;
        for record in &records {
            let tenant = &record.tenant;
            let (id, created) = (tenant.id().to_string(), crate::tenants::instant(record.created_at));
            csv.row([
                &*id,
                tenant.slug().as_str(),
                tenant.name(),
                tenant.status().as_str(),
                tenant.plan().as_str(),
                tenant.isolation().as_str(),
                tenant.placement().as_str(),
                &created,
            ]);
        }
        if records.len() < 500 {
            return Ok(csv.into_answer("tenants.csv"));
        }
        after = records.last().map(|record| record.tenant.id());
    }
}

#[derive(Template)]
#[template(path = "admin_tenant_new.html")]
struct NewPage {
    frame: Frame,
    form: FormState,
    plans: [Plan; 3],
}

/// `GET /tenants/new`
pub(super) async fn new(visit: OperatorVisit) -> Response {
    let form = FormState::default().with("plan", PLANS[0].name);
    page(StatusCode::OK, &NewPage { frame: visit.frame("New clinic"), form, plans: PLANS })
}

/// `POST /tenants/new`
pub(super) async fn create(
    State(app): State<AppState>,
    visit: OperatorVisit,
    form: PageForm,
) -> Result<Response, Problem> {
    match change::create(&app, &visit.operator, form.fields()).await {
        Ok(made) => Ok(see_other(&format!("/tenants/{}?notice=added", made.tenant.id()))),
        Err(problem) if problem.status().is_client_error() => {
            let shown = NewPage { frame: visit.frame("New clinic"), form: form.refused(&problem), plans: PLANS };
            Ok(page(problem.status(), &shown))
        }
        Err(problem) => Err(problem),
    }
}
