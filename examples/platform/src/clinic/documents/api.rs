//! `/api/v1/patients/{id}/documents` and `/api/v1/documents/{id}`, on a clinic's host.

use axum::{
    Json,
    extract::{RawQuery, Request},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{MAX_BYTES, Upload};
use crate::{
    clinic::{Desk, documents, patients, record::RecordId},
    json::read_body_of,
    problem::Problem,
};

/// `GET /api/v1/patients/{id}/documents`
pub(crate) async fn list(
    desk: Desk,
    RecordId(patient): RecordId,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let patient = patients::find(&desk, patient).await?.id;
    Ok(Json(documents::list(&desk, patient, query.as_deref().unwrap_or_default()).await?).into_response())
}

/// `POST /api/v1/patients/{id}/documents?name=`: the file itself is the body.
pub(crate) async fn create(
    desk: Desk,
    RecordId(patient): RecordId,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Problem> {
    let patient = patients::find(&desk, patient).await?.id;
    documents::require(&desk).await?;
    let name = only_name(query.as_deref().unwrap_or_default())?;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let media_type = kind.map(str::to_owned);
    let content = read_body_of(request, MAX_BYTES).await?;
    let document = documents::add(&desk, patient, Upload { name, media_type, content }).await?;
    let location = format!("/api/v1/documents/{}", document.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(document)).into_response())
}

/// `GET /api/v1/documents/{id}`, and of pages `GET /documents/{id}`: the file itself.
pub(crate) async fn download(desk: Desk, RecordId(id): RecordId) -> Result<Response, Problem> {
    let (document, content) = documents::open(&desk, id).await?;
    let header = |text: &str| HeaderValue::from_str(text).map_err(|error| Problem::internal(&error));
    let headers = [
        (header::CONTENT_TYPE, header(documents::media_type(Some(&document.media_type)))?),
        (header::CONTENT_DISPOSITION, header(&documents::disposition(&document.name))?),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // Were it shown all the same, it would be as from another site.
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    Ok((headers, content).into_response())
}

/// `DELETE /api/v1/documents/{id}`
pub(crate) async fn remove(desk: Desk, RecordId(id): RecordId) -> Result<StatusCode, Problem> {
    documents::remove(&desk, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn only_name(query: &str) -> Result<Option<String>, Problem> {
    let mut name = None;
    for (known, value) in form_urlencoded::parse(query.as_bytes()) {
        if known != "name" || name.is_some() {
            let (detail, fix) = ("the query has an unknown or repeated parameter", "send name, once");
            return Err(Problem::new(StatusCode::BAD_REQUEST, "query_invalid", detail, fix));
        }
        name = Some(value.into_owned());
    }
    Ok(name)
}
