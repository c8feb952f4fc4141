//! The cases, each an ordinary use of scopes on two tenants that have the same ids.

mod concurrency;
mod errors;
mod places;
mod reads;
mod refused;
mod transactions;
mod walls;
mod writes;

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::stage::{NORTH, SOUTH, Stage};
use crate::{Error, portable::Query};

pub(super) async fn run(stage: &mut Stage<'_>) {
    stage.case("rows are made, read, changed and deleted", writes::rows).await;
    stage.case("statements without WHERE", writes::without_where).await;
    stage.case("RETURNING", writes::returning).await;
    stage.case("upserts", writes::upserts).await;
    stage.case("deletes cascade", writes::cascades).await;
    stage.case("joins", reads::joins).await;
    stage.case("sub-queries and sets", reads::sets).await;
    stage.case("aggregates", reads::aggregates).await;
    stage.case("NULLs", reads::nulls).await;
    stage.case("latest 20", reads::pages).await;
    stage.case("reference tables", reads::reference).await;
    stage.case("qualified names", reads::qualified).await;
    stage.case("transactions", transactions::plain).await;
    stage.case("nested transactions", transactions::nested).await;
    stage.case("failing statements", transactions::failing).await;
    stage.case("constraints", errors::constraints).await;
    stage.case("mistakes", errors::mistakes).await;
    stage.case("refused statements", refused::statements).await;
    stage.case("another tenant's id", walls::foreign_id).await;
    stage.case("another tenant's rows", walls::foreign_rows).await;
    stage.case("50 tasks of 20 tenants", concurrency::fifty_tasks).await;
    stage.case("where rows are", places::rows).await;
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// A time that every database keeps as it is.
fn at(minute: i64) -> OffsetDateTime {
    // The first minute of 2026.
    OffsetDateTime::UNIX_EPOCH + Duration::seconds(1_767_225_600) + Duration::minutes(minute)
}

const ADD_PATIENT: &str = "INSERT INTO patients (id, name, email, country, created_at) VALUES ($1, $2, $3, $4, $5)";

/// Fills in [`ADD_PATIENT`].
fn patient<'q>(query: Query<'q>, n: u128, name: &str, email: Option<&str>) -> Query<'q> {
    let email = email.map(str::to_owned);
    query.bind(id(n)).bind(name.to_owned()).bind(email).bind("de".to_owned()).bind(at(0))
}

const ADD_VISIT: &str = "INSERT INTO visits (id, patient_id, reason, fee, seen_at) VALUES ($1, $2, $3, $4, $5)";

/// Fills in [`ADD_VISIT`].
fn visit<'q>(query: Query<'q>, n: i64, of: u128, reason: &str, fee: i64) -> Query<'q> {
    query.bind(n).bind(id(of)).bind(reason.to_owned()).bind(fee).bind(at(n))
}

/// Adds two patients with visits to each of two tenants, under the same ids.
async fn clinics(stage: &Stage<'_>) -> Result<(), Error> {
    for (who, names) in [(NORTH, ["Ann", "Ben"]), (SOUTH, ["Zoe", "Yan"])] {
        let mut scope = stage.conn(who).await?;
        for (n, name) in (1..).zip(names) {
            let email = format!("{name}@example.org");
            patient(scope.query(ADD_PATIENT), n, name, Some(&email)).execute().await?;
        }
        // The second tenant's fees are other than the first's, so that a sum over both shows.
        let factor = if who == NORTH { 1 } else { 1_000 };
        for (n, reason, fee) in [(1, "cough", 10), (2, "fever", 20), (3, "cough", 30)] {
            visit(scope.query(ADD_VISIT), n, 1, reason, fee * factor).execute().await?;
        }
    }
    Ok(())
}

/// Notes what each of two tenants has now.
async fn patients(stage: &mut Stage<'_>, step: &str) -> Result<(), Error> {
    for (who, name) in [(NORTH, "north"), (SOUTH, "south")] {
        let mut scope = stage.conn(who).await?;
        let all = scope.query("SELECT tenant_id, id, name, email FROM patients ORDER BY id").fetch_all().await;
        stage.rows(&format!("patients {step}, {name}"), "tenant_id:tenant id:uuid name email", all);
    }
    Ok(())
}

/// Notes the visits that each of two tenants has now.
async fn visits(stage: &mut Stage<'_>, step: &str) -> Result<(), Error> {
    for (who, name) in [(NORTH, "north"), (SOUTH, "south")] {
        let mut scope = stage.conn(who).await?;
        let all = scope.query("SELECT tenant_id, id, reason, fee FROM visits ORDER BY id").fetch_all().await;
        stage.rows(&format!("visits {step}, {name}"), "tenant_id:tenant id:int reason fee:int", all);
    }
    Ok(())
}
