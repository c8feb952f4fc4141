//! Group `texts`: running what the guard wrote, in nanoseconds per statement, against the tenant's predicate written by hand.
//!
//! PostgreSQL without row-level security, so that nothing but the text differs; one connection a case, prepared; 1,000 tenants in
//! shared tables with indexes that begin with the tenant.
//!
//! What is compared:
//! - `floor: by hand` has `tenant_id = $2` at each table, where people write it. `nadia: guarded` is the guard's text of the statement
//!   without it.
//! - In `may raise` the statement has a condition that may raise an error, and so a fence. The `peer:` cases are other fences, which
//!   the guard could write.

use std::sync::Arc;

use nadia_benches::{Cases, Effort, Error};
use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{Catalog, Guard};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};
use uuid::Uuid;

use super::{
    database::{Database, run},
    guard::TABLES,
};

const TENANTS: u32 = 1_000;

/// A statement, and the same with the tenant written by hand; `$1` is a number.
struct Read {
    name: &'static str,
    sql: &'static str,
    by_hand: &'static str,
    others: &'static [(&'static str, &'static str)],
}

const READS: [Read; 5] = [
    Read {
        name: "look-up",
        sql: "SELECT name FROM patients WHERE id = $1",
        by_hand: "SELECT name FROM patients WHERE tenant_id = $2 AND id = $1",
        others: &[],
    },
    Read {
        name: "latest 20",
        sql: "SELECT id, fee FROM visits WHERE id <> $1 ORDER BY started_at DESC LIMIT 20",
        by_hand: "SELECT id, fee FROM visits WHERE tenant_id = $2 AND id <> $1 ORDER BY started_at DESC LIMIT 20",
        others: &[],
    },
    Read {
        name: "three tables",
        sql: "SELECT v.id, p.name, d.name FROM visits v JOIN patients p ON p.id = v.patient_id \
              LEFT JOIN doctors d ON d.id = v.doctor_id WHERE v.patient_id = $1",
        by_hand: "SELECT v.id, p.name, d.name FROM visits v JOIN patients p ON p.tenant_id = $2 AND p.id = v.patient_id \
                  LEFT JOIN doctors d ON d.tenant_id = $2 AND d.id = v.doctor_id WHERE v.tenant_id = $2 AND v.patient_id = $1",
        others: &[],
    },
    Read {
        name: "latest 20, may raise",
        sql: "SELECT id, fee FROM visits WHERE fee % 7 <> $1 ORDER BY started_at DESC LIMIT 20",
        by_hand: "SELECT id, fee FROM visits WHERE tenant_id = $2 AND fee % 7 <> $1 ORDER BY started_at DESC LIMIT 20",
        others: &[
            (
                "COALESCE",
                "SELECT id, fee FROM visits WHERE coalesce(tenant_id = $2, false) AND tenant_id = $2 AND fee % 7 <> $1 \
                 ORDER BY started_at DESC LIMIT 20",
            ),
            (
                "ANY alone",
                "SELECT id, fee FROM visits WHERE tenant_id = ANY (ARRAY[$2::uuid]) AND fee % 7 <> $1 \
                 ORDER BY started_at DESC LIMIT 20",
            ),
        ],
    },
    Read {
        name: "count, may raise",
        sql: "SELECT count(*) FROM visits WHERE fee % 7 <> $1",
        by_hand: "SELECT count(*) FROM visits WHERE tenant_id = $2 AND fee % 7 <> $1",
        others: &[
            (
                "COALESCE",
                "SELECT count(*) FROM visits WHERE coalesce(tenant_id = $2, false) AND tenant_id = $2 AND fee % 7 <> $1",
            ),
            (
                "IS NOT FALSE",
                "SELECT count(*) FROM visits WHERE (tenant_id = $2) IS NOT FALSE AND tenant_id = $2 AND fee % 7 <> $1",
            ),
            ("ANY alone", "SELECT count(*) FROM visits WHERE tenant_id = ANY (ARRAY[$2::uuid]) AND fee % 7 <> $1"),
        ],
    },
];

pub(crate) fn prepare(cases: &mut Cases) -> Result<(), Error> {
    let rows: u32 = match cases.effort() {
        Effort::Once => 2_000,
        Effort::Quick => 200_000,
        Effort::Full => 1_000_000,
    };
    let guard = Guard::new(Catalog::builder(Dialect::Postgres).ddl(TABLES)?.build()?);
    let database = Database::make(cases, "texts")?;
    cases.block_on(fill(&database, rows))?;
    for read in READS {
        let size = format!("{rows} rows, {TENANTS} tenants");
        let floor = format!("floor: by hand, {}, {size}", read.name);
        let guarded = guard.tenant(read.sql)?;
        add(cases, &database, &floor, &floor, read.by_hand.into(), rows)?;
        add(
            cases,
            &database,
            &format!("nadia: guarded, {}, {size}", read.name),
            &floor,
            Arc::clone(guarded.sql()),
            rows,
        )?;
        for (other, sql) in read.others {
            add(cases, &database, &format!("peer: {other}, {}, {size}", read.name), &floor, (*sql).into(), rows)?;
        }
    }
    Ok(())
}

fn add(cases: &mut Cases, database: &Database, name: &str, floor: &str, sql: Arc<str>, rows: u32) -> Result<(), Error> {
    let options = database.options()?;
    let mut connection: PgConnection = cases.block_on(options.connect())?;
    let mut turn = 0;
    cases.add_async(name, floor, async move || {
        turn = (turn + 7) % rows;
        let query = sqlx::query(AssertSqlSafe(Arc::clone(&sql)));
        let query = query.bind(i64::from(turn)).bind(Uuid::from_u128(u128::from(turn % TENANTS)));
        Ok(query.fetch_all(&mut connection).await?.len())
    });
    Ok(())
}

/// Tenant number `i % 1000` has row `i` of each table.
async fn fill(database: &Database, rows: u32) -> Result<(), Error> {
    let mut superuser = database.connect().await?;
    let tenant = format!("lpad(to_hex(i % {TENANTS}), 32, '0')::uuid");
    let series = format!("FROM generate_series(0, {} - 1) AS i", rows);
    run(
        &mut superuser,
        format!(
            "{TABLES};
             INSERT INTO patients SELECT {tenant}, i, 'name ' || i, '2000-01-01', NULL {series};
             INSERT INTO doctors SELECT {tenant}, i, 'name ' || i {series};
             INSERT INTO visits SELECT {tenant}, i, i, i, '2026-01-01'::timestamptz + i * interval '1 second', i % 90 {series};
             CREATE INDEX ON visits (tenant_id, started_at);
             CREATE INDEX ON visits (tenant_id, patient_id)"
        ),
    )
    .await?;
    run(&mut superuser, "VACUUM ANALYZE".to_owned()).await
}
