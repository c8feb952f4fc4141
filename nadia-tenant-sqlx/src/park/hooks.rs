use std::{fmt, sync::Arc};

use async_trait::async_trait;
use futures_core::future::BoxFuture;
use nadia_tenant_core::Dialect;
use sqlx::{SqlSafeStr, SqlStr};

use crate::{Error, backend::Backend};

/// Runs statements on each connection that an installation opens, before the connection belongs to any tenant.
///
/// All hooks of an installation run, in the order in which they were added, and Nadia's own setting of the tenant comes after
/// them: hooks compose and replace nothing. When one fails, or is given up because the time to wait for a connection ran out,
/// the connection is closed and the scope that asked for it gets the error.
///
/// ```
/// use nadia_tenant_sqlx::{Error, FreshConnection, OnConnect};
///
/// /// Ends statements that run away.
/// #[derive(Debug)]
/// struct StatementTimeout;
///
/// #[async_trait::async_trait]
/// impl OnConnect for StatementTimeout {
///     async fn on_connect(&self, fresh: &mut FreshConnection<'_>) -> Result<(), Error> {
///         fresh.execute("SET statement_timeout = '5s'").await
///     }
/// }
/// ```
///
/// # Security
/// A hook's statements pass no guard. On PostgreSQL they run as the role that serves, which row-level security binds, but a
/// hook that changes the search path, for one, moves every statement of every tenant to other tables.
#[async_trait]
pub trait OnConnect: Send + Sync + fmt::Debug {
    /// Prepares a newly opened connection.
    ///
    /// # Errors
    /// Whatever keeps the connection from being used.
    async fn on_connect(&self, fresh: &mut FreshConnection<'_>) -> Result<(), Error>;
}

/// A newly opened connection that belongs to no tenant yet. Given to [`OnConnect`] hooks only.
pub struct FreshConnection<'c> {
    connection: &'c mut dyn Raw,
    dialect: Dialect,
}

impl FreshConnection<'_> {
    /// Runs a statement as it is.
    ///
    /// A transaction that it leaves open is rolled back when the hooks are through.
    ///
    /// # Security
    /// The statement passes no guard; see [`OnConnect`].
    ///
    /// # Errors
    /// [`Error::Sqlx`] by the database.
    pub async fn execute(&mut self, sql: &'static str) -> Result<(), Error> {
        Ok(self.connection.run(sql.into_sql_str()).await?)
    }

    /// Returns which database the connection is of.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }
}

impl fmt::Debug for FreshConnection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FreshConnection").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

/// A connection of either database.
trait Raw: Send {
    fn run(&mut self, sql: SqlStr) -> BoxFuture<'_, sqlx::Result<()>>;
}

struct Wire<'c, DB: Backend>(&'c mut DB::Connection);

impl<DB: Backend> Raw for Wire<'_, DB> {
    fn run(&mut self, sql: SqlStr) -> BoxFuture<'_, sqlx::Result<()>> {
        DB::run(self.0, sql)
    }
}

pub(super) async fn run<DB: Backend>(
    connection: &mut DB::Connection,
    hooks: &[Arc<dyn OnConnect>],
) -> Result<(), Error> {
    for hook in hooks {
        let mut fresh = FreshConnection { connection: &mut Wire::<DB>(&mut *connection), dialect: DB::DIALECT };
        hook.on_connect(&mut fresh).await?;
    }
    if !hooks.is_empty() {
        // What the session is set to from here on must hold, whatever a hook began and didn't end. Without a transaction
        // PostgreSQL warns and SQLite fails; neither matters.
        let ended = DB::run(connection, "ROLLBACK".into_sql_str()).await;
        if let Err(error) = ended
            && !matches!(&error, sqlx::Error::Database(error) if DB::survives(&**error))
        {
            return Err(error.into());
        }
    }
    Ok(())
}
