//! Group `scope`: what it costs to run a statement as a tenant, in nanoseconds from wanting a connection to having it
//! given back.
//!
//! `look-up` finds one patient by its id and decodes the name; `latest 20` reads the ids and names of the patients that
//! came last, by `ORDER BY id DESC LIMIT 20` on the primary key, which the tenant leads. On PostgreSQL there are 1,000,000
//! patients (with `--quick` 200,000), once of 1,000 tenants and once of 100,000; the tenants measured have as many in
//! both, so the medians of two cases that differ in the number of tenants tell what the number costs. On SQLite there are
//! 100,000 of 1,000 tenants (with `--quick` 10,000 of 100). Everything is prepared, cached and warm; one task, one
//! connection per case. PostgreSQL runs beside, over TCP on the loopback interface and over its Unix socket, where that
//! can be reached; SQLite reads a file in WAL mode.
//!
//! What is compared:
//! - `floor: one connection` is plain sqlx on a connection that is held for ever, with `tenant_id = $1` written out,
//!   by a role without row-level security. Nobody could serve many tenants like that; whatever keeps tenants apart
//!   and shares connections comes on top. It is the floor of scopes and pools, for the same tenant and for tenants in
//!   turn, as the change of tenant is a price of tenancy.
//! - `floor: transaction` adds BEGIN and COMMIT (on SQLite BEGIN IMMEDIATE, as in a scope). It is the floor of what
//!   runs in a transaction whose user asked for one. Common practice sets the tenant per transaction whether
//!   anybody asked for one or not, so `peer: pool, begin, set_config, commit` is compared with the connection.
//! - `peer: pool` is sqlx's pool of one connection with its defaults, `tenant_id = $1` written out, no wall behind it.
//! - `peer: pool, set_config, reset` sets the tenant for the session and has the pool's `after_release` reset it.
//! - `nadia: scope` is opening a scope, the query without a word of tenants, and dropping the scope; on PostgreSQL the
//!   row-level security policies hold besides. `other tenant` takes ten tenants in turn on one connection, the worst
//!   case: each scope has to change the session's tenant.

mod postgres;
mod rows;
mod sqlite;
mod way;

use nadia_benches::{Cases, Effort, Error};
use nadia_tenant_sqlx::ConnectionLimits;
use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

use self::rows::Rows;

/// Valid in both databases.
const TABLE: &str = "CREATE TABLE patients (tenant_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, \
                     notes text NOT NULL, PRIMARY KEY (tenant_id, id))";
const NOTES: &str = "Synthetic notes, as long as a few sentences are: nothing in here was said by or about anybody.";

pub(crate) fn prepare(cases: &mut Cases) -> Result<(), Error> {
    let (postgres, each, sqlite) = match cases.effort() {
        Effort::Once => (20_000, 20, 10_000),
        Effort::Quick => (200_000, 200, 10_000),
        Effort::Full => (1_000_000, 1_000, 100_000),
    };
    postgres::prepare(cases, &Rows::plan(postgres, 1_000, each)?, &Rows::plan(postgres, 100_000, each)?)?;
    sqlite::prepare(cases, &Rows::plan(sqlite, sqlite / 100, 100)?)
}

/// One connection, so that every scope meets the one before.
fn limits() -> ConnectionLimits {
    ConnectionLimits { max_connections: 1, ..ConnectionLimits::default() }
}

fn migrator() -> Migrator {
    let first = Migration::new(1, "patients".into(), MigrationType::Simple, TABLE.into_sql_str(), false);
    Migrator::with_migrations(vec![first])
}
