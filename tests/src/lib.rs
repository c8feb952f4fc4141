//! What the suites share: installations of their own on both databases, tenants and their contexts.
//!
//! PostgreSQL comes from `DATABASE_URL`, a superuser's URL, and the pooler before it from `PGBOUNCER_URL`, as `cargo xtask
//! test` sets them. A suite that needs one fails without it: a missing service is no reason to pass.

mod bed;
mod browser;
mod empty;
mod give_up;
mod http;
mod line;
mod people;
mod postgres;
mod process;
mod promise;
mod server;

pub use self::{
    bed::{Bed, PLACE, context, pool_of_one},
    browser::Browser,
    empty::Empty,
    give_up::GiveUpAfter,
    http::{Answer, Call, Http},
    line::{Line, slow_line},
    people::Joined,
    postgres::{PostgresTemplate, execute_as_superuser, fresh_database, pooler_url, postgres_url},
    process::{Ground, Outcome, Process},
    server::{BASE, Clinic, PASSWORD, Place, Server, sign_up_body},
};

/// Declares a test that runs once on PostgreSQL and once on SQLite, each with a fresh [`Bed`].
///
/// ```text
/// on_both_databases! {
///     async fn keeps_rows_apart(bed: Bed) { … }
/// }
/// ```
#[macro_export]
macro_rules! on_both_databases {
    ($(async fn $name:ident($bed:ident: $type:ty) $body:block)+) => {
        $crate::at_both_places! {$(
            async fn $name(place) {
                let $bed: $type = $crate::Bed::at(place).await;
                $body
            }
        )+}
    };
}
