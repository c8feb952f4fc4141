//! The reference server over HTTP, the same on both databases.

mod block;
mod commands;
mod contract;
mod doctor;
mod errors;
mod fleet_of_nodes;
mod forge;
mod guard;
mod hosts;
mod identity;
mod import;
mod import_cases;
mod isolation;
mod kill;
mod lifecycle;
mod logs;
mod matrix;
mod mvp;
mod operate;
mod quota;
mod raw;
