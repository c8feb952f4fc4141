//! The crate through its public interface. Time is a fake clock's; nothing waits.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod hashed;
#[cfg(feature = "layer")]
mod layer;
mod limit;
mod model;
mod plan_change;
mod plans;
mod support;
mod tenants;
