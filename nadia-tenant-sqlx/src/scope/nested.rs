use futures_core::{future::BoxFuture, stream::BoxStream};
use nadia_tenant_core::TenantId;
use sqlx::{Execute, Executor, SqlStr};

use super::{Level, Session, TenantScope, sealed};
use crate::{
    Error,
    backend::{Backend, Step},
};

/// A transaction inside of another one, for the same tenant: a savepoint. Made by [`TenantTx::begin`](super::TenantTx::begin).
///
/// An error in it fails it alone: rolled back, the transaction around it goes on. What it commits lasts if the transactions
/// around it commit, too.
///
/// Dropped without [`commit`](Self::commit), it is rolled back before the next operation of the transaction around it. That
/// holds wherever a future that had it was given up, with two exceptions that are resolved the safe way. Given up while the
/// nested transaction itself is opened, committed or rolled back, nobody knows which transaction the connection is in: the
/// one around it then counts as failed, refuses further statements and answers its commit with [`Error::RolledBack`]. And when
/// rolling back fails, it counts as failed likewise.
#[derive(Debug)]
pub struct NestedTx<'t, DB: Backend> {
    tenant: TenantId,
    session: &'t mut Session<DB>,
    level: Level,
}

impl<'t, DB: Backend> NestedTx<'t, DB> {
    pub(super) async fn open(
        tenant: TenantId,
        session: &'t mut Session<DB>,
        outer: Level,
    ) -> Result<NestedTx<'t, DB>, Error> {
        let level = session.begin_nested(outer).await?;
        Ok(NestedTx { tenant, session, level })
    }

    /// Returns the tenant that the transaction is bound to.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Opens a transaction inside of this one.
    ///
    /// # Errors
    /// [`Error::RolledBack`] when a statement of this one had failed, [`Error::Sqlx`] by the database.
    pub async fn begin(&mut self) -> Result<NestedTx<'_, DB>, Error> {
        NestedTx::open(self.tenant, self.session, self.level).await
    }

    /// Commits into the transaction around it.
    ///
    /// # Errors
    /// [`Error::RolledBack`] when a statement of it had failed: it was rolled back instead, and the transaction around it goes
    /// on. Otherwise what the database reports; the transaction around it has then failed.
    pub async fn commit(self) -> Result<(), Error> {
        self.session.commit_nested(self.level).await
    }

    /// Rolls back; the transaction around it goes on.
    ///
    /// # Errors
    /// What the database reports; the transaction around it has then failed.
    pub async fn rollback(self) -> Result<(), Error> {
        self.session.rollback_nested(self.level).await
    }
}

impl<DB: Backend> sealed::Sealed for &mut NestedTx<'_, DB> {}

impl<'c, DB: Backend> TenantScope<'c, DB> for &'c mut NestedTx<'_, DB> {
    fn tenant(&self) -> TenantId {
        NestedTx::tenant(self)
    }
}

impl<'c, DB: Backend> Executor<'c> for &'c mut NestedTx<'_, DB> {
    type Database = DB;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, sqlx::Result<Step<DB>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        self.session.fetch_many(self.level, query)
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<DB::Row>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        self.session.fetch_optional(self.level, query)
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [DB::TypeInfo]) -> BoxFuture<'e, sqlx::Result<DB::Statement>>
    where
        'c: 'e,
    {
        self.session.prepare_with(self.level, sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, sqlx::Result<sqlx_core::describe::Describe<DB>>>
    where
        'c: 'e,
    {
        self.session.describe(self.level, sql)
    }
}
