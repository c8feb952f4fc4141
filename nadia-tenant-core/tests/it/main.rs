//! The crate through its public interface.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod aware;
mod cells;
mod ids;
mod records;
mod serde;
mod slugs;
mod statuses;
mod stores;
#[cfg(feature = "tokio")]
mod tasks;
#[cfg(feature = "derive")]
mod ui;
