//! Group `schemas`: what it costs to run a statement as one of many tenants with a schema each, in nanoseconds from wanting a
//! connection to having it given back.
//!
//! There are 10,000 tenants (with `--quick` 500), each with a schema of two tables and one patient in it, who is looked up by
//! id. PostgreSQL runs beside, over TCP. One task.
//!
//! What is compared:
//! - `floor: one schema` is plain sqlx on a connection that is held for ever, whose search path leads to one schema. It is the
//!   floor of a scope whose connection last served the tenant, and of all others, as the change of schema is a price of
//!   this strategy.
//! - `peer: SET search_path` sets the path before each statement, on one connection; `peer: qualified names` writes the schema into
//!   the statement. Both go over schemas of their own, made alike but without row-level security, as those who trust
//!   schemas alone have them, and take the tenants in a mixed order.
//! - `nadia: scope` takes the tenants in the same mixed order, row-level security and all: on one connection, and on eight,
//!   of which each comes to a part of the tenants only.
//! - `floor: count` asks the ledger's table how many places are ready, on a connection that is held. `nadia: status` and `nadia:
//!   migrate, nothing to do` are asked of an installation whose places are all up to date.
//!
//! What the server's processes hold in memory after they touched all schemas is told besides, with and without the
//! recycling of connections.

use std::hint::black_box;

use nadia_benches::{Cases, Effort, Error, Ring};
use nadia_tenant_core::{Isolation, TenantContext};
use nadia_tenant_sqlx::{ConnectionLimits, Installation, TenantDb};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres};
use uuid::Uuid;

use super::{fleet, make};
use crate::groups::database::{Database, migrator, run};

const TABLES: &str = "CREATE TABLE patients (tenant_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, \
                      PRIMARY KEY (tenant_id, id)); \
                      CREATE TABLE visits (tenant_id uuid NOT NULL, id uuid NOT NULL, patient uuid NOT NULL, \
                      PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, patient) REFERENCES patients (tenant_id, id))";
const LOOK_UP: &str = "SELECT name FROM patients WHERE id = $1";
const PATIENT: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);

pub(crate) fn prepare(cases: &mut Cases) -> Result<(), Error> {
    let count = match cases.effort() {
        Effort::Once => 8,
        Effort::Quick => 500,
        Effort::Full => 10_000,
    };
    let database = Database::make(cases, "schemas")?;
    let installation = cases.block_on(open(&database, 8, usize::MAX))?;
    let begun = std::time::Instant::now();
    let tenants = make(cases, &installation, count, Isolation::Schema)?;
    cases.note(format_args!("{count} schemas of 2 tables were made in {:.1} s", begun.elapsed().as_secs_f64()))?;
    cases.block_on(fill(&database, &tenants))?;

    let floor = format!("floor: one schema, {count} schemas");
    let mut connection = cases.block_on(database.connect())?;
    cases.block_on(run(&mut connection, format!("SET search_path = {}", plain(0))))?;
    cases.add_async(&floor, &floor, async move || look_up(&mut connection, LOOK_UP).await);
    let one = cases.block_on(open(&database, 1, usize::MAX))?;
    let (db, context) = (tenant_db(&one)?, tenants[0].clone());
    cases.add_async(format!("nadia: scope, same tenant, {count} schemas"), &floor, async move || {
        scope(&db, &context).await
    });

    let (mut connection, mut numbers) = (cases.block_on(database.connect())?, Ring::new(0..count));
    cases.add_async(format!("peer: SET search_path, {count} schemas"), &floor, async move || {
        run(&mut connection, format!("SET search_path = {}", plain(*numbers.turn()))).await?;
        look_up(&mut connection, LOOK_UP).await
    });
    let (mut connection, mut numbers) = (cases.block_on(database.connect())?, Ring::new(0..count));
    cases.add_async(format!("peer: qualified names, {count} schemas"), &floor, async move || {
        let sql = format!("SELECT name FROM {}.patients WHERE id = $1", plain(*numbers.turn()));
        let query = sqlx::query_as(AssertSqlSafe(sql)).persistent(false);
        let row: (String,) = query.bind(PATIENT).fetch_one(&mut connection).await?;
        black_box(row);
        Ok(())
    });
    let other = cases.block_on(open(&database, 1, usize::MAX))?;
    let (db, mut contexts) = (tenant_db(&other)?, Ring::new(tenants.iter().cloned()));
    cases.add_async(format!("nadia: scope, other tenant, 1 connection, {count} schemas"), &floor, async move || {
        scope(&db, contexts.turn()).await
    });
    let (db, mut contexts) = (tenant_db(&installation)?, Ring::new(tenants.iter().cloned()));
    // One task needs one connection; so that there are eight, eight are wanted at once.
    cases.block_on(async {
        let mut held = Vec::new();
        for context in tenants.iter().take(8) {
            held.push(db.conn(context).await?);
        }
        Ok::<_, Error>(())
    })?;
    cases.add_async(format!("nadia: scope, other tenant, 8 connections, {count} schemas"), &floor, async move || {
        scope(&db, contexts.turn()).await
    });

    cases.block_on(memory(cases, &database, &tenants))?;
    let count_floor = format!("floor: count, {} places", count + 1);
    let mut connection = cases.block_on(database.connect())?;
    cases.add_slow(&count_floor, &count_floor, async move || {
        let begun = std::time::Instant::now();
        let ready: i64 = sqlx::query_scalar("SELECT count(*) FROM nadia_control.places WHERE state = 'ready'")
            .fetch_one(&mut connection)
            .await?;
        black_box(ready);
        Ok(begun.elapsed())
    });
    fleet::up_to_date(cases, &installation, &count_floor, &format!("{} places", count + 1));
    cases.finally(async move {
        for installation in [installation, one, other] {
            installation.close().await;
        }
        Ok(())
    });
    Ok(())
}

