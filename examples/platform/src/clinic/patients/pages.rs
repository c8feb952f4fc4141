//! `/patients`, on a clinic's host.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use uuid::Uuid;

use crate::{
    clinic::{
        Desk, NewPatient, Patient,
        appointments::{self, Appointment},
        confirm::{self, Removal},
        documents::{self, Document},
        listing::query_of_page,
        notes::{self, Note},
        patients,
        precondition::version_mismatch,
        record::{RecordId, shown},
        staff,
    },
    plans::{self, Feature},
    portal::Visit,
    problem::Problem,
    query::ListQuery,
    state::AppState,
    web::{FormState, Frame, PageForm, page, see_other},
};

#[derive(Template)]
#[template(path = "patients.html")]
struct ListPage {
    frame: Frame,
    may_write: bool,
    search: String,
    patients: Vec<Patient>,
    first: Option<String>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "patient_new.html")]
struct NewPage {
    frame: Frame,
    form: FormState,
}

#[derive(Template)]
#[template(path = "patient.html")]
struct PatientPage {
    frame: Frame,
    may_write: bool,
    patient: Patient,
    form: FormState,
    differences: Vec<Difference>,
    appointments: Vec<(Appointment, String)>,
    documents: Vec<(Document, String)>,
    more_documents: Option<String>,
    has_documents: bool,
    upload: FormState,
    notes: Vec<Note>,
    more_notes: Option<String>,
    note: FormState,
}

/// What somebody else wrote where this person was about to write.
pub(in crate::clinic) struct Difference {
    label: &'static str,
    now: String,
    yours: String,
}

/// A form of a patient's page that was refused, and is shown again.
#[derive(Default)]
pub(in crate::clinic) struct Refused {
    pub(in crate::clinic) status: StatusCode,
    pub(in crate::clinic) details: Option<FormState>,
    pub(in crate::clinic) note: FormState,
    pub(in crate::clinic) upload: FormState,
    pub(in crate::clinic) differences: Vec<Difference>,
}

/// `GET /patients`
pub(crate) async fn list(desk: Desk, visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let query = ListQuery::parse(&query_of_page(query.as_deref(), &["search", "cursor"]))?;
    let listed = patients::list(&desk, &query).await?;
    let search: String = form_urlencoded::byte_serialize(query.search.as_bytes()).collect();
    let next = listed.page.next.map(|cursor| format!("/patients?search={search}&cursor={cursor}"));
    let first = query.cursor.map(|_| format!("/patients?search={search}"));
    let frame = visit.frame(&desk.app, "Patients").await?;
    let (may_write, patients, search) = (desk.may_write(), listed.data, query.search);
    Ok(page(StatusCode::OK, &ListPage { frame, may_write, search, patients, first, next }))
}

/// `GET /patients/new`
pub(crate) async fn new(State(app): State<AppState>, visit: Visit) -> Result<Response, Problem> {
    let frame = visit.frame(&app, "New patient").await?;
    Ok(page(StatusCode::OK, &NewPage { frame, form: FormState::default() }))
}

/// `POST /patients/new`
pub(crate) async fn create(desk: Desk, visit: Visit, form: PageForm) -> Result<Response, Problem> {
    match patients::add(&desk, form.fields()).await {
        Ok(patient) => Ok(see_other(&format!("/patients/{}?notice=added", patient.id))),
        Err(problem) if problem.status().is_client_error() => {
            let frame = visit.frame(&desk.app, "New patient").await?;
            Ok(page(problem.status(), &NewPage { frame, form: form.refused(&problem) }))
        }
        Err(problem) => Err(problem),
    }
}

/// `GET /patients/{id}`
pub(crate) async fn show(
    desk: Desk,
    visit: Visit,
    RecordId(id): RecordId,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let patient = patients::find(&desk, id).await?;
    render(&desk, &visit, patient, query.as_deref(), Refused::default()).await
}

/// `POST /patients/{id}`
pub(crate) async fn change(
    desk: Desk,
    visit: Visit,
    RecordId(id): RecordId,
    form: PageForm,
) -> Result<Response, Problem> {
    let found = patients::find(&desk, id).await?;
    let problem = match patients::change(&desk, &found, form.fields(), true).await {
        Ok(_) => return Ok(see_other(&format!("/patients/{id}?notice=saved"))),
        Err(problem) if problem.code() == "not_found" || !problem.status().is_client_error() => return Err(problem),
        Err(problem) => problem,
    };
    let (mut details, mut differences, mut patient) = (form.refused(&problem), Vec::new(), found);
    if problem.code() == version_mismatch().code() {
        patient = patients::find(&desk, id).await?;
        differences = differences_of(&form_of(&patient.details), &details);
        let what = "somebody else changed this patient meanwhile, and nothing of yours was saved";
        let then = "look at what differs, and save again to put yours in its place";
        details.message = Some(format!("{what}; {then}"));
        details = details.with("version", patient.version.to_string());
    }
    let status = problem.status();
    let refused = Refused { status, details: Some(details), differences, ..Refused::default() };
    render(&desk, &visit, patient, None, refused).await
}

