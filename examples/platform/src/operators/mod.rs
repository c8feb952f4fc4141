//! Who runs the platform: their accounts, and their log-in on the host `admin.` of the base domain.

mod auth;
mod door;
mod store;
mod visit;

use axum::{
    http::Method,
    routing::{get, post},
};

pub(crate) use self::{
    auth::{Operator, require, require_page},
    store::{OperatorRecord, add, disable, list},
    visit::OperatorVisit,
};
use crate::{
    openapi::{self, Operation},
    people::log_in::LogInBody,
    routes::{Access, HostKind, Row},
};

/// The label of the operators' host. It is reserved, so that no clinic has it.
pub(crate) const HOST_LABEL: &str = "admin";

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/login", HostKind::Admin, Access::PublicPage, || get(door::show)),
    (Method::POST, "/login", HostKind::Admin, Access::PublicPage, || post(door::log_in)),
    (Method::POST, "/logout", HostKind::Admin, Access::OperatorPage, || post(door::log_out)),
    (Method::POST, "/api/v1/auth/login", HostKind::Admin, Access::Public, || post(door::api_log_in)),
    (Method::POST, "/api/v1/auth/logout", HostKind::Admin, Access::Operator, || post(door::api_log_out)),
];
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::post("/api/v1/auth/login", "Logs an operator in").takes::<LogInBody>().gives::<door::Grant>(200),
    openapi::post("/api/v1/auth/logout", "Ends the session that asks").gives_nothing(204),
];
