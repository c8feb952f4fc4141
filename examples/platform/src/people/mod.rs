//! People, platform-wide: identities, memberships, invitations, teams, passwords, sessions, tokens and API keys.

pub(crate) mod api_key;
mod argon;
pub(crate) mod auth;
pub(crate) mod clinics;
mod email;
mod identity;
pub(crate) mod invitations;
pub(crate) mod log_in;
pub(crate) mod me;
pub(crate) mod members;
mod password;
mod role;
pub(crate) mod session;
pub(crate) mod teams;
pub(crate) mod ticket;
mod token;

use axum::{http::Method, routing::post};

use crate::{
    openapi::{self, Operation},
    routes::{Access, HostKind, Row},
};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::POST, "/api/v1/auth/login", HostKind::Tenant, Access::Public, || post(log_in::log_in)),
    (Method::POST, "/api/v1/auth/refresh", HostKind::Tenant, Access::Public, || post(log_in::refresh)),
    (Method::POST, "/api/v1/auth/logout", HostKind::Tenant, Access::Public, || post(log_in::log_out)),
];
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::post("/api/v1/auth/login", "Logs a member of the clinic in")
        .takes::<log_in::LogInBody>().gives::<log_in::Grant>(200),
    openapi::post("/api/v1/auth/refresh", "Takes a refresh token and gives the next pair of tokens")
        .about("A token that comes a second time ends the session.")
        .takes::<log_in::RefreshBody>().gives::<log_in::Grant>(200),
    openapi::post("/api/v1/auth/logout", "Ends the session of a refresh token")
        .takes::<log_in::RefreshBody>().gives_nothing(204),
];

pub use self::role::Permission;
pub(crate) use self::{
    auth::{Caller, Way},
    email::{Email, FIX as EMAIL_FIX},
    identity::{
        add_identity, add_membership, begun_owner, find_identity, first_owner, forget_members, set_first_password,
    },
    password::{Passwords, weakness},
    role::Role,
    session::sweep as sweep_sessions,
    token::Tokens,
};
