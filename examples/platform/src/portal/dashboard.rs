use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use super::Visit;
use crate::{
    plans::{self, Usage},
    problem::Problem,
    state::AppState,
    web::{Frame, page},
};

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard {
    frame: Frame,
    plan: &'static str,
    role: &'static str,
    usages: [Usage; 3],
}

/// `GET /`
pub(super) async fn show(State(app): State<AppState>, visit: Visit) -> Result<Response, Problem> {
    let usages = plans::usages(app.control(), app.tenants(), &visit.ctx).await?;
    let frame = visit.frame(&app, "Overview").await?;
    let plan = plans::plan(visit.tenant().plan()).title;
    Ok(page(StatusCode::OK, &Dashboard { frame, plan, role: visit.caller.role.as_str(), usages }))
}
