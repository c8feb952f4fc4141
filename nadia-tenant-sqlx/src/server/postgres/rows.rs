//! Removes a tenant's rows from a shared place.

use std::time::Instant;

use nadia_tenant_core::TenantId;
use sqlx::{AssertSqlSafe, PgConnection};

use super::{
    LOCK_PATIENCE, LOCK_TURN,
    roles::{PLACE_SCHEMA, ident, run},
};
use crate::{Catalog, Error};

/// How many rows are deleted in a transaction.
const DELETE_BATCH: i64 = 10_000;

/// Deletes some of the rows; returns whether there may be more.
pub(super) async fn delete(owner: &mut PgConnection, catalog: &Catalog, tenant: TenantId) -> Result<bool, Error> {
    // Rows that an open transaction holds are waited for, and nobody waits behind.
    run(owner, format!("SET lock_timeout = {}", LOCK_PATIENCE.as_millis())).await?;
    let (mut deleted, mut held) = (0, None);
    // Tables made later refer to earlier ones, as a rule; what another table still refers to is left for the next turn.
    for table in catalog.tables().collect::<Vec<_>>().into_iter().rev() {
        let Some(column) = table.tenant_column() else { continue };
        let (name, column) = (format!("{PLACE_SCHEMA}.{}", ident(table.name())), ident(column));
        let delete = format!(
            "DELETE FROM {name} WHERE {column} = $1 AND ctid = ANY (ARRAY(
                 SELECT ctid FROM {name} WHERE {column} = $1 LIMIT {DELETE_BATCH}))"
        );
        match sqlx::query(AssertSqlSafe(delete)).bind(tenant.as_uuid()).execute(&mut *owner).await {
            Ok(batch) => deleted += batch.rows_affected(),
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => held = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    match held {
        Some(error) if deleted == 0 => Err(Error::Sqlx(sqlx::Error::Database(error))),
        held => Ok(deleted > 0 || held.is_some()),
    }
}

/// Returns the transactions that the serving role has open here. Locks, unlike activity, are shown to every role.
pub(super) async fn open_transactions(owner: &mut PgConnection, role: &str) -> Result<Vec<String>, Error> {
    let query = "SELECT l.virtualxid::text FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                 WHERE l.locktype = 'virtualxid' AND l.granted AND l.virtualxid = l.virtualtransaction
                   AND a.datname = current_database() AND a.usename = $1";
    Ok(sqlx::query_scalar(query).bind(role).fetch_all(owner).await?)
}

/// Waits until none of these transactions is open any more.
pub(super) async fn wait_for(owner: &mut PgConnection, open: Vec<String>) -> Result<(), Error> {
    let begun = Instant::now();
    let query = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'virtualxid' AND virtualxid = ANY ($1))";
    while sqlx::query_scalar(query).bind(&open).fetch_one(&mut *owner).await? {
        if begun.elapsed() > LOCK_PATIENCE {
            return Err(Error::OpenTransactions(LOCK_PATIENCE));
        }
        tokio::time::sleep(LOCK_TURN).await;
    }
    Ok(())
}
