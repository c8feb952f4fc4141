//! The layer and its parts through their public interfaces.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod agreement;
mod allocation;
#[cfg(feature = "axum")]
mod axum;
mod cache;
mod hosts;
mod invalidation;
mod propagation;
mod refusals;
mod single_flight;
mod support;
