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
