//! The reference server over HTTP, the same on both databases.

mod block;
mod contract;
mod errors;
mod forge;
mod hosts;
mod identity;
mod isolation;
mod kill;
mod lifecycle;
mod logs;
mod matrix;
mod quota;
