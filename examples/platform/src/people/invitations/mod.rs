//! Invitations: how somebody becomes a member of a clinic.
//!
//! The token of one is shown once, to who made it; only its SHA-256 is kept. One that is revoked, expired, used, of another
//! clinic or no token at all gets one answer.

mod accept;
mod api;
mod door;
mod invite;
mod page;
mod store;

use axum::{
    http::Method,
    routing::{delete, get, post},
};

pub(super) use self::{
    invite::revoke_beyond,
    store::{Invitation, open},
};
use crate::{
    openapi::{self, Operation},
    people::{Permission, log_in},
    routes::{Access, HostKind, Row},
};

const MANAGE: Permission = Permission::ManageMembers;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/api/v1/invitations", HostKind::Tenant, Access::Member(MANAGE), || get(api::list)),
    (Method::POST, "/api/v1/invitations", HostKind::Tenant, Access::Member(MANAGE), || post(api::create)),
    (Method::DELETE, "/api/v1/invitations/{id}", HostKind::Tenant, Access::Member(MANAGE), || delete(api::revoke)),
    (Method::POST, "/api/v1/invitations/accept", HostKind::Tenant, Access::Public, || post(api::accept)),
    (Method::POST, "/members/invite", HostKind::Tenant, Access::Page(MANAGE), || post(page::create)),
    (Method::POST, "/invitations/{id}/revoke", HostKind::Tenant, Access::Page(MANAGE), || post(page::revoke)),
    (Method::GET, "/invitation", HostKind::Tenant, Access::PublicPage, || get(door::show)),
    (Method::POST, "/invitation", HostKind::Tenant, Access::PublicPage, || post(door::take_form)),
];
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::get("/api/v1/invitations", "Lists the invitations that may be accepted").gives::<api::InvitationList>(200),
    openapi::post("/api/v1/invitations", "Invites an e-mail address, which takes a seat")
        .about("Nothing is sent: the `url` is for the caller to pass on.")
        .takes::<invite::InvitationBody>().gives::<api::CreatedInvitation>(201),
    openapi::delete("/api/v1/invitations/{id}", "Takes an invitation back").gives_nothing(204),
    openapi::post("/api/v1/invitations/accept", "Makes a member of who has the token, and logs them in")
        .takes::<accept::AcceptBody>().gives::<log_in::Grant>(200),
];
