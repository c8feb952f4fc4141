//! `/api/v1/patients`, on a clinic's host.

use axum::{
    Json,
    extract::{RawQuery, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    clinic::{
        Desk, Patient, patients,
        precondition::{etag, if_match, is_known},
        record::RecordId,
    },
    json::Fields,
    problem::Problem,
    query::ListQuery,
};

/// `GET /api/v1/patients`
pub(crate) async fn list(desk: Desk, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let query = ListQuery::parse(query.as_deref().unwrap_or_default())?;
    Ok(Json(patients::list(&desk, &query).await?).into_response())
}

/// `POST /api/v1/patients`
pub(crate) async fn create(desk: Desk, request: Request) -> Result<Response, Problem> {
    let patient = patients::add(&desk, Fields::read(request).await?).await?;
    let location = format!("/api/v1/patients/{}", patient.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], answer(&patient)).into_response())
}

/// `GET /api/v1/patients/{id}`
pub(crate) async fn read(desk: Desk, RecordId(id): RecordId, headers: HeaderMap) -> Result<Response, Problem> {
    let patient = patients::find(&desk, id).await?;
    if is_known(&headers, patient.version)? {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag(patient.version))]).into_response());
    }
    Ok(answer(&patient).into_response())
}

/// `PATCH /api/v1/patients/{id}`: a merge patch (RFC 7396); `version` in the body is checked as `If-Match` is.
pub(crate) async fn change(desk: Desk, RecordId(id): RecordId, request: Request) -> Result<Response, Problem> {
    // No scope is held while the body is read, which may take long.
    let found = patients::find(&desk, id).await?;
    let conditional = if_match(request.headers(), found.version)?;
    let fields = Fields::read(request).await?;
    Ok(answer(&patients::change(&desk, &found, fields, conditional).await?).into_response())
}

/// `DELETE /api/v1/patients/{id}`
pub(crate) async fn remove(desk: Desk, RecordId(id): RecordId, headers: HeaderMap) -> Result<StatusCode, Problem> {
    let found = patients::find(&desk, id).await?;
    let conditional = if_match(&headers, found.version)?;
    patients::remove(&desk, &found, conditional).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn answer(patient: &Patient) -> impl IntoResponse + use<> {
    ([(header::ETAG, etag(patient.version))], Json(patient.clone()))
}
