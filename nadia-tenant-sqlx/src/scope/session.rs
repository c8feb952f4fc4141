use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::{Stream, future::BoxFuture, stream::BoxStream};
use futures_util::{FutureExt, StreamExt, TryFutureExt, future, stream};
use nadia_tenant_core::TenantId;
use sqlx::{Arguments, AssertSqlSafe, Execute, SqlSafeStr, SqlStr};

use super::{Level, OUTERMOST, pooled, savepoint::Levels};
use crate::{
    Error, Guard,
    backend::{Backend, Rewritten, Step},
    error::refused,
    guard::Guarded,
    park::{Lease, Progress},
};

/// Whose rows a session's statements may see.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Access {
    Tenant(TenantId),
    Control,
    /// All tenants', to read.
    CrossTenant,
}

/// How a session's statements are checked.
#[derive(Clone, Debug)]
pub(crate) enum Check {
    Guard(Arc<Guard>),
    #[cfg(feature = "test-kit")]
    Nothing,
}

/// A leased connection whose every statement goes through the guard.
///
/// Each operation says the level of the transaction that it belongs to. Levels further in that are still open were dropped,
/// and are rolled back first.
#[derive(Debug)]
pub(crate) struct Session<DB: Backend> {
    pub(super) lease: Lease<DB>,
    pub(super) levels: Levels,
    /// Each statement runs in a transaction of its own, which is bound to the tenant.
    pub(super) wraps: bool,
    check: Check,
    access: Access,
}

impl<DB: Backend> Session<DB> {
    pub(crate) fn new(lease: Lease<DB>, check: Check, access: Access) -> Self {
        let wraps = lease.is_bound_by_transaction() && !lease.in_transaction();
        Self { lease, levels: Levels::default(), wraps, check, access }
    }

