//! Runs a statement on everybody's rows, rewritten, and on one tenant's rows alone, as it stands, and compares.
//!
//! Nothing here knows a database but what [`Database`] asks for.

mod plan;
mod postgres;
mod rows;
mod sqlite;

use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{Catalog, Guarded, TableKind};
use serde_json::Value;
use uuid::Uuid;

pub(crate) use self::{
    plan::unfiltered,
    postgres::Server,
    rows::{SHARED_ROWS, TENANTS, rows},
    sqlite::Lite,
};
use crate::guard_cases::SCHEMA;

/// A value to bind.
#[derive(Clone, Debug)]
pub(crate) enum Bind {
    Integer(i64),
    Text(&'static str),
    Tenant(Uuid),
}

/// The values of `$1` and `$2` in the cases.
pub(crate) const ARGUMENTS: [Bind; 2] = [Bind::Integer(2), Bind::Text("B%")];

/// What a statement gave: its rows, each value as text, and how many it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) affected: u64,
}

/// How a statement failed; the text says more than is compared.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// What kind of failure, as the database counts them.
    pub(crate) class: String,
    #[allow(dead_code, reason = "`Debug` shows it")]
    pub(crate) message: String,
}

/// How the planner may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planner {
    AsItLikes,
    /// No sequential scans, and joins by nested loops.
    ByIndex,
    /// No index scans.
    BySequence,
}

/// One open database with the tests' schema, and a transaction that `reset` rolls back.
pub(crate) trait Database: Sized {
    const DIALECT: Dialect;

    /// Makes one with the rows of these tenants.
    async fn new(schema: &str, tenants: &[usize]) -> Self;
    /// How the tenant's id is written as a default.
    fn literal(tenant: Uuid) -> String;
    async fn run(&mut self, sql: &str, binds: &[Bind]) -> Result<Outcome, Failure>;
    /// Undoes everything since the last call, so that each statement meets the same rows.
    async fn reset(&mut self);
    /// Asks how it would run a statement, if it tells.
    async fn plan(&mut self, sql: &str, binds: &[Bind], planner: Planner) -> Option<Value>;
    /// Removes what it left.
    async fn close(self);

    async fn everybody() -> Self {
        Self::new(SCHEMA, &[0, 1, 2]).await
    }

    /// One tenant's rows, with a tenant column that defaults to it.
    async fn alone(number: usize) -> Self {
        let default = format!("tenant_id uuid NOT NULL DEFAULT {}", Self::literal(TENANTS[number]));
        Self::new(&SCHEMA.replace("tenant_id uuid NOT NULL", &default), &[number]).await
    }
}

/// The databases that statements are compared on.
pub(crate) struct Bed<D> {
    pub(crate) everybody: D,
    pub(crate) alone: Vec<D>,
    state: String,
    tenant_tables: Vec<String>,
    before: Vec<Vec<Vec<String>>>,
    /// Scans of tenant tables whose condition was seen in a plan.
    pub(crate) scans: usize,
}

/// What a statement that was found right came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    Rows(usize),
    /// On both, and alike.
    Failed,
}

/// A statement to compare.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trial<'t> {
    pub(crate) original: &'t str,
    pub(crate) guarded: &'t Guarded,
    pub(crate) ordered: bool,
    pub(crate) planners: &'t [Planner],
}

impl<D: Database> Bed<D> {
    pub(crate) async fn new(catalog: &Catalog) -> Self {
        let mut alone = Vec::new();
        for number in 0..TENANTS.len() {
            alone.push(D::alone(number).await);
        }
        let tenant_tables =
            catalog.tables().filter(|t| t.kind() == TableKind::Tenant).map(|t| t.name().to_owned()).collect();
        let everybody = D::everybody().await;
        let mut this = Self { everybody, alone, state: state(catalog), tenant_tables, before: Vec::new(), scans: 0 };
        for tenant in TENANTS {
            let (_, rest) = state_of(&this.state, &mut this.everybody, tenant).await;
            assert!(rest.len() > 30, "only {} rows are another's", rest.len());
            this.before.push(rest);
        }
        this
    }

