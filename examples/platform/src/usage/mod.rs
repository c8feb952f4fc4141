//! What clinics use: counted as requests come, measured in the background, kept by day.

mod gather;
mod handlers;
mod meter;
mod store;

use axum::{http::Method, routing::get};

pub(crate) use self::{
    gather::gather,
    meter::{Meters, count},
    store::{Period, days},
};
use crate::{
    openapi::{self, Kind, Operation, Parameter},
    people::Permission,
    routes::{Access, HostKind, Row},
};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/api/v1/usage", HostKind::Tenant, Access::Member(Permission::ReadClinic), || get(handlers::list)),
    (Method::GET, "/api/v1/usage.csv", HostKind::Tenant, Access::Member(Permission::ReadClinic), || get(handlers::csv)),
    (Method::GET, "/usage", HostKind::Tenant, Access::Page(Permission::ReadClinic), || get(handlers::show)),
    (Method::GET, "/usage.csv", HostKind::Tenant, Access::Page(Permission::ReadClinic), || get(handlers::page_csv)),
];
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::get("/api/v1/usage", "Says what the clinic used by day or month, and of what its plan limits")
        .with(&[PERIOD]).gives::<handlers::UsageAnswer>(200),
    openapi::get("/api/v1/usage.csv", "Gives what the clinic used by day or month as a table")
        .with(&[PERIOD]).gives_bytes(200, "text/csv"),
];

const PERIOD: &[Parameter] = &[
    openapi::query("from", Kind::Day, "The first day; 30 days ago by default"),
    openapi::query("to", Kind::Day, "The last day, up to 800 after the first; today by default"),
    openapi::query("by", Kind::OneOf(&["day", "month"]), "What a line is of"),
];

/// What is kept of a clinic by day: a sum of what was counted, or the last of what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Meter {
    Requests,
    Patients,
    Seats,
    Storage,
}

impl Meter {
    pub(crate) const ALL: [Self; 4] = [Self::Requests, Self::Patients, Self::Seats, Self::Storage];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Patients => "patients",
            Self::Seats => "seats",
            Self::Storage => "storage",
        }
    }
}
