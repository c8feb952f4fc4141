//! Tests that a user runs too: what every place must answer alike, and what no tenant may do to another.
//!
//! # Conformance
//!
//! [`conformance`] runs the same statements in a [`Cell`]: an isolation on a database, with the walls that stand there. What
//! the cell answers is a text, and must be the one that is kept in this crate, whatever the isolation and the database. Where a
//! wall is missing, [`differences`] lists each answer that changes, and none other may. It runs on tables of its own,
//! [`tables`], so it is your configuration that it tests: hooks, limits, a pooler in between.
//!
//! # Isolation of your own tables
//!
//! [`assert_isolated`] needs nothing but the tables as your migrations make them. It writes rows as each of two tenants or more, and
//! then tries, as each, to read, change, move and overwrite those of the next. Run it on an installation made for tests.
//!
//! ```no_run
//! # use nadia_tenant_core::{Isolation, TenantContext};
//! # use nadia_tenant_sqlx::{DatabaseUrl, Error, Installation, InstallationConfig, test_kit};
//! # async fn run(mine: &sqlx::migrate::Migrator, tenants: [TenantContext; 2]) -> Result<(), Error> {
//! let url: DatabaseUrl = "sqlite:./test-data".parse()?;
//! let installation = Installation::provision(InstallationConfig::new(url, mine)).await?;
//! test_kit::IsolationCheck::new(&installation)
//!     // Foreign keys need a row that is there, enumerated types a label.
//!     .with_value("visits", "patient_id", |sample| sample.of("patients", "id"))
//!     .with_value("visits", "state", |_| "planned".into())
//!     .run(&tenants)
//!     .await?
//!     .assert_isolated();
//!
//! let url: DatabaseUrl = "sqlite:./test-cells".parse()?;
//! let installation = Installation::provision(InstallationConfig::new(url, &test_kit::tables())).await?;
//! let cell = test_kit::Cell::new("SQLite, shared", &installation, Isolation::Shared);
//! test_kit::conformance(&cell).await?.assert_conforms();
//! # Ok(()) }
//! ```

mod cell;
mod conformance;
mod isolation;

pub use self::{
    cell::{Cell, Wall},
    conformance::{Difference, Report, conformance, differences, tables},
    isolation::{Finding, IsolationCheck, IsolationReport, Sample, SampleValue, assert_isolated},
};
