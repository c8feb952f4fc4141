//! The control database: the registry of tenants, and the application's own platform-wide tables.

mod changes;
mod record;
mod registry;
mod store;

use sqlx::AssertSqlSafe;

pub(crate) use self::registry::set_quarantined;
pub use self::{
    changes::{Changes, RegistryChanges},
    record::TenantRecord,
    registry::Revision,
    store::SqlTenantStore,
};
use crate::{
    Error,
    portable::{AnySession, Query, SharedRouter},
    router::Who,
    scope::OUTERMOST,
};

/// The control database of an installation. Clones share the connections.
///
/// Statements in its scopes see control tables only: no tenant's rows, and no other table.
#[derive(Clone, Debug)]
pub struct ControlDb(SharedRouter);

/// A connection that runs statements on control tables. Made by [`ControlDb::conn`] only.
#[derive(Debug)]
pub struct ControlScope(Box<dyn AnySession>);

/// A transaction that runs statements on control tables. Made by [`ControlDb::begin`] only.
#[derive(Debug)]
pub struct ControlTx(Box<dyn AnySession>);

impl ControlDb {
    pub(crate) fn new(router: SharedRouter) -> Self {
        Self(router)
    }

    /// Opens a connection scope.
    ///
    /// # Errors
    /// [`Error::Timeout`] when no connection comes free in time, [`Error::Sqlx`] when the database can't be reached.
    pub async fn conn(&self) -> Result<ControlScope, Error> {
        Ok(ControlScope(self.0.conn(Who::Control).await?))
    }

    /// Opens a transaction scope; on SQLite it waits for its turn to write.
    ///
    /// # Errors
    /// As [`conn`](Self::conn).
    pub async fn begin(&self) -> Result<ControlTx, Error> {
        Ok(ControlTx(self.0.begin(Who::Control).await?))
    }

    /// Returns the store that finds tenants in this registry.
    #[must_use]
    pub fn store(&self) -> SqlTenantStore {
        SqlTenantStore::new(self.clone())
    }

    /// Starts following the changes of tenants, for a cache in front of the registry.
    #[must_use]
    pub fn changes(&self) -> RegistryChanges {
        RegistryChanges::new(self.clone())
    }

    /// Closes the parked connections, and those in scopes when they end. Later scopes are refused.
    pub async fn close(&self) {
        self.0.close().await;
    }
}

impl ControlScope {
    /// Starts a statement that sees control tables only.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query::new(&mut *self.0, OUTERMOST, sql)
    }
}

impl ControlTx {
    /// Starts a statement that sees control tables only.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query::new(&mut *self.0, OUTERMOST, sql)
    }

    /// Starts a statement whose text was put together here, of nothing that came from outside.
    pub(crate) fn query_made(&mut self, sql: String) -> Query<'_> {
        Query::new(&mut *self.0, OUTERMOST, AssertSqlSafe(sql))
    }

    /// Commits.
    ///
    /// # Errors
    /// [`Error::RolledBack`] when a statement of the transaction had failed; what the database reports.
    pub async fn commit(self) -> Result<(), Error> {
        self.0.commit().await
    }

    /// Rolls back and keeps the connection.
    ///
    /// # Errors
    /// What the database reports; the transaction is rolled back all the same.
    pub async fn rollback(self) -> Result<(), Error> {
        self.0.rollback().await
    }
}
