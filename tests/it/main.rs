//! Suites that cross crates, on real services.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod cancel;
mod connections;
mod control;
mod macros;
mod platform;
mod pooler;
mod redis;
mod scopes;
mod walls;
