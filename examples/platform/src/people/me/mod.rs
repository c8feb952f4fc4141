//! What somebody sees and changes of themselves.

mod account;
mod api;
mod page;
mod store;

use axum::{
    http::Method,
    routing::{delete, get, patch, post},
};

use crate::{
    openapi::{self, Operation},
    people::Permission,
    routes::{Access, HostKind, Row},
};

const OWN: Permission = Permission::OwnAccount;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/api/v1/me", HostKind::Tenant, Access::Member(Permission::ReadClinic), || get(api::read)),
    (Method::PATCH, "/api/v1/me", HostKind::Tenant, Access::Member(OWN), || patch(api::rename)),
    (Method::POST, "/api/v1/me/password", HostKind::Tenant, Access::Member(OWN), || post(api::change_password)),
    (Method::GET, "/api/v1/me/sessions", HostKind::Tenant, Access::Member(OWN), || get(api::sessions)),
    (Method::DELETE, "/api/v1/me/sessions/{id}", HostKind::Tenant, Access::Member(OWN), || delete(api::end_session)),
    (Method::GET, "/me", HostKind::Tenant, Access::Page(OWN), || get(page::show)),
    (Method::POST, "/me", HostKind::Tenant, Access::Page(OWN), || post(page::rename)),
    (Method::POST, "/me/password", HostKind::Tenant, Access::Page(OWN), || post(page::change_password)),
    (Method::POST, "/me/sessions/{id}/end", HostKind::Tenant, Access::Page(OWN), || post(page::end_session)),
];
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::get("/api/v1/me", "Says who asks, and what they may do here").gives::<api::Me>(200),
    openapi::patch("/api/v1/me", "Changes what one is called").takes::<account::NameBody>().gives::<api::Me>(200),
    openapi::post("/api/v1/me/password", "Changes one's password, which ends all one's other sessions")
        .takes::<account::PasswordBody>().gives_nothing(204),
    openapi::get("/api/v1/me/sessions", "Lists one's sessions at the clinic").gives::<api::SessionList>(200),
    openapi::delete("/api/v1/me/sessions/{id}", "Ends one of one's sessions").gives_nothing(204),
];
