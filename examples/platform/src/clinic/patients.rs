//! `/api/v1/patients`, on a clinic's host.
//!
//! A record of another clinic, one that never was and an id that can't be one get the same answer. It is
//! given before preconditions and bodies are looked at.

use std::str::FromStr;

use axum::{
    Json,
    extract::{Path, RawQuery, Request, State, rejection::PathRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::portable::Conn;
use nadia_tenant_tower::Tenant;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    clinic::{
        NewPatient, Patient,
        precondition::{etag, if_match, is_known, version_mismatch},
        store::{self, Page},
    },
    cursor::List,
    json::Fields,
    problem::Problem,
    query::ListQuery,
    state::AppState,
};

#[derive(Serialize)]
struct PatientList {
    data: Vec<Patient>,
    page: PageEnd,
}

#[derive(Serialize)]
struct PageEnd {
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

/// `GET /api/v1/patients`
pub(crate) async fn list(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = ListQuery::parse(query.as_deref().unwrap_or_default())?;
    let list = List { tenant: tenant.tenant().id(), collection: "patients", search: &query.search };
    let after = query.cursor.as_deref().map(|cursor| list.after(cursor, &app.keys)).transpose()?;
    let mut scope = app.tenants().conn(&tenant).await?;
    let page = Page {
        after: after.unwrap_or_default(),
        search: &query.search,
        // One more tells whether there is a next page.
        limit: i64::from(query.limit) + 1,
    };
    let mut patients = store::list(&mut scope, page).await?;
    let more = patients.len() > usize::from(query.limit);
    patients.truncate(usize::from(query.limit));
    let next = patients.last().filter(|_| more).map(|last| list.cursor(last.id, &app.keys));
    Ok(Json(PatientList { data: patients, page: PageEnd { next } }).into_response())
}

/// `POST /api/v1/patients`
pub(crate) async fn create(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    request: Request,
) -> Result<Response, Problem> {
    let mut fields = Fields::read(request).await?;
    let details = NewPatient::read(&mut fields);
    let patient = Patient::new(tenant.tenant().id(), fields.finish(Some(details))?);
    let mut scope = app.tenants().conn(&tenant).await?;
    store::add(&mut scope, &patient).await?;
    let location = format!("/api/v1/patients/{}", patient.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], answer(&patient)).into_response())
}

/// `GET /api/v1/patients/{id}`
pub(crate) async fn read(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut scope = app.tenants().conn(&tenant).await?;
    let patient = find(&mut scope, id).await?;
    if is_known(&headers, patient.version)? {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag(patient.version))]).into_response());
    }
    Ok(answer(&patient).into_response())
}

/// `PATCH /api/v1/patients/{id}`: a merge patch (RFC 7396); `version` in the body is checked as `If-Match` is.
pub(crate) async fn change(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    // The scope goes back before the body is read, which may take long.
    let found = find(&mut app.tenants().conn(&tenant).await?, id).await?;
    let conditional = if_match(request.headers(), found.version)?;
    let mut fields = Fields::read(request).await?;
    let expected = fields.integer("version");
    let mut details = found.details.clone();
    details.apply(&mut fields);
    let details = fields.finish(Some(details))?;
    if expected.is_some_and(|expected| expected != found.version) {
        return Err(version_mismatch());
    }
    if details == found.details {
        return Ok(answer(&found).into_response());
    }
    let patient = Patient { details, version: found.version + 1, updated_at: now(), ..found.clone() };
    let mut scope = app.tenants().conn(&tenant).await?;
    if store::replace(&mut scope, &patient, found.version).await? {
        return Ok(answer(&patient).into_response());
    }
    Err(overtaken(&mut scope, found.id, conditional || expected.is_some()).await)
}

/// `DELETE /api/v1/patients/{id}`
pub(crate) async fn remove(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut scope = app.tenants().conn(&tenant).await?;
    let found = find(&mut scope, id).await?;
    let conditional = if_match(&headers, found.version)?;
    if store::remove(&mut scope, found.id, found.version).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(overtaken(&mut scope, found.id, conditional).await)
}

impl Patient {
    pub(crate) fn new(tenant_id: TenantId, details: NewPatient) -> Self {
        let now = now();
        Self { tenant_id, id: Uuid::now_v7(), details, version: 1, created_at: now, updated_at: now }
    }
}

/// The clock, no finer than every database keeps it: an answer must not change when it is read again.
fn now() -> OffsetDateTime {
    let now = OffsetDateTime::now_utc();
    now.replace_microsecond(now.microsecond()).unwrap_or(now)
}

async fn find(scope: &mut Conn, id: Result<Path<String>, PathRejection>) -> Result<Patient, Problem> {
    // What can't be an id, not even be decoded, is answered as one that nobody has.
    let Path(id) = id.map_err(|_| Problem::not_found())?;
    let id = uuid::fmt::Hyphenated::from_str(&id).map_err(|_| Problem::not_found())?;
    store::find(scope, id.into_uuid()).await?.ok_or_else(Problem::not_found)
}

/// Says why a change found nothing to change: somebody else changed or removed the record meanwhile.
async fn overtaken(scope: &mut Conn, id: Uuid, conditional: bool) -> Problem {
    match store::find(scope, id).await {
        Err(error) => error.into(),
        Ok(None) => Problem::not_found(),
        Ok(Some(_)) if conditional => version_mismatch(),
        Ok(Some(_)) => Problem::new(
            StatusCode::CONFLICT,
            "edit_conflict",
            "somebody else changed the record at the same moment; nothing of this request was kept",
            "send the request again, with if-match to be sure of what you change",
        ),
    }
}

fn answer(patient: &Patient) -> impl IntoResponse + use<> {
    ([(header::ETAG, etag(patient.version))], Json(patient.clone()))
}
