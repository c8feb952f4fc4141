//! From the single-user product to a clinic: what `nadia import-mvp` does, and made-up data to try it on.
//!
//! A source is read in the order of its keys, in one snapshot, and each of its rows either becomes a row of the clinic or is
//! dropped by a [`Rule`] that the report counts. The chain of hashes over what was read is noted in the ledger with each batch;
//! at the end the clinic's rows are read back, in the same order, and must give the same chain.

mod appointments;
mod chain;
mod dates;
mod demo;
mod documents;
mod encoding;
mod finding;
mod ids;
mod kind;
mod ledger;
mod link;
mod look;
mod notes;
mod patients;
mod run;
mod text;
mod verify;

pub(crate) use self::{
    demo::{Demo, write as write_demo},
    finding::{Findings, Rule},
    kind::Table,
    link::{Place, SourceError},
    run::{Clinic, ImportError, Observer, Outcome, check, import, preview},
};