/// `GET /patients/{id}/delete`
pub(crate) async fn confirm(desk: Desk, visit: Visit, RecordId(id): RecordId) -> Result<Response, Problem> {
    let patient = patients::find(&desk, id).await?;
    confirm::ask(&desk, &visit, removal(&patient)).await
}

/// `POST /patients/{id}/delete`
pub(crate) async fn remove(
    desk: Desk,
    visit: Visit,
    RecordId(id): RecordId,
    form: PageForm,
) -> Result<Response, Problem> {
    let patient = patients::find(&desk, id).await?;
    let removed = match confirm::is_of(&form, patient.version) {
        true => patients::remove(&desk, &patient, true).await,
        false => Err(version_mismatch()),
    };
    match removed {
        Ok(()) => Ok(see_other("/patients?notice=removed")),
        Err(problem) => {
            let patient = patients::find(&desk, id).await?;
            confirm::ask_again(&desk, &visit, removal(&patient), problem).await
        }
    }
}

fn removal(patient: &Patient) -> Removal {
    Removal {
        title: "Remove a patient",
        text: format!("{} and all their notes, documents and appointments go for good.", patient.name()),
        button: "Remove the patient",
        action: format!("/patients/{}/delete", patient.id),
        back: format!("/patients/{}", patient.id),
        version: patient.version,
    }
}

/// Shows a patient with all that belongs to them. Viewers see what others can change.
pub(in crate::clinic) async fn render(
    desk: &Desk,
    visit: &Visit,
    patient: Patient,
    query: Option<&str>,
    refused: Refused,
) -> Result<Response, Problem> {
    let id = patient.id;
    let part = |member: &str| {
        let found = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).find(|(name, _)| name == member);
        found.map(|(_, cursor)| form_urlencoded::Serializer::new(String::new()).append_pair("cursor", &cursor).finish())
    };
    let notes = notes::list(desk, id, &part("notes").unwrap_or_default()).await?;
    let documents = documents::list(desk, id, &part("documents").unwrap_or_default()).await?;
    let authors = documents::authors(desk, &documents.data).await?;
    let appointments = appointments::of_patient(desk, id).await?;
    let clinicians = appointments.iter().map(|appointment| appointment.clinician_id);
    let clinicians = staff::names(desk.app.control(), clinicians).await?;
    let has_documents = plans::features(desk.app.control(), desk.ctx.tenant()).await?.has(Feature::Documents);
    let more = |member: &str, next: Option<String>| next.map(|cursor| format!("/patients/{id}?{member}={cursor}"));
    let named = |names: &BTreeMap<Uuid, String>, id: Option<Uuid>| match id {
        None => "a program".to_owned(),
        Some(id) => names.get(&id).cloned().unwrap_or_else(|| "somebody who is gone".to_owned()),
    };
    let form =
        refused.details.unwrap_or_else(|| form_of(&patient.details).with("version", patient.version.to_string()));
    let shown = PatientPage {
        frame: visit.frame(&desk.app, &patient.name()).await?,
        may_write: desk.may_write(),
        form,
        differences: refused.differences,
        appointments: appointments
            .into_iter()
            .map(|appointment| {
                let clinician = named(&clinicians, Some(appointment.clinician_id));
                (appointment, clinician)
            })
            .collect(),
        more_documents: more("documents", documents.page.next),
        documents: documents
            .data
            .into_iter()
            .map(|document| {
                let author = named(&authors, document.created_by);
                (document, author)
            })
            .collect(),
        has_documents,
        upload: refused.upload,
        more_notes: more("notes", notes.page.next),
        notes: notes.data,
        note: refused.note,
        patient,
    };
    Ok(page(refused.status, &shown))
}

const LABELS: [(&str, &str); 6] = [
    ("given_name", "Given name"),
    ("family_name", "Family name"),
    ("birth_date", "Date of birth"),
    ("email", "E-mail address"),
    ("phone", "Phone"),
    ("notes", "Remarks"),
];

fn differences_of(now: &FormState, yours: &FormState) -> Vec<Difference> {
    let differ = LABELS.into_iter().filter(|(name, _)| !now.is(name, &yours.value(name).replace("\r\n", "\n")));
    differ
        .map(|(name, label)| Difference { label, now: now.value(name).to_owned(), yours: yours.value(name).to_owned() })
        .collect()
}

fn form_of(details: &NewPatient) -> FormState {
    let NewPatient { given_name, family_name, birth_date, email, phone, notes } = details;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    FormState::default()
        .with("given_name", given_name)
        .with("family_name", family_name)
        .with("birth_date", birth_date.map(|day| day.to_string()).unwrap_or_default())
        .with("email", text(email))
        .with("phone", text(phone))
        .with("notes", text(notes))
}

impl Patient {
    pub(in crate::clinic) fn name(&self) -> String {
        format!("{} {}", self.details.given_name, self.details.family_name)
    }

    fn changed(&self) -> String {
        shown(self.updated_at)
    }
}
