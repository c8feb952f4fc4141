//! Compares a live database with the catalog, and says what leaks or would leak, why, and what mends it.

mod check;
mod diagnosis;
mod finding;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
// Apart, since clippy knows a test module by this attribute alone.
#[cfg(test)]
#[cfg(all(feature = "postgres", feature = "sqlite"))]
mod tests;

#[cfg(feature = "postgres")]
pub(crate) use self::postgres::{Expected, examine_pooler, examine_postgres};
#[cfg(feature = "sqlite")]
pub(crate) use self::sqlite::{ExpectedFile, examine_sqlite};
pub use self::{
    diagnosis::Diagnosis,
    finding::{Finding, Severity},
};
