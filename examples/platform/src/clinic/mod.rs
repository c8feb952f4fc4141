//! A clinic's own work: its patients.

mod patient;
pub(crate) mod patients;
mod precondition;
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

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/api/v1/patients", HostKind::Tenant, READ, || get(patients::list)),
    (Method::POST, "/api/v1/patients", HostKind::Tenant, WRITE, || post(patients::create)),
    (Method::GET, "/api/v1/patients/{id}", HostKind::Tenant, READ, || get(patients::read)),
    (Method::PATCH, "/api/v1/patients/{id}", HostKind::Tenant, WRITE, || patch(patients::change)),
    (Method::DELETE, "/api/v1/patients/{id}", HostKind::Tenant, WRITE, || delete(patients::remove)),
];

pub(crate) use self::{
    patient::{NewPatient, Patient, is_phone},
    store::insert_new,
};