    /// Commits, or rolls back and says so when a statement of the transaction had failed.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        // If that fails, so does the transaction.
        let returned = self.return_to(OUTERMOST).await;
        self.note_given_up();
        if returned.is_err() || self.levels.has_failed() {
            self.lease.rollback().await?;
            return Err(Error::RolledBack);
        }
        Ok(self.lease.commit().await?)
    }

    pub(crate) async fn rollback(mut self) -> Result<(), Error> {
        Ok(self.lease.rollback().await?)
    }

    pub(crate) fn fetch_many<'e, 'q: 'e, E>(
        &'e mut self,
        level: Level,
        query: E,
    ) -> BoxStream<'e, sqlx::Result<Step<DB>>>
    where
        E: 'q + Execute<'q, DB>,
    {
        if self.levels.has_deeper(level) {
            let then = async move {
                self.return_to(level).await?;
                Ok(self.fetch_many(level, query))
            };
            return then.try_flatten_stream().boxed();
        }
        match self.admit(query) {
            Ok(statement) if self.wraps => pooled::fetch_many(&mut self.lease, statement),
            Ok(statement) => {
                let (connection, progress) = self.lease.operate();
                let steps = DB::fetch_many(connection, statement);
                Tracked::<DB> { steps, progress, levels: &mut self.levels }.boxed()
            }
            Err(error) => stream::once(future::ready(Err(error))).boxed(),
        }
    }

    pub(crate) fn fetch_optional<'e, 'q: 'e, E>(
        &'e mut self,
        level: Level,
        query: E,
    ) -> BoxFuture<'e, sqlx::Result<Option<DB::Row>>>
    where
        E: 'q + Execute<'q, DB>,
    {
        if self.levels.has_deeper(level) {
            return Box::pin(async move {
                self.return_to(level).await?;
                self.fetch_optional(level, query).await
            });
        }
        match self.admit(query) {
            Ok(statement) if self.wraps => pooled::fetch_optional(&mut self.lease, statement).boxed(),
            Ok(statement) => {
                let (connection, progress) = self.lease.operate();
                let levels = &mut self.levels;
                let row = DB::fetch_optional(connection, statement);
                row.inspect(move |outcome| end::<DB, _>(outcome, progress, levels)).boxed()
            }
            Err(error) => future::ready(Err(error)).boxed(),
        }
    }

    // `prepare_with` and `describe` speak of the caller's own text, once the guard let it pass: its parameters are the
    // caller's. That text is parsed by the database and never run; what runs is rewritten when it is executed.

    pub(crate) fn prepare_with<'e>(
        &'e mut self,
        level: Level,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, sqlx::Result<DB::Statement>> {
        Box::pin(async move {
            self.inspect(level, &sql).await?;
            if self.wraps {
                return pooled::prepare_with(&mut self.lease, sql, parameters).await;
            }
            let (connection, progress) = self.lease.operate();
            let statement = DB::prepare_with(connection, sql, parameters).await;
            end::<DB, _>(&statement, progress, &mut self.levels);
            statement
        })
    }

    pub(crate) fn describe<'e>(
        &'e mut self,
        level: Level,
        sql: SqlStr,
    ) -> BoxFuture<'e, sqlx::Result<sqlx_core::describe::Describe<DB>>> {
        Box::pin(async move {
            self.inspect(level, &sql).await?;
            if self.wraps {
                return pooled::describe(&mut self.lease, sql).await;
            }
            let (connection, progress) = self.lease.operate();
            let described = DB::describe(connection, sql).await;
            end::<DB, _>(&described, progress, &mut self.levels);
            described
        })
    }

    /// Admits a text that the database is to look at and not to run.
    async fn inspect(&mut self, level: Level, sql: &SqlStr) -> sqlx::Result<()> {
        self.rewrite(sql.clone())?;
        self.return_to(level).await?;
        self.note_given_up();
        Ok(())
    }

    /// Rewrites a query and binds the tenant to it, or refuses it before anything is sent.
    fn admit<'q, E: Execute<'q, DB>>(&mut self, mut query: E) -> sqlx::Result<Rewritten<DB>> {
        self.note_given_up();
        // PostgreSQL refuses by itself. SQLite may have rolled back on its own, and would commit each statement from here on.
        if self.levels.has_failed() && self.lease.in_transaction() {
            return Err(refused(Error::RolledBack));
        }
        // sqlx forces this order: `sql` consumes the query, and taking the arguments may change `persistent`.
        // A name would outlive the transaction on the server's session, which is somebody else's by then.
        let persistent = query.persistent() && !self.lease.is_bound_by_transaction();
        let arguments = query.take_arguments().map_err(sqlx::Error::Encode)?;
        let (sql, guarded) = self.rewrite(query.sql())?;
        // Without arguments sqlx speaks the simple protocol, in which one message may hold several statements.
        let mut arguments = arguments.unwrap_or_default();
        let is_write = guarded.as_ref().is_none_or(|guarded| guarded.is_write());
        if let Some(guarded) = guarded {
            if arguments.len() != guarded.params() {
                return Err(sqlx::Error::Encode(
                    format!(
                        "the statement has {} parameters but {} values were bound; bind one for each",
                        guarded.params(),
                        arguments.len()
                    )
                    .into(),
                ));
            }
            if let (Some(_), Access::Tenant(tenant)) = (guarded.tenant_param(), self.access) {
                DB::bind_tenant(&mut arguments, tenant).map_err(sqlx::Error::Encode)?;
            }
        }
        Ok(Rewritten { sql, arguments: Some(arguments), persistent, is_write })
    }

    fn rewrite(&self, sql: SqlStr) -> sqlx::Result<(SqlStr, Option<Arc<Guarded>>)> {
        match &self.check {
            Check::Guard(guard) => {
                let guarded = match self.access {
                    Access::Tenant(_) => guard.tenant(sql.as_str()),
                    Access::Control => guard.control(sql.as_str()),
                    Access::CrossTenant => guard.cross_tenant(sql.as_str()),
                }
                .map_err(refused)?;
                let text = AssertSqlSafe(Arc::clone(guarded.sql())).into_sql_str();
                Ok((text, Some(guarded)))
            }
            #[cfg(feature = "test-kit")]
            Check::Nothing => Ok((sql, None)),
        }
    }
}

fn end<DB: Backend, T>(outcome: &sqlx::Result<T>, progress: &mut Progress, levels: &mut Levels) {
    progress.settle::<DB, T>(outcome);
    if matches!(outcome, Err(error) if !matches!(error, sqlx::Error::RowNotFound)) {
        levels.fail();
    }
}

/// Follows a stream to its end. One dropped before leaves the operation pending, so that the connection is
/// closed and not parked.
struct Tracked<'e, DB: Backend> {
    steps: BoxStream<'e, sqlx::Result<Step<DB>>>,
    progress: &'e mut Progress,
    levels: &'e mut Levels,
}

impl<DB: Backend> Stream for Tracked<'_, DB> {
    type Item = sqlx::Result<Step<DB>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let step = std::task::ready!(this.steps.poll_next_unpin(cx));
        match &step {
            Some(Ok(_)) => {}
            Some(error @ Err(_)) => end::<DB, _>(error, this.progress, this.levels),
            // A stream may be polled past an error to its end; that mends nothing.
            None if *this.progress == Progress::Broken => {}
            None => *this.progress = Progress::Completed,
        }
        Poll::Ready(step)
    }
}
