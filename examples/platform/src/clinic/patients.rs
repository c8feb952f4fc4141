//! What is done with patients, whether a page or a program asks for it.
//!
//! A record of another clinic, one that never was and an id that can't be one get the same answer. It is
//! given before preconditions and bodies are looked at.

pub(super) mod api;
pub(super) mod pages;

use nadia_tenant_core::TenantId;
use uuid::Uuid;

use crate::{
    audit::Action,
    clinic::{
        Desk, NewPatient, Patient, documents,
        listing::Listed,
        precondition::version_mismatch,
        record::{now, overtaken},
        store::{self, Page},
    },
    cursor::List,
    json::Fields,
    plans::{self, Resource},
    problem::Problem,
    query::ListQuery,
};

const ADDED: Action = Action::new("patient.added");
const CHANGED: Action = Action::new("patient.changed");
const REMOVED: Action = Action::new("patient.removed");

/// Lists patients in the order they were added.
pub(super) async fn list(desk: &Desk, query: &ListQuery) -> Result<Listed<Patient>, Problem> {
    let list = List { tenant: desk.tenant_id(), collection: "patients", search: &query.search };
    let after = query.cursor.as_deref().map(|cursor| list.after(cursor, &desk.app.keys)).transpose()?;
    let page = Page {
        after: after.unwrap_or_default(),
        search: &query.search,
        // One more tells whether there is a next page.
        limit: i64::from(query.limit) + 1,
    };
    let found = store::list(&mut desk.conn().await?, page).await?;
    Ok(Listed::of(found, query.limit, |last| list.cursor(last.id, &desk.app.keys)))
}

/// Adds a patient, if the clinic may have one more.
pub(super) async fn add(desk: &Desk, mut fields: Fields) -> Result<Patient, Problem> {
    let details = NewPatient::read(&mut fields);
    let patient = Patient::new(desk.tenant_id(), fields.finish(Some(details))?);
    let limit = plans::limit(desk.app.control(), desk.ctx.tenant(), Resource::Patients).await?;
    let mut tx = desk.begin().await?;
    plans::reserve(&mut tx, Resource::Patients, 1, limit).await?;
    store::add(&mut tx, &patient).await?;
    tx.commit().await?;
    desk.record(ADDED, "patient", patient.id).await?;
    Ok(patient)
}

pub(super) async fn find(desk: &Desk, id: Uuid) -> Result<Patient, Problem> {
    store::find(&mut desk.conn().await?, id).await?.ok_or_else(Problem::not_found)
}

/// Changes what `fields` name of a patient that was found, if nobody else does at the same moment.
///
/// `version` among them must be that of the patient. `conditional` says that the version was asked for otherwise.
pub(super) async fn change(
    desk: &Desk,
    found: &Patient,
    mut fields: Fields,
    conditional: bool,
) -> Result<Patient, Problem> {
    let expected = fields.integer("version");
    let mut details = found.details.clone();
    details.apply(&mut fields);
    let details = fields.finish(Some(details))?;
    if expected.is_some_and(|expected| expected != found.version) {
        return Err(version_mismatch());
    }
    if details == found.details {
        return Ok(found.clone());
    }
    let patient = Patient { details, version: found.version + 1, updated_at: now(), ..found.clone() };
    let mut scope = desk.conn().await?;
    if !store::replace(&mut scope, &patient, found.version).await? {
        let is_there = store::find(&mut scope, found.id).await?.is_some();
        return Err(overtaken(is_there, conditional || expected.is_some()));
    }
    drop(scope);
    desk.record(CHANGED, "patient", patient.id).await?;
    Ok(patient)
}

/// Removes a patient that was found with all that belongs to them, if nobody else changes them at the same moment.
pub(super) async fn remove(desk: &Desk, found: &Patient, conditional: bool) -> Result<(), Problem> {
    let mut tx = desk.begin().await?;
    // Nobody adds a document between the counting of what is there and its going.
    plans::hold(&mut tx, Resource::Storage).await?;
    let stored = documents::stored_bytes(&mut tx, found.id).await?;
    if !store::remove(&mut tx, found.id, found.version).await? {
        tx.rollback().await?;
        let is_there = store::find(&mut desk.conn().await?, found.id).await?.is_some();
        return Err(overtaken(is_there, conditional));
    }
    plans::release(&mut tx, Resource::Storage, stored).await?;
    plans::release(&mut tx, Resource::Patients, 1).await?;
    tx.commit().await?;
    desk.record(REMOVED, "patient", found.id).await
}

impl Patient {
    pub(crate) fn new(tenant_id: TenantId, details: NewPatient) -> Self {
        let now = now();
        Self { tenant_id, id: Uuid::now_v7(), details, version: 1, created_at: now, updated_at: now }
    }
}
