//! The operators' pages and API: what there is, and what is to be done about it.

mod overview;

use axum::{http::Method, routing::get};

use crate::routes::{Access, HostKind, Row};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/", HostKind::Admin, Access::OperatorPage, || get(overview::show)),
];
