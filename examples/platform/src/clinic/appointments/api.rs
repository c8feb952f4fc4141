//! `/api/v1/appointments`, on a clinic's host.

use axum::{
    Json,
    extract::{RawQuery, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    clinic::{
        Desk,
        appointments::{self, Appointment, ListOf},
        precondition::{etag, if_match, is_known},
        record::RecordId,
    },
    json::Fields,
    problem::Problem,
};

/// `GET /api/v1/appointments`
pub(crate) async fn list(desk: Desk, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let of = ListOf::parse(query.as_deref().unwrap_or_default())?;
    Ok(Json(appointments::list(&desk, &of).await?).into_response())
}

/// `POST /api/v1/appointments`
pub(crate) async fn create(desk: Desk, request: Request) -> Result<Response, Problem> {
    let appointment = appointments::book(&desk, Fields::read(request).await?).await?;
    let location = format!("/api/v1/appointments/{}", appointment.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], answer(&appointment)).into_response())
}

/// `GET /api/v1/appointments/{id}`
pub(crate) async fn read(desk: Desk, RecordId(id): RecordId, headers: HeaderMap) -> Result<Response, Problem> {
    let appointment = appointments::find(&desk, id).await?;
    if is_known(&headers, appointment.version)? {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag(appointment.version))]).into_response());
    }
    Ok(answer(&appointment).into_response())
}

/// `PATCH /api/v1/appointments/{id}`: a merge patch (RFC 7396); `version` in the body is checked as `If-Match` is.
pub(crate) async fn change(desk: Desk, RecordId(id): RecordId, request: Request) -> Result<Response, Problem> {
    let found = appointments::find(&desk, id).await?;
    let conditional = if_match(request.headers(), found.version)?;
    let fields = Fields::read(request).await?;
    Ok(answer(&appointments::change(&desk, &found, fields, conditional).await?).into_response())
}

/// `DELETE /api/v1/appointments/{id}`
pub(crate) async fn remove(desk: Desk, RecordId(id): RecordId, headers: HeaderMap) -> Result<StatusCode, Problem> {
    let found = appointments::find(&desk, id).await?;
    let conditional = if_match(&headers, found.version)?;
    appointments::remove(&desk, &found, conditional).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn answer(appointment: &Appointment) -> impl IntoResponse + use<> {
    ([(header::ETAG, etag(appointment.version))], Json(appointment.clone()))
}
