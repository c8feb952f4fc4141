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
