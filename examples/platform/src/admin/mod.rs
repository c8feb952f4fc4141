//! The operators' pages and API: which clinics there are, how they fare, and what is to be done about it.

mod api;
mod change;
mod find;
mod fleet;
mod journal;
mod overview;
mod tenant_page;
mod tenants_page;

use axum::{
    http::Method,
    routing::{delete, get, patch, post, put},
};

use crate::routes::{Access, HostKind, Row};

const ADMIN: HostKind = HostKind::Admin;
const API: Access = Access::Operator;
const PAGE: Access = Access::OperatorPage;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/", ADMIN, PAGE, || get(overview::show)),
    (Method::GET, "/tenants", ADMIN, PAGE, || get(tenants_page::list)),
    (Method::GET, "/tenants.csv", ADMIN, PAGE, || get(tenants_page::csv)),
    (Method::GET, "/tenants/new", ADMIN, PAGE, || get(tenants_page::new)),
    (Method::POST, "/tenants/new", ADMIN, PAGE, || post(tenants_page::create)),
    (Method::GET, "/tenants/{id}", ADMIN, PAGE, || get(tenant_page::show)),
    (Method::POST, "/tenants/{id}/{change}", ADMIN, PAGE, || post(tenant_page::take_form)),
    (Method::GET, "/fleet", ADMIN, PAGE, || get(fleet::show)),
    (Method::POST, "/fleet/doctor", ADMIN, PAGE, || post(fleet::examine)),
    (Method::GET, "/audit", ADMIN, PAGE, || get(journal::show)),

    (Method::GET, "/api/v1/tenants", ADMIN, API, || get(api::list)),
    (Method::POST, "/api/v1/tenants", ADMIN, API, || post(api::create)),
    (Method::GET, "/api/v1/tenants/{id}", ADMIN, API, || get(api::read)),
    (Method::PATCH, "/api/v1/tenants/{id}", ADMIN, API, || patch(api::change)),
    (Method::POST, "/api/v1/tenants/{id}/suspend", ADMIN, API, || post(api::suspend)),
    (Method::POST, "/api/v1/tenants/{id}/resume", ADMIN, API, || post(api::resume)),
    (Method::POST, "/api/v1/tenants/{id}/close", ADMIN, API, || post(api::close)),
    (Method::POST, "/api/v1/tenants/{id}/reopen", ADMIN, API, || post(api::reopen)),
    (Method::PUT, "/api/v1/tenants/{id}/limits/{resource}", ADMIN, API, || put(api::set_limit)),
    (Method::DELETE, "/api/v1/tenants/{id}/limits/{resource}", ADMIN, API, || delete(api::clear_limit)),
    (Method::PUT, "/api/v1/tenants/{id}/features/{feature}", ADMIN, API, || put(api::set_feature)),
    (Method::DELETE, "/api/v1/tenants/{id}/features/{feature}", ADMIN, API, || delete(api::clear_feature)),
    (Method::GET, "/api/v1/fleet", ADMIN, API, || get(fleet::status)),
    (Method::GET, "/api/v1/fleet/doctor", ADMIN, API, || get(fleet::findings)),
    (Method::GET, "/api/v1/audit", ADMIN, API, || get(journal::list)),
];
