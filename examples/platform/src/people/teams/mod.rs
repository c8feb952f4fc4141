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
    openapi::{self, Operation},
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
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::get("/api/v1/teams", "Lists the clinic's teams by their names").gives::<api::TeamList>(200),
    openapi::post("/api/v1/teams", "Makes a team").takes::<change::TeamBody>().gives::<change::TeamDetail>(201),
    openapi::get(TEAM, "Reads a team and who is in it").gives::<change::TeamDetail>(200),
    openapi::patch(TEAM, "Gives a team another name").takes::<change::TeamBody>().gives::<change::TeamDetail>(200),
    openapi::delete(TEAM, "Removes a team; its members stay").gives_nothing(204),
    openapi::put(TEAM_MEMBER, "Puts a member into a team").gives_nothing(204),
    openapi::delete(TEAM_MEMBER, "Takes a member out of a team").gives_nothing(204),
];
