use nadia_tenant_core::TenantContext;
use uuid::Uuid;

use super::{
    IsolationReport, SampleValue,
    sample::{Row, Samples},
    sql,
    writer::{Writer, rows_of, said},
};
use crate::{Error, Table, portable};

const SEES: &str = "a tenant sees its own rows only";
const CHANGES: &str = "a tenant changes its own rows only";
const DELETES: &str = "a tenant deletes its own rows only";
const RETURNS: &str = "RETURNING gives a tenant's own rows only";
const GIVES: &str = "a tenant writes no row of another's";
const UPSERTS: &str = "an upsert leaves another's row as it is";

/// What one tenant tries on another's rows.
pub(super) struct Probes<'p, 'm> {
    writer: &'p Writer<'p>,
    samples: &'p mut Samples<'m>,
    report: &'p mut IsolationReport,
    own: &'p TenantContext,
    other: &'p TenantContext,
    /// Which of the tenants it is.
    at: usize,
}

/// A statement and its values.
struct Statement {
    text: String,
    values: Vec<SampleValue>,
}

impl Statement {
    fn new(text: String) -> Self {
        Self { text, values: Vec::new() }
    }

    fn with(mut self, values: impl IntoIterator<Item = SampleValue>) -> Self {
        self.values.extend(values);
        self
    }

    fn bind<'q>(&self, query: portable::Query<'q>) -> portable::Query<'q> {
        self.values.iter().fold(query, |query, value| value.bind(query))
    }
}

