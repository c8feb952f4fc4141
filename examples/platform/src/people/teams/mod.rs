//! Teams of a clinic's members.
//!
//! They stand in the clinic's own place and name people by their ids. Who is no member of the clinic is in none of them,
//! whatever stands there.

mod api;
mod change;
mod page;
mod store;

use axum::{
    http::Method,
    routing::{delete, get, patch, post, put},
};

pub(super) use self::change::forget;
use crate::{
    people::Permission,
    routes::{Access, HostKind, Row},
};

const SEE: Permission = Permission::ReadClinic;
const MANAGE: Permission = Permission::ManageMembers;
const TEAM: &str = "/api/v1/teams/{id}";
const TEAM_MEMBER: &str = "/api/v1/teams/{id}/members/{identity}";

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/api/v1/teams", HostKind::Tenant, Access::Member(SEE), || get(api::list)),
    (Method::POST, "/api/v1/teams", HostKind::Tenant, Access::Member(MANAGE), || post(api::create)),
    (Method::GET, TEAM, HostKind::Tenant, Access::Member(SEE), || get(api::read)),
    (Method::PATCH, TEAM, HostKind::Tenant, Access::Member(MANAGE), || patch(api::rename)),
    (Method::DELETE, TEAM, HostKind::Tenant, Access::Member(MANAGE), || delete(api::remove)),
    (Method::PUT, TEAM_MEMBER, HostKind::Tenant, Access::Member(MANAGE), || put(api::add_member)),
    (Method::DELETE, TEAM_MEMBER, HostKind::Tenant, Access::Member(MANAGE), || delete(api::remove_member)),
    (Method::GET, "/teams", HostKind::Tenant, Access::Page(SEE), || get(page::list)),
    (Method::POST, "/teams", HostKind::Tenant, Access::Page(MANAGE), || post(page::create)),
    (Method::GET, "/teams/{id}", HostKind::Tenant, Access::Page(SEE), || get(page::read)),
    (Method::POST, "/teams/{id}", HostKind::Tenant, Access::Page(MANAGE), || post(page::rename)),
    (Method::POST, "/teams/{id}/remove", HostKind::Tenant, Access::Page(MANAGE), || post(page::remove)),
    (Method::POST, "/teams/{id}/members", HostKind::Tenant, Access::Page(MANAGE), || post(page::add_member)),
    (Method::POST, "/teams/{id}/members/{identity}/remove", HostKind::Tenant, Access::Page(MANAGE), || post(page::remove_member)),
];
