use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use time::{Duration, OffsetDateTime};

use super::find;
use crate::{
    analytics::{self, Question},
    operators::OperatorVisit,
    problem::Problem,
    state::AppState,
    usage::Period,
    web::{Chart, Frame, filters, page},
};

#[derive(Template)]
#[template(path = "admin_overview.html")]
struct Overview {
    frame: Frame,
    statuses: Vec<(String, i64)>,
    tenants: Chart,
    patients: Chart,
    active: Chart,
    refreshed_at: Option<OffsetDateTime>,
    unfinished: usize,
    behind: usize,
    failed: usize,
}

/// `GET /`
///
/// The charts are sums over all clinics, and say nothing of any; what names one is asked for with a reason.
pub(super) async fn show(State(app): State<AppState>, visit: OperatorVisit) -> Result<Response, Problem> {
    let control = app.control();
    let today = OffsetDateTime::now_utc().date();
    let period = Period { from: today - Duration::days(29), to: today, by_month: false };
    let days = async |question| Ok::<_, Problem>(analytics::ask(control, question, period).await?.days);
    let fleet = app.installation.migration_status().await?;
    let shown = Overview {
        frame: visit.frame("Overview"),
        statuses: find::by_status(control).await?,
        tenants: Chart::line(&days(Question::TenantsOverTime).await?),
        patients: Chart::line(&days(Question::PatientsOverTime).await?),
        active: Chart::bars(&days(Question::ActiveUsers).await?),
        refreshed_at: analytics::freshness(control).await?,
        unfinished: app.installation.unfinished_work().await?.len(),
        behind: fleet.places - fleet.current,
        failed: fleet.failed,
    };
    Ok(page(StatusCode::OK, &shown))
}
