use futures_core::{future::BoxFuture, stream::BoxStream};
use futures_util::TryStreamExt;
use nadia_tenant_core::{Dialect, TenantId};
use sqlx::{
    Arguments, Either, Executor, SqlStr, Sqlite,
    error::{BoxDynError, DatabaseError},
    sqlite::*,
};

use super::{Engine, Rewritten, Step};
use crate::portable::{AnyRow, Param, Row};

impl Engine for Sqlite {
    const DIALECT: Dialect = Dialect::Sqlite;
    const BEGIN: &'static str = "BEGIN IMMEDIATE";
    const ONE_WRITER: bool = true;

    fn own_database(shared: &SqliteConnectOptions, tenant: TenantId) -> SqliteConnectOptions {
        let folder = shared.get_filename().parent().unwrap_or(std::path::Path::new("."));
        shared.clone().filename(crate::server::tenant_file(folder, tenant))
    }

    fn set_tenant<'e>(_: &'e mut SqliteConnection, _: TenantId, _: Option<&'e str>) -> BoxFuture<'e, sqlx::Result<()>> {
        // SQLite has no session setting that a policy could read; the guard binds the tenant to each statement.
        Box::pin(async { Ok(()) })
    }

    fn run(connection: &mut SqliteConnection, sql: SqlStr) -> BoxFuture<'_, sqlx::Result<()>> {
        Box::pin(async move { sqlx::raw_sql(sql).execute(connection).await.map(drop) })
    }

    fn bind_tenant(arguments: &mut SqliteArguments, tenant: TenantId) -> Result<(), BoxDynError> {
        arguments.add(tenant.as_uuid())
    }

    fn fetch_many<'e>(
        connection: &'e mut SqliteConnection,
        statement: Rewritten<Self>,
    ) -> BoxStream<'e, sqlx::Result<Step<Self>>> {
        connection.fetch_many(statement)
    }

    fn fetch_optional<'e>(
        connection: &'e mut SqliteConnection,
        statement: Rewritten<Self>,
    ) -> BoxFuture<'e, sqlx::Result<Option<SqliteRow>>> {
        if statement.is_write {
            // sqlx stops at the first row; the autocommit, and what a deferred constraint says to it, come after.
            return Box::pin(first(connection.fetch_many(statement)));
        }
        connection.fetch_optional(statement)
    }

    fn prepare_with<'e>(
        connection: &'e mut SqliteConnection,
        sql: SqlStr,
        parameters: &'e [SqliteTypeInfo],
    ) -> BoxFuture<'e, sqlx::Result<SqliteStatement>> {
        connection.prepare_with(sql, parameters)
    }

    fn describe<'e>(
        connection: &'e mut SqliteConnection,
        sql: SqlStr,
    ) -> BoxFuture<'e, sqlx::Result<sqlx_core::describe::Describe<Self>>> {
        connection.describe(sql)
    }

    fn bind(arguments: &mut SqliteArguments, param: Param) -> Result<(), BoxDynError> {
        param.sqlite(arguments)
    }

    fn portable(row: SqliteRow) -> Row {
        Row(AnyRow::Sqlite(row))
    }

    fn survives(error: &dyn DatabaseError) -> bool {
        // The low byte is the primary result code: IOERR, CORRUPT and NOTADB say that the file can't be trusted.
        let code = error.code().and_then(|code| code.parse::<u32>().ok());
        code.is_some_and(|code| !matches!(code & 0xff, 10 | 11 | 26))
    }

    fn rows_affected(result: &SqliteQueryResult) -> u64 {
        result.rows_affected()
    }
}

/// Returns the first row and reads the answer to its end, where an error of the commit would be.
async fn first(mut steps: BoxStream<'_, sqlx::Result<Step<Sqlite>>>) -> sqlx::Result<Option<SqliteRow>> {
    let mut first = None;
    while let Some(step) = steps.try_next().await? {
        if let Either::Right(row) = step {
            first.get_or_insert(row);
        }
    }
    Ok(first)
}
