//! What a clinic sets for itself: a closed set of keys with defaults, stored only where they differ, with their history.

mod api;
mod key;
mod pages;
mod store;

use axum::{
    http::Method,
    routing::{get, patch, post},
};

pub(crate) use self::{
    key::{Group, Key},
    store::{apply, read, stored},
};
use crate::{
    openapi::{self, Operation, PAGED},
    people::Permission,
    routes::{Access, HostKind, Row},
};

const HOST: HostKind = HostKind::Tenant;
const MANAGE: Permission = Permission::ManageClinic;

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/api/v1/settings", HOST, Access::Member(Permission::ReadClinic), || get(api::show)),
    (Method::PATCH, "/api/v1/settings", HOST, Access::Member(MANAGE), || patch(api::change)),
    (Method::GET, "/api/v1/settings/history", HOST, Access::Member(Permission::ReadClinic), || get(api::history)),
    (Method::GET, "/api/v1/features", HOST, Access::Member(Permission::ReadClinic), || get(api::features)),
    (Method::GET, "/settings", HOST, Access::Page(MANAGE), || get(pages::show)),
    (Method::POST, "/settings", HOST, Access::Page(MANAGE), || post(pages::save)),
    (Method::POST, "/settings/slug", HOST, Access::Page(Permission::Rename), || post(pages::rename)),
];
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::get("/api/v1/settings", "Reads the clinic's settings").gives::<store::Settings>(200),
    openapi::patch("/api/v1/settings", "Changes what the body names of the settings")
        .takes::<store::Patch>().gives::<store::Settings>(200),
    openapi::get("/api/v1/settings/history", "Lists changes of settings and branding, the newest first")
        .with(&[PAGED]).gives::<api::SettingChanges>(200),
    openapi::get("/api/v1/features", "Lists what the clinic's plan and operators let it use")
        .gives::<api::FeatureList>(200),
];
