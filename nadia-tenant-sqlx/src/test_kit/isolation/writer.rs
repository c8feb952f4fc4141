use nadia_tenant_core::{Dialect, TenantContext};
use uuid::Uuid;

use super::{
    IsolationReport,
    sample::{Row, Samples},
    sql,
};
use crate::{
    Error, Table,
    portable::{Conn, Query, Tenants},
};

/// Opens scopes of the tenants under check, and writes and removes their rows.
#[derive(Debug)]
pub(super) struct Writer<'c> {
    pub(super) tenants: &'c Tenants,
    pub(super) dialect: Dialect,
}

/// Returns how many rows a tenant writes in a table: two, the next tenant three, so that the numbers tell whose they are. One,
/// where a tenant has no more than one.
pub(super) fn rows_of(table: &Table, at: usize) -> usize {
    let tenant_alone = |key: &[String]| matches!(key, [only] if Some(only.as_str()) == table.tenant_column());
    if table.keys().any(tenant_alone) { 1 } else { 2 + at }
}

impl Writer<'_> {
    pub(super) async fn conn(&self, ctx: &TenantContext) -> Result<Conn, Error> {
        self.tenants.conn(ctx).await
    }

    /// Writes the rows of one tenant in all tables, in the order in which these were made.
    pub(super) async fn write(
        &self,
        ctx: &TenantContext,
        at: usize,
        tables: &[&Table],
        samples: &mut Samples<'_>,
        report: &mut IsolationReport,
    ) -> Result<(), Error> {
        for table in tables {
            for _ in 0..rows_of(table, at) {
                let row = match samples.make(ctx, table) {
                    Ok(row) => row,
                    Err(why) => {
                        report.unchecked(table.name(), "", why);
                        break;
                    }
                };
                let text = sql::insert(table, &row, self.dialect);
                report.tried();
                let mut scope = self.conn(ctx).await?;
                let written = bind(scope.generated(&text), ctx, &row).execute().await;
                match written {
                    Ok(1) => samples.remember(ctx, table, &row),
                    Ok(_) => report.unchecked(table.name(), &text, "the row was not written"),
                    Err(error) => {
                        report.unchecked(table.name(), &text, said(&error));
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Deletes the rows of one tenant after the other, and sees to it that each takes its own only.
    pub(super) async fn remove(
        &self,
        tenants: &[TenantContext],
        tables: &[&Table],
        report: &mut IsolationReport,
    ) -> Result<(), Error> {
        for (at, ctx) in tenants.iter().enumerate() {
            let mut tx = self.tenants.begin(ctx).await?;
            // Those that refer to others come after them.
            for table in tables.iter().rev() {
                let text = format!("DELETE FROM {}", sql::name(table));
                if let Err(error) = tx.generated(&text).execute().await {
                    report.unchecked(table.name(), &text, said(&error));
                    return tx.rollback().await;
                }
            }
            tx.commit().await?;
            for (later, other) in tenants.iter().enumerate().skip(at + 1) {
                self.still_there(other, later, tables, report).await?;
            }
        }
        Ok(())
    }

    async fn still_there(
        &self,
        ctx: &TenantContext,
        at: usize,
        tables: &[&Table],
        report: &mut IsolationReport,
    ) -> Result<(), Error> {
        for table in tables {
            let rows = rows_of(table, at);
            let text = format!("SELECT count(*) AS n FROM {}", sql::name(table));
            report.tried();
            let mut scope = self.conn(ctx).await?;
            let left = scope.generated(&text).fetch_one().await.and_then(|row| row.get::<i64>("n"));
            match left {
                Ok(left) if usize::try_from(left).is_ok_and(|left| left >= rows) => {}
                Ok(left) => {
                    let seen = format!("{left} rows are left of {rows} or more");
                    report.leak(table.name(), "deleting leaves other tenants' rows", &text, seen);
                }
                Err(error) => report.unchecked(table.name(), &text, said(&error)),
            }
        }
        Ok(())
    }
}

/// Binds what [`sql::insert`] asks for.
pub(super) fn bind<'q>(query: Query<'q>, owner: &TenantContext, row: &Row<'_>) -> Query<'q> {
    let owner: Uuid = owner.tenant().id().as_uuid();
    row.iter().fold(query.bind(owner), |query, (_, value)| value.bind(query))
}

/// Words an error with what caused it.
pub(super) fn said(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
