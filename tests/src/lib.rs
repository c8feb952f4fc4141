//! What the suites share: installations of their own on both databases, tenants and their contexts.
//!
//! PostgreSQL comes from `DATABASE_URL`, a superuser's URL, as `cargo xtask test` sets it. A suite that needs it
//! fails without it: a missing service is no reason to pass.

mod bed;
mod http;
mod postgres;
mod process;
mod server;

pub use self::{
    bed::{Bed, context},
    http::{Answer, Call, Http},
    postgres::{PostgresTemplate, postgres_url},
    process::{Ground, Process},
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
    ($(async fn $name:ident($bed:ident: $type:ty) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "a case may need nothing from around it")]
            use super::*;

            async fn case($bed: $type) $body

            #[tokio::test]
            async fn postgres() {
                case($crate::Bed::postgres().await).await;
            }

            #[tokio::test]
            async fn sqlite() {
                case($crate::Bed::sqlite().await).await;
            }
        }
    )+};
}
