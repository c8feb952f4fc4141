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
    people::Permission,
    routes::{Access, HostKind, Row},
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

pub(crate) use self::{
    desk::Desk,
    patient::{NewPatient, Patient, is_phone},
    store::insert_new,
};