    pub(crate) async fn close(self) {
        self.everybody.close().await;
        for alone in self.alone {
            alone.close().await;
        }
    }

    /// Compares one statement for tenant number `number`; says what differs.
    pub(crate) async fn compare(&mut self, number: usize, trial: Trial<'_>) -> Result<Ran, String> {
        let arguments = &ARGUMENTS[..trial.guarded.params()];
        let mut bound = arguments.to_vec();
        bound.extend(trial.guarded.tenant_param().map(|_| Bind::Tenant(TENANTS[number])));
        let mut compared = self.plans(number, trial, &bound).await;
        if compared.is_ok() {
            compared = self.outcomes(number, trial, arguments, &bound).await;
        }
        tokio::join!(self.everybody.reset(), self.alone[number].reset());
        compared.map_err(|difference| format!("{}\n  {}\n  {difference}", trial.original, trial.guarded.sql()))
    }

    async fn plans(&mut self, number: usize, trial: Trial<'_>, bound: &[Bind]) -> Result<Ran, String> {
        for planner in trial.planners {
            let plan = self.everybody.plan(trial.guarded.sql(), bound, *planner).await;
            // What can't be planned fails below, too.
            if let Some(plan) = &plan {
                self.scans += unfiltered(plan, &self.tenant_tables, TENANTS[number])?;
            }
            if plan.is_none() || *planner != Planner::AsItLikes {
                self.everybody.reset().await;
            }
        }
        Ok(Ran::Failed)
    }

    async fn outcomes(
        &mut self,
        number: usize,
        trial: Trial<'_>,
        arguments: &[Bind],
        bound: &[Bind],
    ) -> Result<Ran, String> {
        let found = self.everybody.run(trial.guarded.sql(), bound);
        let expected = self.alone[number].run(trial.original, arguments);
        match tokio::join!(found, expected) {
            (Err(found), Err(expected)) if found.class == expected.class => Ok(Ran::Failed),
            (Ok(mut found), Ok(mut expected)) => {
                if !trial.ordered {
                    found.rows.sort();
                    expected.rows.sort();
                }
                if found != expected {
                    return Err(format!("gave {found:?} instead of {expected:?}"));
                }
                let writes = ["INSERT", "UPDATE", "DELETE", "MERGE"].iter().any(|word| trial.original.contains(word));
                if trial.guarded.is_write() || writes {
                    let (state, tenant) = (&self.state, TENANTS[number]);
                    let found = state_of(state, &mut self.everybody, tenant);
                    let expected = state_of(state, &mut self.alone[number], tenant);
                    let ((own, rest), (wanted, _)) = tokio::join!(found, expected);
                    if own != wanted {
                        return Err(format!("left {own:?} instead of {wanted:?}"));
                    }
                    if rest != self.before[number] {
                        return Err("changed another tenant's rows, or shared ones".to_owned());
                    }
                }
                Ok(Ran::Rows(found.rows.len()))
            }
            (found, expected) => Err(format!("gave {found:?} instead of {expected:?}")),
        }
    }
}

/// All rows of a database: the tenant's own, and the rest.
async fn state_of<D: Database>(state: &str, database: &mut D, tenant: Uuid) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let outcome = database.run(state, &[Bind::Tenant(tenant)]).await;
    let mut rows = outcome.expect("the state can be read after a statement that went well").rows;
    rows.sort();
    rows.into_iter().partition(|row| row[0] == "own")
}

/// A statement for all rows of all tables, as text.
fn state(catalog: &Catalog) -> String {
    let tables = catalog.tables().filter(|table| table.kind() != TableKind::Control).map(|table| {
        let owner = match table.tenant_column() {
            Some(column) => format!("CASE WHEN {column} = $1 THEN 'own' ELSE 'foreign' END"),
            None => "'shared'".to_owned(),
        };
        let columns =
            table.columns().iter().map(|column| format!("coalesce(CAST(\"{}\" AS text), '-')", column.name()));
        let columns = columns.collect::<Vec<_>>().join(" || '|' || ");
        format!("SELECT {owner}, '{}', {columns} FROM \"{}\"", table.name(), table.name())
    });
    tables.collect::<Vec<_>>().join(" UNION ALL ")
}
