//! API keys, for programs of a clinic.
//!
//! A key belongs to the clinic, not to who made it, and stays when they go. It is shown once; of its secret only the SHA-256
//! is kept, which can't be searched: it has 256 random bits.

mod api;
mod change;
mod page;
mod store;
mod token;
mod verify;

use axum::{
    http::Method,
    routing::{delete, get, post},
};

pub(crate) use self::{token::looks_like_one, verify::verify};
use crate::{
    openapi::{self, Operation},
    people::Permission,
    routes::{Access, HostKind, Row},
};

const MANAGE: Permission = Permission::ManageMembers;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/api/v1/api-keys", HostKind::Tenant, Access::Member(MANAGE), || get(api::list)),
    (Method::POST, "/api/v1/api-keys", HostKind::Tenant, Access::Member(MANAGE), || post(api::create)),
    (Method::DELETE, "/api/v1/api-keys/{id}", HostKind::Tenant, Access::Member(MANAGE), || delete(api::revoke)),
    (Method::GET, "/api-keys", HostKind::Tenant, Access::Page(MANAGE), || get(page::list)),
    (Method::POST, "/api-keys", HostKind::Tenant, Access::Page(MANAGE), || post(page::create)),
    (Method::POST, "/api-keys/{id}/revoke", HostKind::Tenant, Access::Page(MANAGE), || post(page::revoke)),
];
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::get("/api/v1/api-keys", "Lists the clinic's keys").gives::<api::ApiKeyList>(200),
    openapi::post("/api/v1/api-keys", "Makes a key, whose text is shown this once")
        .takes::<change::ApiKeyBody>().gives::<api::CreatedApiKey>(201),
    openapi::delete("/api/v1/api-keys/{id}", "Revokes a key").gives_nothing(204),
];
