//! The reference server over HTTP, the same on both databases.

mod block;
mod clinic_appointments;
mod clinic_documents;
mod clinic_limits;
mod clinic_notes;
mod clinic_pages;
mod clinic_support;
mod commands;
mod contract;
mod doctor;
mod errors;
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
