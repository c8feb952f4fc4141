//! A clinic's own work: patients, notes and documents on them, appointments.

mod appointments;
mod confirm;
mod desk;
mod documents;
mod listing;
mod notes;
mod patient;
mod patients;
mod precondition;
mod record;
mod staff;
mod store;

use axum::{
    http::Method,
    routing::{delete, get, patch, post},
};

use crate::{
    openapi::{self, IF_MATCH, IF_NONE_MATCH, Kind, Operation, PAGED, Parameter, SEARCH},
    people::Permission,
    routes::{Access, HostKind, Row},
};

use self::{
    appointments::{Appointment, AppointmentBody, AppointmentPatch},
    documents::Document,
    listing::Listed,
    notes::{Note, NoteBody},
    patient::{PatientBody, PatientPatch},
};

const READ: Access = Access::Member(Permission::ReadPatients);
const WRITE: Access = Access::Member(Permission::WritePatients);
const SEE: Access = Access::Page(Permission::ReadPatients);
const SEND: Access = Access::Page(Permission::WritePatients);

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/api/v1/patients", HostKind::Tenant, READ, || get(patients::api::list)),
    (Method::POST, "/api/v1/patients", HostKind::Tenant, WRITE, || post(patients::api::create)),
    (Method::GET, "/api/v1/patients/{id}", HostKind::Tenant, READ, || get(patients::api::read)),
    (Method::PATCH, "/api/v1/patients/{id}", HostKind::Tenant, WRITE, || patch(patients::api::change)),
    (Method::DELETE, "/api/v1/patients/{id}", HostKind::Tenant, WRITE, || delete(patients::api::remove)),
    (Method::GET, "/api/v1/patients/{id}/notes", HostKind::Tenant, READ, || get(notes::api::list)),
    (Method::POST, "/api/v1/patients/{id}/notes", HostKind::Tenant, WRITE, || post(notes::api::create)),
    (Method::GET, "/api/v1/patients/{id}/documents", HostKind::Tenant, READ, || get(documents::api::list)),
    (Method::POST, "/api/v1/patients/{id}/documents", HostKind::Tenant, WRITE, || post(documents::api::create)),
    (Method::GET, "/api/v1/documents/{id}", HostKind::Tenant, READ, || get(documents::api::download)),
    (Method::DELETE, "/api/v1/documents/{id}", HostKind::Tenant, WRITE, || delete(documents::api::remove)),
    (Method::GET, "/api/v1/appointments", HostKind::Tenant, READ, || get(appointments::api::list)),
    (Method::POST, "/api/v1/appointments", HostKind::Tenant, WRITE, || post(appointments::api::create)),
    (Method::GET, "/api/v1/appointments/{id}", HostKind::Tenant, READ, || get(appointments::api::read)),
    (Method::PATCH, "/api/v1/appointments/{id}", HostKind::Tenant, WRITE, || patch(appointments::api::change)),
    (Method::DELETE, "/api/v1/appointments/{id}", HostKind::Tenant, WRITE, || delete(appointments::api::remove)),
    (Method::GET, "/patients", HostKind::Tenant, SEE, || get(patients::pages::list)),
    (Method::GET, "/patients/new", HostKind::Tenant, SEND, || get(patients::pages::new)),
    (Method::POST, "/patients/new", HostKind::Tenant, SEND, || post(patients::pages::create)),
    (Method::GET, "/patients/{id}", HostKind::Tenant, SEE, || get(patients::pages::show)),
    (Method::POST, "/patients/{id}", HostKind::Tenant, SEND, || post(patients::pages::change)),
    (Method::GET, "/patients/{id}/delete", HostKind::Tenant, SEND, || get(patients::pages::confirm)),
    (Method::POST, "/patients/{id}/delete", HostKind::Tenant, SEND, || post(patients::pages::remove)),
    (Method::POST, "/patients/{id}/notes", HostKind::Tenant, SEND, || post(notes::pages::create)),
    (Method::POST, "/patients/{id}/documents", HostKind::Tenant, SEND, || post(documents::pages::create)),
    (Method::GET, "/documents/{id}", HostKind::Tenant, SEE, || get(documents::api::download)),
    (Method::GET, "/documents/{id}/delete", HostKind::Tenant, SEND, || get(documents::pages::confirm)),
    (Method::POST, "/documents/{id}/delete", HostKind::Tenant, SEND, || post(documents::pages::remove)),
    (Method::GET, "/appointments", HostKind::Tenant, SEE, || get(appointments::pages::day)),
    (Method::POST, "/appointments", HostKind::Tenant, SEND, || post(appointments::pages::book)),
    (Method::GET, "/appointments/{id}", HostKind::Tenant, SEE, || get(appointments::pages::show)),
    (Method::POST, "/appointments/{id}", HostKind::Tenant, SEND, || post(appointments::pages::change)),
    (Method::GET, "/appointments/{id}/delete", HostKind::Tenant, SEND, || get(appointments::pages::confirm)),
    (Method::POST, "/appointments/{id}/delete", HostKind::Tenant, SEND, || post(appointments::pages::remove)),
];
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::get("/api/v1/patients", "Lists patients in the order they were added")
        .with(&[PAGED, SEARCH]).gives::<Listed<Patient>>(200),
    openapi::post("/api/v1/patients", "Adds a patient").takes::<PatientBody>().gives::<Patient>(201),
    openapi::get(PATIENT, "Reads a patient").with(&[IF_NONE_MATCH]).gives::<Patient>(200).gives_nothing(304),
    openapi::patch(PATIENT, "Changes what the body names of a patient")
        .with(&[IF_MATCH]).takes::<PatientPatch>().gives::<Patient>(200),
    openapi::delete(PATIENT, "Removes a patient with their notes, documents and appointments")
        .with(&[IF_MATCH]).gives_nothing(204),
    openapi::get("/api/v1/patients/{id}/notes", "Lists the notes on a patient, the newest first")
        .with(&[PAGED]).gives::<Listed<Note>>(200),
    openapi::post("/api/v1/patients/{id}/notes", "Adds a note on a patient, which stays as it is")
        .takes::<NoteBody>().gives::<Note>(201),
    openapi::get("/api/v1/patients/{id}/documents", "Lists a patient's documents, the newest first")
        .with(&[PAGED]).gives::<Listed<Document>>(200),
    openapi::post("/api/v1/patients/{id}/documents", "Adds a document to a patient: the body is the file itself")
        .with(&[FILE_NAME]).takes_bytes().gives::<Document>(201),
    openapi::get("/api/v1/documents/{id}", "Gives a document's file").gives_bytes(200, "*/*"),
    openapi::delete("/api/v1/documents/{id}", "Removes a document").gives_nothing(204),
    openapi::get("/api/v1/appointments", "Lists appointments, the earliest first")
        .with(&[APPOINTMENTS, PAGED]).gives::<Listed<Appointment>>(200),
    openapi::post("/api/v1/appointments", "Books an appointment").takes::<AppointmentBody>().gives::<Appointment>(201),
    openapi::get(APPOINTMENT, "Reads an appointment")
        .with(&[IF_NONE_MATCH]).gives::<Appointment>(200).gives_nothing(304),
    openapi::patch(APPOINTMENT, "Moves, cancels or otherwise changes an appointment")
        .with(&[IF_MATCH]).takes::<AppointmentPatch>().gives::<Appointment>(200),
    openapi::delete(APPOINTMENT, "Removes an appointment, as if it had never been").with(&[IF_MATCH]).gives_nothing(204),
];

pub(crate) use self::{
    desk::Desk,
    listing::PageEnd,
    patient::{NewPatient, Patient, is_phone},
    store::insert_new,
};

const PATIENT: &str = "/api/v1/patients/{id}";
const APPOINTMENT: &str = "/api/v1/appointments/{id}";
const FILE_NAME: &[Parameter] = &[openapi::query("name", Kind::Text, "What the file is called").required()];
const APPOINTMENTS: &[Parameter] = &[
    openapi::query("from", Kind::Day, "The first day, in UTC"),
    openapi::query("to", Kind::Day, "The last day, in UTC"),
    openapi::query("patient_id", Kind::Id, "Whose"),
    openapi::query("clinician_id", Kind::Id, "With whom"),
];
