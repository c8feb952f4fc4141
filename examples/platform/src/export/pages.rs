use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::Response,
};

use super::{
    api,
    job::{self, Job, LIFE, State as JobState},
};
use crate::{
    plans::Resource,
    portal::Visit,
    problem::Problem,
    state::AppState,
    web::{FormState, Frame, PageForm, filters, page, see_other},
};

#[derive(Template)]
#[template(path = "exports.html")]
struct ExportsPage {
    frame: Frame,
    form: FormState,
    jobs: Vec<Job>,
}

impl ExportsPage {
    fn is_open(&self) -> bool {
        self.jobs.iter().any(|job| job.state.is_open())
    }

    fn is_done(&self, job: &Job) -> bool {
        job.state == JobState::Done
    }

    fn size(&self, job: &Job) -> String {
        job.size_bytes.map(|size| Resource::Storage.shown(&size)).unwrap_or_default()
    }

    fn expires(&self, job: &Job) -> Option<time::OffsetDateTime> {
        job.finished_at.filter(|_| self.is_done(job)).map(|at| at + LIFE)
    }
}

/// `GET /exports`
pub(super) async fn show(State(app): State<AppState>, visit: Visit) -> Result<Response, Problem> {
    render(&app, &visit, StatusCode::OK, FormState::default()).await
}

/// `POST /exports`
pub(super) async fn create(State(app): State<AppState>, visit: Visit, form: PageForm) -> Result<Response, Problem> {
    match job::request(app.control(), visit.tenant().id(), &visit.caller).await {
        Ok(_) => Ok(see_other("/exports?notice=started")),
        Err(problem) if problem.status().is_client_error() => {
            render(&app, &visit, problem.status(), form.refused(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /exports/{id}/remove`
pub(super) async fn remove(
    State(app): State<AppState>,
    visit: Visit,
    id: Result<Path<String>, PathRejection>,
    _form: PageForm,
) -> Result<Response, Problem> {
    api::remove_one(&app, visit.tenant(), &visit.caller, id).await?;
    Ok(see_other("/exports?notice=removed"))
}

/// `GET /exports/{id}/download`
pub(super) async fn download(
    State(app): State<AppState>,
    visit: Visit,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    api::send(&app, visit.tenant(), &visit.caller, id).await
}

async fn render(app: &AppState, visit: &Visit, status: StatusCode, form: FormState) -> Result<Response, Problem> {
    let jobs = job::list(app.control(), visit.tenant().id()).await?;
    Ok(page(status, &ExportsPage { frame: visit.frame(app, "Exports").await?, form, jobs }))
}
