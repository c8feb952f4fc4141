//! Clinics as the platform sees them: how they come to be, move to other hosts and go.

pub(crate) mod former;
mod register;
mod remove;
mod rename;
mod sign_up;
mod view;
mod worker;

use axum::{
    http::Method,
    routing::{get, post},
};

pub(crate) use self::{
    former::{FormerHosts, slugs as former_slugs},
    register::{NewClinic, Owner, Registered, enter_owner, is_taken, register, slug_taken},
    remove::{is_removal_begun, remove},
    rename::{lead_to, rename, reserve},
    sign_up::{host_url, slug},
    view::{TenantJson, instant},
    worker::finish_begun,
};
use crate::{
    openapi::{self, Operation},
    people::Permission,
    routes::{Access, HostKind, Row},
};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/", HostKind::Base, Access::PublicPage, || get(sign_up::show)),
    (Method::POST, "/signup", HostKind::Base, Access::PublicPage, || post(sign_up::take_form)),
    (Method::POST, "/api/v1/signup", HostKind::Base, Access::Public, || post(sign_up::sign_up)),
    (Method::POST, "/api/v1/slug", HostKind::Tenant, Access::Member(Permission::Rename), || post(rename::take)),
];
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::post("/api/v1/signup", "Makes a clinic and its owner")
        .about("202 says that the clinic is being made still; its host says so as well until it is there.")
        .takes::<sign_up::SignUpBody>()
        .gives::<sign_up::SignedUp<'_>>(201)
        .gives::<sign_up::SignedUp<'_>>(202),
    openapi::post("/api/v1/slug", "Gives the clinic another host; the one it had leads to it from then on")
        .takes::<rename::SlugBody>().gives::<rename::Renamed<'_>>(200),
];
