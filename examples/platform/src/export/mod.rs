//! A clinic takes out all that is kept of it: a ZIP, made in the background, that says itself whether it is whole.

mod api;
mod archive;
mod build;
mod job;
mod manifest;
mod pages;
mod tables;
mod verify;
mod worker;

use axum::{
    http::Method,
    routing::{delete, get, post},
};

pub(crate) use self::{
    verify::{Fault, Verdict, verify},
    worker::{Exporting, give_back, work},
};
use crate::{
    openapi::{self, Operation},
    people::Permission,
    routes::{Access, HostKind, Row},
};

const HOST: HostKind = HostKind::Tenant;
const API: Access = Access::Member(Permission::Export);
const PAGE: Access = Access::Page(Permission::Export);

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/api/v1/exports", HOST, API, || get(api::list)),
    (Method::POST, "/api/v1/exports", HOST, API, || post(api::create)),
    (Method::GET, "/api/v1/exports/{id}", HOST, API, || get(api::read)),
    (Method::DELETE, "/api/v1/exports/{id}", HOST, API, || delete(api::remove)),
    (Method::GET, "/api/v1/exports/{id}/download", HOST, API, || get(api::download)),
    (Method::GET, "/exports", HOST, PAGE, || get(pages::show)),
    (Method::POST, "/exports", HOST, PAGE, || post(pages::create)),
    (Method::POST, "/exports/{id}/remove", HOST, PAGE, || post(pages::remove)),
    (Method::GET, "/exports/{id}/download", HOST, PAGE, || get(pages::download)),
];
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::get("/api/v1/exports", "Lists the clinic's exports, the newest first").gives::<api::ExportList>(200),
    openapi::post("/api/v1/exports", "Asks for an export, which is made in the background").gives::<api::Export>(202),
    openapi::get("/api/v1/exports/{id}", "Says how far an export is").gives::<api::Export>(200),
    openapi::delete("/api/v1/exports/{id}", "Removes an export and its file").gives_nothing(204),
    openapi::get("/api/v1/exports/{id}/download", "Gives an export's file").gives_bytes(200, "application/zip"),
];
