mod answer;
mod cases;
mod differences;
mod report;
mod stage;
mod transcript;

use futures_util::{StreamExt, TryStreamExt, stream};
use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

use self::stage::Stage;
pub use self::{
    differences::{Difference, differences},
    report::Report,
};
use super::Cell;
use crate::Error;

const PLACE: &str = include_str!("place.sql");

/// The tables that the cases work on, a few of a clinic.
const TABLES: [&str; 5] = ["countries", "patients", "visits", "notes", "counters"];

/// How many tenants the concurrent case has; the others use the first two.
const TENANTS: usize = 20;

/// Returns the migrations of the tables that [`conformance`] works on.
#[must_use]
pub fn tables() -> Migrator {
    let place = Migration::new(1, "conformance".into(), MigrationType::Simple, PLACE.into_sql_str(), false);
    Migrator::with_migrations(vec![place])
}

/// Runs every case in a cell, with 20 tenants that it makes, and compares the answers with those that all cells give.
///
/// The tenants stay; run it on an installation made for tests.
///
/// # Errors
/// [`Error::Config`] when the installation lacks the tables of [`tables`]; what keeps a tenant from being made. What a
/// statement answers is in the report, errors included.
pub async fn conformance(cell: &Cell) -> Result<Report, Error> {
    let catalog = cell.installation().catalog();
    if let Some(missing) = TABLES.iter().find(|table| catalog.table(table).is_none()) {
        return Err(Error::Config(format!(
            "the installation has no table {missing:?}; provision one with the migrations of test_kit::tables"
        )));
    }
    // Four at a time: a database for each is made from a template, which takes its time on the server.
    let tenants: Vec<_> = stream::iter(0..TENANTS).map(|_| cell.make_tenant()).buffered(4).try_collect().await?;
    let mut stage = Stage::new(cell, &tenants);
    cases::run(&mut stage).await;
    Ok(Report::new(cell, stage.into_transcript()))
}
