//! Group `fleet`: what it costs to migrate many places, in nanoseconds for the whole fleet.
//!
//! There are 2,000 tenants with a schema each (with `--quick` 200), of one table. Each time, the next migration adds a
//! column to it: in the first tenant's schema, and then in the others', four at a time. PostgreSQL runs beside, over TCP. In the
//! time is everything from the call to the report, the connections that are opened included; reading the migrations and
//! migrating the shared place is not, as it happens when a program starts.
//!
//! What is compared:
//! - `floor: bare loop` sends `SET search_path` and `ALTER TABLE` in one message, and so in one transaction, for one schema after the
//!   other, on as many connections. It notes nothing, so it can't be taken up where it was cut short, and nobody can tell
//!   afterwards who is migrated.
//! - `peer: bare loop, two messages` sends the two in a message each, as a script does.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use nadia_benches::{Cases, Effort, Error};
use nadia_tenant_core::{Isolation, TenantContext};
use nadia_tenant_sqlx::{ConnectionLimits, Installation, MigrateOptions};
use sqlx::{Connection, migrate::Migrator};
use tokio::task::JoinSet;

use super::make;
use crate::groups::database::{Database, migrator, run};

const CONNECTIONS: usize = 4;

pub(crate) fn prepare(cases: &mut Cases) -> Result<(), Error> {
    let count = match cases.effort() {
        Effort::Once => 8,
        Effort::Quick => 200,
        Effort::Full => 2_000,
    };
    let database = Database::make(cases, "fleet")?;
    let installation = cases.block_on(database.installation(&step(0), ConnectionLimits::default()))?;
    let begun = Instant::now();
    let tenants = make(cases, &installation, count, Isolation::Schema)?;
    cases.note(format_args!("{count} schemas of 1 table were made in {:.1} s", begun.elapsed().as_secs_f64()))?;
    cases.block_on(installation.close());

    let floor = format!("floor: bare loop, {count} schemas");
    let schemas = Arc::new(tenants.iter().map(schema).collect::<Vec<_>>());
    for (name, messages) in [(floor.clone(), 1), (format!("peer: bare loop, two messages, {count} schemas"), 2)] {
        let (database, schemas, mut column) = (database.clone(), Arc::clone(&schemas), 0);
        cases.add_slow(name, &floor, async move || {
            column += 1;
            let begun = Instant::now();
            bare(&database, &schemas, &format!("by_hand_{messages}_{column}"), messages).await?;
            Ok(begun.elapsed())
        });
    }
    let (own, mut steps) = (database.clone(), 0);
    cases.add_slow(format!("nadia: migrate, {count} schemas"), &floor, async move || {
        steps += 1;
        let installation = own.installation(&step(steps), ConnectionLimits::default()).await?;
        let begun = Instant::now();
        let report = installation.migrate(&options(), &()).await?;
        let took = begun.elapsed();
        installation.close().await;
        match report.touched.len() {
            touched if touched == count && report.is_complete() => Ok(took),
            touched => Err(format!("{touched} places were migrated where {count} are: {:?}", report.stopped).into()),
        }
    });
    Ok(())
}

/// Adds the cases in which every place is up to date already.
pub(super) fn up_to_date(cases: &mut Cases, installation: &Installation, floor: &str, what: &str) {
    let own = installation.clone();
    cases.add_slow(format!("nadia: status, {what}"), floor, async move || {
        let begun = Instant::now();
        let status = own.migration_status().await?;
        if status.is_current() { Ok(begun.elapsed()) } else { Err(status.to_string().into()) }
    });
    let own = installation.clone();
    cases.add_slow(format!("nadia: migrate, nothing to do, {what}"), floor, async move || {
        let begun = Instant::now();
        let report = own.migrate(&options(), &()).await?;
        if report.run.is_none() { Ok(begun.elapsed()) } else { Err("there was something to migrate".into()) }
    });
}

fn options() -> MigrateOptions {
    let mut options = MigrateOptions::default();
    options.concurrency = CONNECTIONS;
    options
}

/// Returns the migrations up to this step.
fn step(last: usize) -> Migrator {
    let first =
        "CREATE TABLE patients (tenant_id uuid NOT NULL, id uuid NOT NULL, name text, PRIMARY KEY (tenant_id, id))";
    let columns = (1..=last).map(|number| format!("ALTER TABLE patients ADD COLUMN step_{number} text"));
    migrator(std::iter::once(first.to_owned()).chain(columns))
}

pub(super) fn schema(context: &TenantContext) -> String {
    format!("t_{}", context.tenant().id().as_uuid().simple())
}

/// Adds a column in each schema.
async fn bare(database: &Database, schemas: &Arc<Vec<String>>, column: &str, messages: usize) -> Result<(), Error> {
    let next = Arc::new(Mutex::new(0));
    let mut loops = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (database, schemas, next) = (database.clone(), Arc::clone(schemas), Arc::clone(&next));
        let alter = format!("ALTER TABLE patients ADD COLUMN {column} text");
        loops.spawn(async move {
            let mut connection = database.connect().await?;
            loop {
                let at = {
                    let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
                    *next += 1;
                    *next - 1
                };
                let Some(schema) = schemas.get(at) else { break };
                let path = format!("SET search_path = {schema}");
                let sent = if messages == 1 { vec![format!("{path}; {alter}")] } else { vec![path, alter.clone()] };
                for message in sent {
                    run(&mut connection, message).await?;
                }
            }
            Ok::<_, Error>(connection.close().await?)
        });
    }
    while let Some(ended) = loops.join_next().await {
        ended??;
    }
    Ok(())
}
