//! The server from outside: what it does before and around the routes. The routes themselves are tested, on both
//! databases, in the workspace's `tests`.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod demo;
mod doors;
mod panics;
mod sessions;
mod support;
