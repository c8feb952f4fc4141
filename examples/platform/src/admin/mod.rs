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

use crate::{
    openapi::{self, Kind, Operation, Parameter},
    routes::{Access, HostKind, Row},
};

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
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::get("/api/v1/tenants", "Lists clinics in the order they were made")
        .with(&[TENANTS]).gives::<api::TenantList<'_>>(200),
    openapi::post("/api/v1/tenants", "Makes a clinic and its owner").takes::<change::TenantBody>().gives::<Detail>(201),
    openapi::get(TENANT, "Reads a clinic, its limits and its features").gives::<Detail>(200),
    openapi::patch(TENANT, "Changes a clinic's name or plan").takes::<change::TenantPatch>().gives::<Detail>(200),
    openapi::post("/api/v1/tenants/{id}/suspend", "Suspends a clinic").gives::<Detail>(200),
    openapi::post("/api/v1/tenants/{id}/resume", "Resumes a suspended clinic").gives::<Detail>(200),
    openapi::post("/api/v1/tenants/{id}/close", "Closes a clinic; when its grace has passed, what it kept is removed")
        .takes::<change::CloseBody>().gives::<Detail>(200),
    openapi::post("/api/v1/tenants/{id}/reopen", "Takes a closing back, as long as what the clinic kept is there")
        .gives::<Detail>(200),
    openapi::put(LIMIT, "Decides a limit for one clinic").takes::<change::LimitBody>().gives::<Detail>(200),
    openapi::delete(LIMIT, "Leaves a limit to the plan again").gives::<Detail>(200),
    openapi::put(FEATURE, "Decides whether one clinic has a feature").takes::<change::FeatureBody>().gives::<Detail>(200),
    openapi::delete(FEATURE, "Leaves a feature to the plan again").gives::<Detail>(200),
    openapi::get("/api/v1/fleet", "Says how far places are migrated, and which work is unfinished")
        .gives::<fleet::FleetAnswer>(200),
    openapi::get("/api/v1/fleet/doctor", "Looks for what is wrong, which may take a while")
        .gives::<fleet::DoctorAnswer>(200),
    openapi::get("/api/v1/audit", "Lists the newest entries of a clinic's audit, or of the platform's")
        .with(&[AUDIT]).gives::<journal::Entries>(200),
];

type Detail = api::TenantAnswer<'static>;

const TENANT: &str = "/api/v1/tenants/{id}";
const LIMIT: &str = "/api/v1/tenants/{id}/limits/{resource}";
const FEATURE: &str = "/api/v1/tenants/{id}/features/{feature}";
const TENANTS: &[Parameter] = &[
    openapi::query("search", Kind::Text, "A part of the name or slug"),
    openapi::query("after", Kind::Id, "`page.next` of the page before"),
];
const AUDIT: &[Parameter] = &[
    openapi::query("tenant", Kind::Id, "Whose; the platform's own without"),
    openapi::query("before", Kind::Number, "The number that the entries are to be before"),
];
