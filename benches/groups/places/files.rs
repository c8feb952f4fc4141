//! Group `files`: what it costs to run a statement as one of many tenants with an SQLite file each, in nanoseconds from
//! wanting a connection to having it given back.
//!
//! There are 10,000 tenants (with `--quick` 500), each with a file of one table and one patient in it, who is looked up by id,
//! one tenant after the other and round again: under a budget of 64 connections, so that no tenant's file is still open when
//! its turn comes. Every file's first turn comes before the measuring, and how many handles are open is counted all along:
//! the run fails if they are more than four for each connection of the budget and of the control database.
//!
//! What is compared:
//! - `floor: open, query, close` is plain sqlx that opens the file, with the same settings, reads and closes it again.
//! - `floor: count` asks the ledger's table how many places are at the target, on a connection that is held; it is the floor of
//!   what tells whether all places are up to date.

use std::{hint::black_box, path::Path, time::Instant};

use nadia_benches::{Cases, Effort, Error, Ring};
use nadia_tenant_core::{Isolation, TenantContext};
use nadia_tenant_sqlx::{ConnectionLimits, DatabaseUrl, Installation, InstallationConfig, TenantDb};
use sqlx::{
    ConnectOptions, Connection, Sqlite,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use tempfile::TempDir;
use uuid::Uuid;

use super::{fleet, make};
use crate::groups::database::migrator;

const TABLE: &str = "CREATE TABLE patients (tenant_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, \
                     PRIMARY KEY (tenant_id, id))";
const LOOK_UP: &str = "SELECT name FROM patients WHERE id = $1";
const PATIENT: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);
const BUDGET: usize = 64;

pub(crate) fn prepare(cases: &mut Cases) -> Result<(), Error> {
    let count = match cases.effort() {
        Effort::Once => 70,
        Effort::Quick => 500,
        Effort::Full => 10_000,
    };
    let folder = TempDir::new()?;
    let limits = ConnectionLimits { max_connections: BUDGET, ..ConnectionLimits::default() };
    let config = InstallationConfig::new(DatabaseUrl::sqlite(folder.path()), &migrator([TABLE.to_owned()]));
    let installation = cases.block_on(Installation::provision(config.with_limits(limits)))?;
    let begun = Instant::now();
    let tenants = make(cases, &installation, count, Isolation::Database)?;
    cases.note(format_args!("{count} files were made in {:.1} s", begun.elapsed().as_secs_f64()))?;
    let db = installation.sqlite().ok_or("an SQLite URL gives an SQLite installation")?.clone();
    let most = cases.block_on(fill(&db, &tenants))?;
    cases.note(format_args!("at most {most} handles were open while {count} files were served"))?;

    let floor = format!("floor: open, query, close, {count} files");
    let files = tenants.iter().map(|context| {
        let name = format!("{}.sqlite", context.tenant().id().as_uuid().simple());
        (options(&folder.path().join("tenants").join(name)), context.tenant().id().as_uuid())
    });
    let mut files = Ring::in_order(files);
    cases.add_async(&floor, &floor, async move || {
        let (options, tenant) = files.turn();
        let mut connection = options.connect().await?;
        let query = sqlx::query_as("SELECT name FROM patients WHERE tenant_id = $1 AND id = $2");
        let row: (String,) = query.bind(*tenant).bind(PATIENT).fetch_one(&mut connection).await?;
        black_box(row);
        Ok(connection.close().await?)
    });
    let mut contexts = Ring::in_order(tenants);
    cases.add_async(format!("nadia: scope, round robin, {count} files"), &floor, async move || {
        scope(&db, contexts.turn()).await
    });

    let count_floor = format!("floor: count, {} places", count + 1);
    let mut control = cases.block_on(options(&folder.path().join("control.sqlite")).connect())?;
    cases.add_slow(&count_floor, &count_floor, async move || {
        let begun = Instant::now();
        let ready: i64 =
            sqlx::query_scalar("SELECT count(*) FROM places WHERE state = 'ready'").fetch_one(&mut control).await?;
        black_box(ready);
        Ok(begun.elapsed())
    });
    fleet::up_to_date(cases, &installation, &count_floor, &format!("{} places", count + 1));
    cases.finally(async move {
        installation.close().await;
        Ok(folder.close()?)
    });
    Ok(())
}

/// What an installation opens a file with.
fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(file).journal_mode(SqliteJournalMode::Wal).foreign_keys(true)
}

/// Puts a patient into each file and reads it; returns how many handles were open at most.
async fn fill(db: &TenantDb<Sqlite>, tenants: &[TenantContext]) -> Result<usize, Error> {
    let mut most = 0;
    for context in tenants {
        let mut tx = db.begin(context).await?;
        let insert = sqlx::query("INSERT INTO patients (id, name) VALUES ($1, 'Patient')").bind(PATIENT);
        insert.execute(&mut tx).await?;
        tx.commit().await?;
    }
    for context in tenants {
        scope(db, context).await?;
        // Only Linux tells.
        most = most.max(std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count));
    }
    // A file, its journal and their shared memory, for each connection; the control database has connections of its own.
    let bound = 2 * BUDGET * 4;
    if most > bound { Err(format!("{most} handles are open, more than {bound}").into()) } else { Ok(most) }
}

async fn scope(db: &TenantDb<Sqlite>, context: &TenantContext) -> Result<(), Error> {
    let mut conn = db.conn(context).await?;
    let row: (String,) = sqlx::query_as(LOOK_UP).bind(PATIENT).fetch_one(&mut conn).await?;
    black_box(row);
    Ok(())
}
