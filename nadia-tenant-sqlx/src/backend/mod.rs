//! The seam between the databases: everything a scope asks of a connection, and nothing else.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use crate::portable::{Param, Row};
use futures_core::{future::BoxFuture, stream::BoxStream};
use nadia_tenant_core::{Dialect, TenantId};
use sqlx::{
    Connection, Database, Either, Execute, SqlSafeStr, SqlStr,
    error::{BoxDynError, DatabaseError},
};

/// A database that Nadia keeps tenants apart in: `sqlx::Postgres` or `sqlx::Sqlite`. Sealed.
pub trait Backend: Engine {}

impl<DB: Engine> Backend for DB {}

pub(crate) type Options<DB> = <<DB as Database>::Connection as Connection>::Options;
pub(crate) type Step<DB> = Either<<DB as Database>::QueryResult, <DB as Database>::Row>;

/// The private half of [`Backend`]: named by it, reachable by nobody else.
pub trait Engine: Database<Connection: Send> {
    const DIALECT: Dialect;
    /// Opens a transaction; on SQLite for writing, so that two writers wait instead of failing half way.
    const BEGIN: &'static str;

    /// Returns what opens a transaction and, in the same message, gives it all that a session would hold: the tenant, the
    /// search path, and no prepared statement of anybody else.
    fn begin_bound(_access: TxAccess, _tenant: Option<TenantId>, _search_path: &str) -> SqlStr {
        // SQLite has no server, and so no pooler.
        Self::BEGIN.into_sql_str()
    }

    /// Whether one writer at a time is let in, since the database would make the second fail.
    const ONE_WRITER: bool;

    /// Returns how to connect to a tenant's own database, on the server that `shared` leads to.
    fn own_database(shared: &Options<Self>, tenant: TenantId) -> Options<Self>;

    /// Sets the session's tenant, and where it looks for tables, in one completed message of its own.
    fn set_tenant<'e>(
        connection: &'e mut Self::Connection,
        tenant: TenantId,
        search_path: Option<&'e str>,
    ) -> BoxFuture<'e, sqlx::Result<()>>;

    /// Runs statements that no tenant wrote, as they are, in one message.
    fn run(connection: &mut Self::Connection, sql: SqlStr) -> BoxFuture<'_, sqlx::Result<()>>;

    fn bind_tenant(arguments: &mut Self::Arguments, tenant: TenantId) -> Result<(), BoxDynError>;

    fn fetch_many<'e>(
        connection: &'e mut Self::Connection,
        statement: Rewritten<Self>,
    ) -> BoxStream<'e, sqlx::Result<Step<Self>>>;

    /// Fetches the first row and leaves nothing of the answer unread on the connection.
    fn fetch_optional<'e>(
        connection: &'e mut Self::Connection,
        statement: Rewritten<Self>,
    ) -> BoxFuture<'e, sqlx::Result<Option<Self::Row>>>;

    fn prepare_with<'e>(
        connection: &'e mut Self::Connection,
        sql: SqlStr,
        parameters: &'e [Self::TypeInfo],
    ) -> BoxFuture<'e, sqlx::Result<Self::Statement>>;

    fn describe<'e>(
        connection: &'e mut Self::Connection,
        sql: SqlStr,
    ) -> BoxFuture<'e, sqlx::Result<sqlx_core::describe::Describe<Self>>>;

    fn bind(arguments: &mut Self::Arguments, param: Param) -> Result<(), BoxDynError>;

    fn portable(row: Self::Row) -> Row;

    /// Tells whether the connection goes on after an error that the database reported.
    fn survives(error: &dyn DatabaseError) -> bool;

    fn rows_affected(result: &Self::QueryResult) -> u64;
}

/// What a transaction may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "behind a pooler only"))]
pub enum TxAccess {
    Write,
    Read,
}

/// A statement that the guard let pass, with its arguments and the tenant's.
pub struct Rewritten<DB: Database> {
    pub(crate) sql: SqlStr,
    pub(crate) arguments: Option<DB::Arguments>,
    pub(crate) persistent: bool,
    #[cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "PostgreSQL's answers are all read to the end"))]
    pub(crate) is_write: bool,
}

impl<DB: Database> std::fmt::Debug for Rewritten<DB> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Arguments may be patient data.
        f.debug_struct("Rewritten").field("sql", &self.sql.as_str()).finish_non_exhaustive()
    }
}

impl<'q, DB: Database> Execute<'q, DB> for Rewritten<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        // A statement that the caller prepared belongs to the text before the rewrite.
        None
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        Ok(self.arguments.take())
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}
