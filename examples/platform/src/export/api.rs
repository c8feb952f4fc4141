use std::{io, str::FromStr};

use axum::{
    Json,
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use nadia_tenant_core::Tenant;
use nadia_tenant_tower::Tenant as Resolved;
use serde::Serialize;
use tokio::{fs::File, io::AsyncReadExt};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    job::{self, Job, LIFE, State as JobState},
    worker::folder,
};
use crate::{
    audit::{self, Entry},
    people::Caller,
    problem::{Problem, chain},
    state::AppState,
    tenants::instant,
};

/// How much of a file is read at once.
const CHUNK: usize = 64 * 1024;

#[derive(Serialize, ToSchema)]
pub(super) struct ExportList {
    data: Vec<Export>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Export {
    id: Uuid,
    state: &'static str,
    progress_percent: i64,
    detail: Option<String>,
    requested_by: Option<Uuid>,
    created_at: String,
    finished_at: Option<String>,
    expires_at: Option<String>,
    size_bytes: Option<i64>,
    sha256: Option<String>,
    /// Where the file is, once it is done.
    download: Option<String>,
}

impl Export {
    fn of(job: Job) -> Self {
        let is_done = job.state == JobState::Done;
        Self {
            id: job.id,
            state: job.state.as_str(),
            progress_percent: job.percent(),
            requested_by: job.requested_by,
            created_at: instant(job.created_at),
            finished_at: job.finished_at.map(instant),
            expires_at: job.finished_at.filter(|_| is_done).map(|at| instant(at + LIFE)),
            size_bytes: job.size_bytes,
            download: is_done.then(|| format!("/api/v1/exports/{}/download", job.id)),
            detail: job.detail,
            sha256: job.sha256,
        }
    }
}

/// `GET /api/v1/exports`
pub(super) async fn list(State(app): State<AppState>, Resolved(tenant): Resolved) -> Result<Response, Problem> {
    let jobs = job::list(app.control(), tenant.tenant().id()).await?;
    Ok(Json(ExportList { data: jobs.into_iter().map(Export::of).collect() }).into_response())
}

/// `POST /api/v1/exports`
pub(super) async fn create(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    caller: Caller,
) -> Result<Response, Problem> {
    let tenant = tenant.tenant().id();
    let id = job::request(app.control(), tenant, &caller).await?;
    let job = job::find(app.control(), tenant, id).await?.ok_or_else(Problem::not_found)?;
    let location = format!("/api/v1/exports/{id}");
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(Export::of(job))).into_response())
}

/// `GET /api/v1/exports/{id}`
pub(super) async fn read(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let job = job::find(app.control(), tenant.tenant().id(), parsed(id)?).await?.ok_or_else(Problem::not_found)?;
    Ok(Json(Export::of(job)).into_response())
}

/// `DELETE /api/v1/exports/{id}`
pub(super) async fn remove(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    remove_one(&app, tenant.tenant(), &caller, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /api/v1/exports/{id}/download`
pub(super) async fn download(
    State(app): State<AppState>,
    Resolved(tenant): Resolved,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    send(&app, tenant.tenant(), &caller, id).await
}

/// Removes an export and its file.
pub(super) async fn remove_one(
    app: &AppState,
    tenant: &Tenant,
    caller: &Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<(), Problem> {
    let job = job::remove(app.control(), tenant.id(), parsed(id)?, caller).await?;
    if let Some(file) = job.file().filter(|_| job.state == JobState::Done) {
        match tokio::fs::remove_file(folder(app).join(file)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(error = %chain(&error), "the file of an export can't be removed yet");
            }
            _ => {}
        }
    }
    Ok(())
}

/// Streams an export's file.
pub(super) async fn send(
    app: &AppState,
    tenant: &Tenant,
    caller: &Caller,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let job = job::find(app.control(), tenant.id(), parsed(id)?).await?.ok_or_else(Problem::not_found)?;
    let file = match (job.state, job.file()) {
        (JobState::Done, Some(file)) => file,
        (JobState::Expired, _) => return Err(gone("the export expired")),
        _ => {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "export_not_done",
                "there is no file of this export yet",
                "read the export until its state is done",
            ));
        }
    };
    let file = match File::open(folder(app).join(file)).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(gone("the export's file is not on this server"));
        }
        file => file.map_err(|error| Problem::internal(&error))?,
    };
    let length = file.metadata().await.map_err(|error| Problem::internal(&error))?.len();
    let entry = Entry::of(tenant.id(), job::DOWNLOADED, caller.actor()).with_subject("export", job.id);
    audit::record_alone(app.control(), entry).await?;
    let name = format!("attachment; filename=\"{}-{}.zip\"", tenant.slug(), job.created_at.date());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/zip")),
        (header::CONTENT_LENGTH, HeaderValue::from(length)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(|error| Problem::internal(&error))?),
    ];
    let chunks = stream::try_unfold(file, |mut file| async move {
        let mut chunk = vec![0; CHUNK];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        Ok::<_, io::Error>((read > 0).then_some((chunk, file)))
    });
    Ok((headers, Body::from_stream(chunks)).into_response())
}

/// Reads an id; what can't be one is answered as one that nobody has.
fn parsed(id: Result<Path<String>, PathRejection>) -> Result<Uuid, Problem> {
    let Path(id) = id.map_err(|_| Problem::not_found())?;
    Ok(uuid::fmt::Hyphenated::from_str(&id).map_err(|_| Problem::not_found())?.into_uuid())
}

fn gone(detail: &'static str) -> Problem {
    Problem::new(StatusCode::GONE, "export_gone", detail, "ask for another export")
}
