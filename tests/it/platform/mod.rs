//! The reference server over HTTP, the same on both databases.

mod contract;
mod errors;
mod forge;
mod identity;
mod isolation;
mod kill;
mod logs;
mod matrix;
mod quota;
