//! A small harness for groups of cases that are compared with one another.
//!
//! The cases of a group are measured in turn, round by round, so that what else the machine does meets the floor and
//! what is compared with it alike. Of each case the median over the rounds is reported, in nanoseconds for one
//! operation. Each operation's value goes through [`black_box`](std::hint::black_box); asynchronous ones run on one
//! current-thread Tokio runtime, and entering it is not in the time.

mod arguments;
mod cases;
mod effort;
mod measure;
mod report;
mod ring;
mod run;

pub use self::{
    cases::Cases,
    effort::Effort,
    ring::Ring,
    run::{Group, run},
};

/// What a bench can fail with.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
