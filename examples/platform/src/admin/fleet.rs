use askama::Template;
use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use nadia_tenant_sqlx::{Diagnosis, FleetStatus, TenantWork};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    openapi::body,
    operators::OperatorVisit,
    problem::Problem,
    state::AppState,
    web::{Frame, PageForm, filters, page},
};

#[derive(Serialize, ToSchema)]
#[schema(as = Fleet)]
pub(super) struct FleetAnswer {
    target: i64,
    places: usize,
    current: usize,
    failed: usize,
    unfinished: Vec<WorkAnswer>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Work)]
struct WorkAnswer {
    tenant: String,
    work: String,
    step: String,
    error: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: time::OffsetDateTime,
}

impl WorkAnswer {
    fn of(work: TenantWork) -> Self {
        Self {
            tenant: work.tenant.to_string(),
            work: format!("{:?}", work.kind).to_lowercase(),
            step: work.step,
            error: work.error,
            updated_at: work.updated_at,
        }
    }
}

/// `GET /api/v1/fleet`
pub(super) async fn status(State(app): State<AppState>) -> Result<Response, Problem> {
    let FleetStatus { target, places, current, failed, .. } = app.installation.migration_status().await?;
    let unfinished = app.installation.unfinished_work().await?.into_iter().map(WorkAnswer::of).collect();
    Ok(Json(FleetAnswer { target, places, current, failed, unfinished }).into_response())
}

body! {
    /// What was found, which the doctor itself writes.
    pub(super) struct DoctorAnswer {
        /// Whether nothing critical was found.
        clean: bool,
        critical: usize,
        warning: usize,
        notice: usize,
        places: Vec<DoctorPlace>,
    }

    /// What was found in one place.
    struct DoctorPlace {
        name: String,
        findings: Vec<DoctorFinding>,
    }

    /// Something that is wrong or strange.
    struct DoctorFinding {
        /// `critical`, `warning` or `notice`.
        severity: String,
        check: String,
        object: String,
        detail: Option<String>,
        why: String,
        advice: String,
        /// SQL that mends it.
        fix: Option<String>,
    }
}

/// `GET /api/v1/fleet/doctor`: looks, which may take a while, and says what was found.
pub(super) async fn findings(State(app): State<AppState>) -> Result<Response, Problem> {
    let found = app.installation.doctor().await?.to_json();
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], found).into_response())
}

#[derive(Template)]
#[template(path = "admin_fleet.html")]
struct FleetPage {
    frame: Frame,
    fleet: FleetStatus,
    unfinished: Vec<TenantWork>,
    diagnosis: Option<Diagnosis>,
}

/// `GET /fleet`
pub(super) async fn show(State(app): State<AppState>, visit: OperatorVisit) -> Result<Response, Problem> {
    shown(&app, &visit, None).await
}

/// `POST /fleet/doctor`
pub(super) async fn examine(
    State(app): State<AppState>,
    visit: OperatorVisit,
    _form: PageForm,
) -> Result<Response, Problem> {
    let diagnosis = app.installation.doctor().await?;
    shown(&app, &visit, Some(diagnosis)).await
}

async fn shown(app: &AppState, visit: &OperatorVisit, diagnosis: Option<Diagnosis>) -> Result<Response, Problem> {
    let shown = FleetPage {
        frame: visit.frame("Fleet"),
        fleet: app.installation.migration_status().await?,
        unfinished: app.installation.unfinished_work().await?,
        diagnosis,
    };
    Ok(page(StatusCode::OK, &shown))
}
