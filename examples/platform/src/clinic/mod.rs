//! A clinic's own work: its patients.

mod patient;
pub(crate) mod patients;
mod precondition;
mod store;

pub(crate) use self::{
    patient::{NewPatient, Patient},
    store::insert_new,
};
