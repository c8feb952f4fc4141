//! The reference server over HTTP, the same on both databases.

mod block;
mod branding;
mod commands;
mod contract;
mod doctor;
mod errors;
mod export;
mod fleet_of_nodes;
mod forge;
mod guard;
mod hosts;
mod identity;
mod isolation;
mod kill;
mod lifecycle;
mod logs;
mod matrix;
mod operate;
mod quota;
mod raw;
mod rename;
mod settings;
