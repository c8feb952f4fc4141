//! Who belongs to a clinic.

mod api;
mod change;
mod page;
mod store;

use axum::{
    http::Method,
    routing::{delete, get, patch, post},
};

pub(super) use self::page::{Invited, show as show_page};
pub(crate) use self::store::{Member, find, list};
use crate::{
    openapi::{self, Operation, PAGED},
    people::Permission,
    routes::{Access, HostKind, Row},
};

const SEE: Permission = Permission::ReadClinic;
const MANAGE: Permission = Permission::ManageMembers;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/api/v1/members", HostKind::Tenant, Access::Member(SEE), || get(api::list)),
    (Method::PATCH, "/api/v1/members/{id}", HostKind::Tenant, Access::Member(MANAGE), || patch(api::change)),
    (Method::DELETE, "/api/v1/members/{id}", HostKind::Tenant, Access::Member(MANAGE), || delete(api::remove)),
    (Method::GET, "/members", HostKind::Tenant, Access::Page(SEE), || get(page::get)),
    (Method::POST, "/members/{id}/role", HostKind::Tenant, Access::Page(MANAGE), || post(page::change)),
    (Method::POST, "/members/{id}/remove", HostKind::Tenant, Access::Page(MANAGE), || post(page::remove)),
];
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::get("/api/v1/members", "Lists who belongs to the clinic").with(&[PAGED]).gives::<api::MemberList>(200),
    openapi::patch("/api/v1/members/{id}", "Gives a member another role, which ends their sessions")
        .takes::<change::MemberBody>().gives::<Member>(200),
    openapi::delete("/api/v1/members/{id}", "Removes a member; the person stays").gives_nothing(204),
];
