use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use nadia_tenant_core::{TenantRef, TenantStatus};
use nadia_tenant_sqlx::TenantRecord;
use time::{Duration, OffsetDateTime};

use super::{change, find};
use crate::{
    audit::{self, Recorded},
    operators::OperatorVisit,
    plans::{self, Feature, PLANS, Plan, Usage},
    problem::Problem,
    state::AppState,
    usage::{self, Meter, Period},
    web::{Chart, FormState, Frame, PageForm, filters, page, see_other},
};

#[derive(Template)]
#[template(path = "admin_tenant.html")]
struct TenantPage {
    frame: Frame,
    record: TenantRecord,
    form: FormState,
    plans: [Plan; 3],
    /// Nothing while the clinic's place doesn't answer.
    usages: Option<[Usage; 3]>,
    requests: Chart,
    members: Vec<(String, String)>,
    features: Vec<(Feature, bool, bool)>,
    entries: Vec<Recorded>,
}

impl TenantPage {
    fn may_suspend(&self) -> bool {
        matches!(self.record.tenant.status(), TenantStatus::Active | TenantStatus::ReadOnly)
    }

    fn may_resume(&self) -> bool {
        self.record.tenant.status() == TenantStatus::Suspended
    }

    fn may_reopen(&self) -> bool {
        self.record.tenant.status() == TenantStatus::Closing
    }

    fn may_close(&self) -> bool {
        self.record.tenant.status().can_become(TenantStatus::Closing)
    }

    fn host(&self) -> String {
        self.record.tenant.slug().to_string()
    }
}

/// `GET /tenants/{id}`
pub(super) async fn show(
    State(app): State<AppState>,
    visit: OperatorVisit,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let record = find::find(app.control(), &id).await?;
    shown(&app, &visit, StatusCode::OK, record, FormState::default()).await
}

/// `POST /tenants/{id}/{change}`
pub(super) async fn take_form(
    State(app): State<AppState>,
    visit: OperatorVisit,
    Path((id, wanted)): Path<(String, String)>,
    form: PageForm,
) -> Result<Response, Problem> {
    let record = find::find(app.control(), &id).await?;
    let (tenant, operator) = (&record.tenant, &visit.operator);
    let mut fields = form.fields();
    let outcome = match &*wanted {
        "revise" => change::revise(&app, operator, tenant, fields).await,
        "suspend" => change::suspend(&app, operator, tenant).await,
        "resume" => change::resume(&app, operator, tenant).await,
        "reopen" => change::reopen(&app, operator, tenant).await,
        "close" => change::close(&app, operator, tenant, fields).await,
        "limit" => {
            let resource = fields.required_text("resource").unwrap_or_default();
            match fields.has("value") {
                true => change::set_limit(&app, operator, tenant, &resource, fields).await,
                false => change::clear_limit(&app, operator, tenant, &resource).await,
            }
        }
        "feature" => {
            let feature = fields.required_text("feature").unwrap_or_default();
            match fields.required_text("state").as_deref() {
                Some("on") => change::set_feature(&app, operator, tenant, &feature, true).await,
                Some("off") => change::set_feature(&app, operator, tenant, &feature, false).await,
                _ => change::clear_feature(&app, operator, tenant, &feature).await,
            }
        }
        _ => Err(Problem::route_unknown()),
    };
    match outcome {
        Ok(()) => Ok(see_other(&format!("/tenants/{}?notice=changed", record.tenant.id()))),
        Err(problem) if problem.status().is_client_error() && problem.status() != StatusCode::NOT_FOUND => {
            let form = form.refused(&problem);
            shown(&app, &visit, problem.status(), record, form).await
        }
        Err(problem) => Err(problem),
    }
}

async fn shown(
    app: &AppState,
    visit: &OperatorVisit,
    status: StatusCode,
    record: TenantRecord,
    form: FormState,
) -> Result<Response, Problem> {
    let (control, tenant) = (app.control(), &record.tenant);
    let today = OffsetDateTime::now_utc().date();
    let period = Period { from: today - Duration::days(29), to: today, by_month: false };
    let days = usage::days(control, tenant.id(), period).await?;
    let requests: Vec<_> = days.iter().map(|day| (day.day, day.value(Meter::Requests))).collect();
    let usages = match app.registry.find(&TenantRef::Id(tenant.id())).await {
        Ok(Some(ctx)) if tenant.status() != TenantStatus::Provisioning => {
            plans::usages(control, app.tenants(), &ctx).await.ok()
        }
        _ => None,
    };
    let shown = TenantPage {
        frame: visit.frame(tenant.name()),
        form,
        plans: PLANS,
        usages,
        requests: Chart::bars(&requests),
        members: find::members(control, tenant.id()).await?,
        features: plans::features(control, tenant).await?.iter().collect(),
        entries: audit::list(control, Some(tenant.id()), None, 20).await?,
        record,
    };
    Ok(page(status, &shown))
}
