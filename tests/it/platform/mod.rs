//! The reference server over HTTP, the same on both databases.

mod contract;
mod errors;
mod forge;
mod isolation;
mod matrix;
