//! Suites that cross crates, on real services.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod budget;
mod cancel;
mod conformance;
mod connections;
mod control;
mod cross;
mod doctor;
mod hooks;
mod macros;
mod nested;
mod platform;
mod pooler;
mod redis;
mod scopes;
mod strategies;
mod walls;
