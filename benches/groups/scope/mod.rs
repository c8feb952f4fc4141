//! Group `scope`: what it costs to run a statement as a tenant, in nanoseconds from wanting a connection to having it
//! given back.
//!
//! A case looks one patient of 100,000 of 1,000 tenants (with `--quick`, of 10,000 of 100) up by its id and decodes the
//! name; `page` reads 20 patients in the order of their ids. Everything is prepared, cached and warm; one task, one
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
//! - `nadia: scope` is opening a scope, the query without a word of tenants, and dropping the scope; on PostgreSQL the
//!   row-level security policies hold besides. `other tenant` takes two tenants in turn on one connection, the worst
//!   case: each scope has to change the session's tenant.

mod postgres;
mod sqlite;
mod way;

use nadia_benches::{Cases, Effort, Error, Ring};
use nadia_tenant_core::{CellLayout, ResolvedBy, Tenant, TenantCells, TenantContext};
use nadia_tenant_sqlx::ConnectionLimits;
use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};
use uuid::Uuid;

use super::tenants::tenants;

/// Valid in both databases.
const TABLE: &str = "CREATE TABLE patients (tenant_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, \
                     notes text NOT NULL, PRIMARY KEY (tenant_id, id))";
const EXPLICIT: &str = "SELECT name FROM patients WHERE tenant_id = $1 AND id = $2";
const SCOPED: &str = "SELECT name FROM patients WHERE id = $1";
const EXPLICIT_PAGE: &str = "SELECT id, name FROM patients WHERE tenant_id = $1 ORDER BY id LIMIT 20";
const SCOPED_PAGE: &str = "SELECT id, name FROM patients ORDER BY id LIMIT 20";
const NOTES: &str = "Synthetic notes, as long as a few sentences are: nothing in here was said by or about anybody.";

pub(crate) fn prepare(cases: &mut Cases) -> Result<(), Error> {
    let rows = Rows::make(if cases.effort() == Effort::Full { 1_000 } else { 100 })?;
    postgres::prepare(cases, &rows)?;
    sqlite::prepare(cases, &rows)
}

/// A hundred synthetic patients of each tenant.
struct Rows {
    contexts: Vec<TenantContext>,
    ids: Vec<Uuid>,
}

impl Rows {
    const EACH: usize = 100;

    fn make(count: usize) -> Result<Self, Error> {
        let cells = TenantCells::new(CellLayout::empty());
        let context = |tenant: Tenant| {
            let cell = cells.cell(tenant.id());
            TenantContext::new(tenant, cell, ResolvedBy::Job)
        };
        let contexts = tenants(count, &"starter".parse()?)?.into_iter().map(context).collect();
        Ok(Self { contexts, ids: (0..count * Self::EACH).map(|_| Uuid::now_v7()).collect() })
    }

    /// Each patient's tenant, id and name.
    fn all(&self) -> impl Iterator<Item = (Uuid, Uuid, String)> {
        // The tenants' rows lie mixed, as they come in.
        let tenants = self.contexts.iter().cycle().map(|context| context.tenant().id().as_uuid());
        tenants.zip(&self.ids).enumerate().map(|(number, (tenant, id))| (tenant, *id, format!("Patient {number}")))
    }

    /// The patients of `count` tenants, one after the other tenant's, with their contexts.
    fn of(&self, count: usize) -> Ring<(TenantContext, Uuid)> {
        let mut patients = Ring::new(0..Self::EACH);
        let mut pairs = Vec::new();
        for _ in 0..Self::EACH {
            let row = *patients.turn();
            for (at, context) in self.contexts.iter().take(count).enumerate() {
                pairs.push((context.clone(), self.ids[row * self.contexts.len() + at]));
            }
        }
        Ring::in_order(pairs)
    }

    /// What a case's name ends with.
    fn size(&self) -> String {
        format!("{} rows", self.ids.len())
    }
}

/// One connection, so that every scope meets the one before.
fn limits() -> ConnectionLimits {
    ConnectionLimits { max_connections: 1, ..ConnectionLimits::default() }
}

fn migrator() -> Migrator {
    let first = Migration::new(1, "patients".into(), MigrationType::Simple, TABLE.into_sql_str(), false);
    Migrator::with_migrations(vec![first])
}
