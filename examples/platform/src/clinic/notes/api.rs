//! `/api/v1/patients/{id}/notes`, on a clinic's host.

use axum::{
    Json,
    extract::{RawQuery, Request},
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{
    clinic::{Desk, notes, patients, record::RecordId},
    json::Fields,
    problem::Problem,
};

/// `GET /api/v1/patients/{id}/notes`
pub(crate) async fn list(
    desk: Desk,
    RecordId(patient): RecordId,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let patient = patients::find(&desk, patient).await?.id;
    Ok(Json(notes::list(&desk, patient, query.as_deref().unwrap_or_default()).await?).into_response())
}

/// `POST /api/v1/patients/{id}/notes`
pub(crate) async fn create(desk: Desk, RecordId(patient): RecordId, request: Request) -> Result<Response, Problem> {
    let patient = patients::find(&desk, patient).await?.id;
    let note = notes::add(&desk, patient, Fields::read(request).await?).await?;
    Ok((StatusCode::CREATED, Json(note)).into_response())
}
