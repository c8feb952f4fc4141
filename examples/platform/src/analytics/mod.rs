//! Questions over all clinics, for operators: a closed set, asked of what is gathered in the control database, so that every
//! strategy answers alike. Each asks for a written reason and is audited.

mod handlers;
mod question;

use axum::{
    http::Method,
    routing::{get, post},
};

pub(crate) use self::question::{Answer, Question, ask, freshness};
use crate::{
    openapi::{self, Operation},
    routes::{Access, HostKind, Row},
};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::POST, "/api/v1/analytics", HostKind::Admin, Access::Operator, || post(handlers::answer)),
    (Method::GET, "/analytics", HostKind::Admin, Access::OperatorPage, || get(handlers::show)),
    (Method::POST, "/analytics", HostKind::Admin, Access::OperatorPage, || post(handlers::take_form)),
];
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::post("/api/v1/analytics", "Answers a question over all clinics, and notes it in the audit")
        .takes::<handlers::QuestionBody>().gives::<Answer>(200),
];