/// Opens connections that are closed after `max_places` schemas.
async fn open(database: &Database, max_connections: usize, max_places: usize) -> Result<Installation, Error> {
    let limits = ConnectionLimits { max_connections, max_places, ..ConnectionLimits::default() };
    database.installation(&migrator([TABLES.to_owned()]), limits).await
}

fn tenant_db(installation: &Installation) -> Result<TenantDb<Postgres>, Error> {
    Ok(installation.postgres().ok_or("a PostgreSQL URL gives a PostgreSQL installation")?.clone())
}

/// Names a schema without row-level security.
fn plain(number: usize) -> String {
    format!("plain_{number}")
}

/// Puts a patient into each schema, and makes as many schemas by hand.
async fn fill(database: &Database, tenants: &[TenantContext]) -> Result<(), Error> {
    let mut superuser = database.connect().await?;
    for (number, context) in tenants.iter().enumerate() {
        let (own, plain) = (fleet::schema(context), plain(number));
        let values = format!("(tenant_id, id, name) VALUES ('{}', '{PATIENT}', 'Patient')", context.tenant().id());
        let sql = format!(
            "INSERT INTO {own}.patients {values}; CREATE SCHEMA {plain}; SET search_path = {plain}; {TABLES};
             INSERT INTO patients {values}"
        );
        run(&mut superuser, sql).await?;
    }
    run(&mut superuser, "VACUUM ANALYZE pg_class, pg_attribute, pg_namespace, pg_index, pg_policy, pg_attrdef".into())
        .await?;
    Ok(superuser.close().await?)
}

async fn look_up(connection: &mut PgConnection, sql: &'static str) -> Result<(), Error> {
    let row: (String,) = sqlx::query_as(sql).bind(PATIENT).fetch_one(connection).await?;
    black_box(row);
    Ok(())
}

async fn scope(db: &TenantDb<Postgres>, context: &TenantContext) -> Result<(), Error> {
    let mut conn = db.conn(context).await?;
    let row: (String,) = sqlx::query_as(LOOK_UP).bind(PATIENT).fetch_one(&mut conn).await?;
    black_box(row);
    Ok(())
}

/// Tells what the server's process of one connection holds when it served all tenants.
async fn memory(cases: &Cases, database: &Database, tenants: &[TenantContext]) -> Result<(), Error> {
    let mut superuser = database.connect().await?;
    for max_places in [usize::MAX, 1_000] {
        let installation = open(database, 1, max_places).await?;
        let db = tenant_db(&installation)?;
        let mut most = 0;
        for (at, context) in tenants.iter().enumerate() {
            scope(&db, context).await?;
            if at % 100 == 98 || at + 1 == tenants.len() {
                most = most.max(private_memory(&mut superuser, database).await?);
            }
        }
        installation.close().await;
        let recycled = if max_places == usize::MAX {
            "never recycled".to_owned()
        } else {
            format!("recycled after {max_places} schemas")
        };
        let count = tenants.len();
        cases.note(format_args!(
            "a connection that serves {count} schemas, {recycled}: at most {} MB of private memory",
            most / 1_000
        ))?;
    }
    Ok(superuser.close().await?)
}

/// Returns the private memory, in kB, of the server's process that holds most of it, of those that serve tenants.
async fn private_memory(superuser: &mut PgConnection, database: &Database) -> Result<u64, Error> {
    let query = sqlx::query_scalar("SELECT pid FROM pg_stat_activity WHERE usename = $1 AND datname = $2");
    let pids: Vec<i32> = query.bind(database.app()).bind(database.name()).fetch_all(superuser).await?;
    // Where the server is elsewhere, or the system isn't Linux, it is told as nothing.
    let anonymous = |pid: i32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()
    };
    Ok(pids.into_iter().filter_map(anonymous).max().unwrap_or_default())
}