impl<'p, 'm> Probes<'p, 'm> {
    pub(super) fn new(
        writer: &'p Writer<'p>,
        samples: &'p mut Samples<'m>,
        report: &'p mut IsolationReport,
        (own, at): (&'p TenantContext, usize),
        other: &'p TenantContext,
    ) -> Self {
        Self { writer, samples, report, own, other, at }
    }

    pub(super) async fn run(&mut self, tables: &[&Table]) -> Result<(), Error> {
        for table in tables {
            // What could not be written is in the report already.
            if self.samples.first(self.own, table).is_none() || self.samples.first(self.other, table).is_none() {
                continue;
            }
            if let Some(own_rows) = self.sees(table).await? {
                self.counts(table, own_rows).await?;
                self.changes(table, own_rows).await?;
            }
            self.gives(table).await?;
            self.upserts(table).await?;
        }
        self.deletes(tables).await
    }

    /// Reads the table and returns how many rows the tenant has.
    async fn sees(&mut self, table: &Table) -> Result<Option<i64>, Error> {
        let statement = Statement::new(format!("SELECT {} AS owner FROM {}", sql::tenant(table), sql::name(table)));
        let mut scope = self.writer.conn(self.own).await?;
        let rows = scope.generated(&statement.text).fetch_all().await;
        let own = self.owned(table, SEES, &statement, rows);
        let least = rows_of(table, self.at);
        if let Some(own) = own.filter(|own| usize::try_from(*own).is_ok_and(|own| own < least)) {
            let seen = format!("{own} rows of its own are seen, and {least} were written");
            self.report.unchecked(table.name(), &statement.text, seen);
        }
        Ok(own)
    }

    async fn counts(&mut self, table: &Table, own: i64) -> Result<(), Error> {
        let (name, tenant) = (sql::name(table), sql::tenant(table));
        let other = || SampleValue::Uuid(self.other.tenant().id().as_uuid());
        let asked = [
            (own, Statement::new(format!("SELECT count(*) AS n FROM {name}"))),
            (own * own, Statement::new(format!("SELECT count(*) AS n FROM {name} a JOIN {name} b ON true"))),
            (own * own, Statement::new(format!("SELECT count(*) AS n FROM {name} a LEFT JOIN {name} b ON true"))),
            (
                own,
                Statement::new(format!(
                    "SELECT count(*) AS n FROM {name} WHERE {tenant} IN (SELECT {tenant} FROM {name}) OR true"
                )),
            ),
            (own, Statement::new(format!("SELECT (SELECT count(*) FROM {name}) AS n"))),
            (
                0,
                Statement::new(format!("SELECT count(*) AS n FROM {name} a JOIN {name} b ON a.{tenant} <> b.{tenant}")),
            ),
            (0, Statement::new(format!("SELECT count(*) AS n FROM {name} WHERE {tenant} = $1")).with([other()])),
        ];
        for (expected, statement) in asked {
            let mut scope = self.writer.conn(self.own).await?;
            self.report.tried();
            let query = statement.bind(scope.generated(&statement.text));
            match query.fetch_one().await.and_then(|row| row.get::<i64>("n")) {
                Ok(n) if n == expected => {}
                Ok(n) => self.report.leak(table.name(), SEES, &statement.text, format!("{n} instead of {expected}")),
                Err(error) => self.report.unchecked(table.name(), &statement.text, said(&error)),
            }
        }
        Ok(())
    }

    async fn changes(&mut self, table: &Table, own: i64) -> Result<(), Error> {
        let Some(column) = self.changeable(table) else { return Ok(()) };
        let (name, tenant, column) = (sql::name(table), sql::tenant(table), sql::quoted(&column));
        let all = format!("UPDATE {name} SET {column} = {column}");
        let other = SampleValue::Uuid(self.other.tenant().id().as_uuid());
        self.changed(table, CHANGES, own, Statement::new(all.clone())).await?;
        self.changed(table, CHANGES, own, Statement::new(format!("{all} WHERE {tenant} = {tenant} OR true"))).await?;
        let by_id = Statement::new(format!("{all} WHERE {tenant} = $1")).with([other.clone()]);
        self.changed(table, CHANGES, 0, by_id).await?;
        self.returned(table, RETURNS, Statement::new(format!("{all} RETURNING {tenant} AS owner"))).await?;
        let moved = Statement::new(format!("UPDATE {name} SET {tenant} = $1")).with([other]);
        self.refused(table, GIVES, moved).await
    }

    /// Writes a new row, as its own and as the other's.
    async fn gives(&mut self, table: &Table) -> Result<(), Error> {
        let tenant = sql::tenant(table);
        for owner in [self.own, self.other] {
            // Of the owner's making, so that its foreign keys would hold, and nothing but a wall refuses it.
            let Ok(row) = self.samples.make(owner, table) else { continue };
            let insert = sql::insert(table, &row, self.samples.dialect());
            let values = values(owner, &row);
            if owner.tenant().id() == self.own.tenant().id() {
                let text = format!("{insert} RETURNING {tenant} AS owner");
                self.inserted(table, Statement::new(text).with(values)).await?;
            } else {
                self.refused(table, GIVES, Statement::new(insert).with(values)).await?;
            }
        }
        Ok(())
    }

    /// Upserts on the keys of a row that the other has, as its own and as the other's.
    async fn upserts(&mut self, table: &Table) -> Result<(), Error> {
        let Some(changed) = self.changeable(table) else { return Ok(()) };
        let (tenant, dialect) = (sql::tenant(table), self.samples.dialect());
        for key in table.keys() {
            let names_tenant = key.iter().any(|name| Some(name.as_str()) == table.tenant_column());
            for owner in [self.own, self.other] {
                let Some(row) = self.clash(owner, table, key) else { continue };
                let upsert = sql::upsert(table, &row, key, &changed, dialect);
                let values = values(owner, &row);
                if owner.tenant().id() == self.own.tenant().id() {
                    // A key without the tenant column may refuse it; what counts is whose row it changes.
                    let text = format!("{upsert} RETURNING {tenant} AS owner");
                    self.returned_or_refused(table, UPSERTS, Statement::new(text).with(values)).await?;
                } else if names_tenant {
                    self.refused(table, UPSERTS, Statement::new(upsert).with(values)).await?;
                }
            }
        }
        Ok(())
    }

    /// Makes a row up as the owner would, so that nothing but a wall refuses it, with the key of a row that the other has.
    fn clash<'t>(&mut self, owner: &TenantContext, table: &'t Table, key: &[String]) -> Option<Row<'t>> {
        let mut row = self.samples.make(owner, table).ok()?;
        let theirs = self.samples.first(self.other, table)?;
        for name in key.iter().filter(|name| Some(name.as_str()) != table.tenant_column()) {
            let (_, their) = theirs.iter().find(|(column, _)| column == name)?;
            let (_, value) = row.iter_mut().find(|(column, _)| column.name() == name)?;
            value.clone_from(their);
        }
        Some(row)
    }

    /// Deletes everything, tables that refer to others first, and rolls back.
    async fn deletes(&mut self, tables: &[&Table]) -> Result<(), Error> {
        for returning in [false, true] {
            let mut tx = self.writer.tenants.begin(self.own).await?;
            for table in tables.iter().rev() {
                let (name, tenant) = (sql::name(table), sql::tenant(table));
                let count = format!("SELECT count(*) AS n FROM {name} WHERE {tenant} = $1");
                let own = self.own.tenant().id().as_uuid();
                let counted = tx.generated(&count).bind(own).fetch_one().await;
                let own_rows = match counted.and_then(|row| row.get::<i64>("n")) {
                    Ok(rows) => rows,
                    Err(error) => {
                        self.report.unchecked(table.name(), &count, said(&error));
                        break;
                    }
                };
                let text = format!("DELETE FROM {name}");
                let failed = if returning {
                    let statement = Statement::new(format!("{text} RETURNING {tenant} AS owner"));
                    let rows = tx.generated(&statement.text).fetch_all().await;
                    self.owned(table, RETURNS, &statement, rows).is_none()
                } else {
                    let changed = tx.generated(&text).execute().await;
                    self.affected(table, DELETES, own_rows, &text, changed)
                };
                if failed {
                    break;
                }
            }
            tx.rollback().await?;
        }
        Ok(())
    }

    /// Runs a statement in a transaction that is rolled back, and sees how many rows it changed.
    async fn changed(
        &mut self,
        table: &Table,
        rule: &'static str,
        rows: i64,
        statement: Statement,
    ) -> Result<(), Error> {
        let mut tx = self.writer.tenants.begin(self.own).await?;
        let changed = statement.bind(tx.generated(&statement.text)).execute().await;
        self.affected(table, rule, rows, &statement.text, changed);
        tx.rollback().await
    }

    /// Runs a statement in a transaction that is rolled back, and sees whose rows it gives.
    async fn returned(&mut self, table: &Table, rule: &'static str, statement: Statement) -> Result<(), Error> {
        let mut tx = self.writer.tenants.begin(self.own).await?;
        let rows = statement.bind(tx.generated(&statement.text)).fetch_all().await;
        self.owned(table, rule, &statement, rows);
        tx.rollback().await
    }

    /// As [`returned`](Self::returned), for a row that a unique of the table's may refuse: a value given for a foreign key may
    /// lead to a row that another leads to already.
    async fn inserted(&mut self, table: &Table, statement: Statement) -> Result<(), Error> {
        let mut tx = self.writer.tenants.begin(self.own).await?;
        match statement.bind(tx.generated(&statement.text)).fetch_all().await {
            Err(error) if error.is_unique_violation() => self.report.tried(),
            rows => drop(self.owned(table, RETURNS, &statement, rows)),
        }
        tx.rollback().await
    }

    async fn returned_or_refused(
        &mut self,
        table: &Table,
        rule: &'static str,
        statement: Statement,
    ) -> Result<(), Error> {
        let mut tx = self.writer.tenants.begin(self.own).await?;
        match statement.bind(tx.generated(&statement.text)).fetch_all().await {
            Err(_) => self.report.tried(),
            rows => drop(self.owned(table, rule, &statement, rows)),
        }
        tx.rollback().await
    }

    /// Runs a statement in a transaction that is rolled back, and sees to it that it fails or changes nothing.
    async fn refused(&mut self, table: &Table, rule: &'static str, statement: Statement) -> Result<(), Error> {
        let mut tx = self.writer.tenants.begin(self.own).await?;
        self.report.tried();
        match statement.bind(tx.generated(&statement.text)).execute().await {
            Err(_) | Ok(0) => {}
            Ok(rows) => self.report.leak(table.name(), rule, &statement.text, format!("{rows} rows were written")),
        }
        tx.rollback().await
    }

    /// Tells whether the statement failed.
    fn affected(
        &mut self,
        table: &Table,
        rule: &'static str,
        expected: i64,
        text: &str,
        changed: Result<u64, Error>,
    ) -> bool {
        self.report.tried();
        match changed {
            Ok(rows) if i64::try_from(rows).is_ok_and(|rows| rows == expected) => false,
            Ok(rows) => {
                self.report.leak(table.name(), rule, text, format!("{rows} rows instead of {expected}"));
                false
            }
            Err(error) => {
                self.report.unchecked(table.name(), text, said(&error));
                true
            }
        }
    }

    /// Counts the tenant's own among rows that say their owner; others are a leak. `None` when the statement failed.
    fn owned(
        &mut self,
        table: &Table,
        rule: &'static str,
        statement: &Statement,
        rows: Result<Vec<portable::Row>, Error>,
    ) -> Option<i64> {
        self.report.tried();
        let owners =
            rows.and_then(|rows| rows.iter().map(|row| row.get::<Uuid>("owner")).collect::<Result<Vec<_>, _>>());
        match owners {
            Ok(owners) => {
                let id = self.own.tenant().id().as_uuid();
                let own = owners.iter().filter(|owner| **owner == id).count();
                if own < owners.len() {
                    let seen = format!("{} rows of others", owners.len() - own);
                    self.report.leak(table.name(), rule, &statement.text, seen);
                }
                i64::try_from(own).ok()
            }
            Err(error) => {
                self.report.unchecked(table.name(), &statement.text, said(&error));
                None
            }
        }
    }

    /// Picks a column that was written, rather one that is in no key and in no foreign key.
    fn changeable(&self, table: &Table) -> Option<String> {
        let row = self.samples.first(self.own, table)?;
        let in_key = |name: &str| table.keys().any(|key| key.iter().any(|column| column == name));
        let free = || row.iter().filter(|(name, _)| !in_key(name));
        let plain = free().find(|(name, _)| !self.samples.is_given(table, name));
        plain.or_else(|| free().next()).or_else(|| row.first()).map(|(name, _)| name.clone())
    }
}

fn values(owner: &TenantContext, row: &Row<'_>) -> Vec<SampleValue> {
    let owner = SampleValue::Uuid(owner.tenant().id().as_uuid());
    std::iter::once(owner).chain(row.iter().map(|(_, value)| value.clone())).collect()
}
