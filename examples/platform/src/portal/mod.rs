//! The pages on a clinic's host: who is logged in there, and what stands around each page.

mod auth;
mod dashboard;
mod door;
mod journal;
mod visit;

use axum::{
    http::Method,
    routing::{get, post},
};

pub(crate) use self::{
    auth::{require, require_permission},
    door::open as log_in,
    visit::{Visit, brand, query_value},
};
use crate::{
    openapi::{self, Operation, PAGED},
    people::Permission,
    routes::{Access, HostKind, Row},
};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/", HostKind::Tenant, Access::Page(Permission::ReadClinic), || get(dashboard::show)),
    (Method::GET, "/login", HostKind::Tenant, Access::PublicPage, || get(door::show)),
    (Method::POST, "/login", HostKind::Tenant, Access::PublicPage, || post(door::log_in)),
    (Method::GET, "/enter", HostKind::Tenant, Access::PublicPage, || get(door::enter)),
    (Method::POST, "/logout", HostKind::Tenant, Access::Page(Permission::OwnAccount), || post(door::log_out)),
    (Method::GET, "/audit", HostKind::Tenant, Access::Page(Permission::ManageClinic), || get(journal::show)),
    (Method::GET, "/api/v1/audit", HostKind::Tenant, Access::Member(Permission::ManageClinic), || get(journal::list)),
];
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::get("/api/v1/audit", "Lists the clinic's audit, the newest entry first")
        .with(&[PAGED]).gives::<journal::AuditEntries>(200),
];
