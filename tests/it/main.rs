//! Suites that cross crates, on real services.

mod cancel;
mod connections;
mod control;
mod macros;
mod platform;
mod redis;
mod scopes;
mod walls;
