//! The server from outside: what it does before and around the routes. The routes themselves are tested, on both
//! databases, in the workspace's `tests`.

mod demo;
mod panics;
mod support;
