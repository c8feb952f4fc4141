//! The reference server over HTTP, the same on both databases.

mod api_keys;
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
mod invitations;
mod isolation;
mod kill;
mod lifecycle;
mod logs;
mod matrix;
mod me;
mod members;
mod operate;
mod quota;
mod raw;
mod teams;
