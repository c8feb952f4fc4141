use futures_core::{future::BoxFuture, stream::BoxStream};
use nadia_tenant_core::{Dialect, TenantId};
use sqlx::{
    Arguments, AssertSqlSafe, Executor, Postgres, SqlSafeStr, SqlStr,
    error::{BoxDynError, DatabaseError},
    postgres::*,
};

use super::{Engine, Rewritten, Step, TxAccess};
use crate::portable::{AnyRow, Param, Row};

impl Engine for Postgres {
    const DIALECT: Dialect = Dialect::Postgres;
    const BEGIN: &'static str = "BEGIN";
    const ONE_WRITER: bool = false;

    fn begin_bound(access: TxAccess, tenant: Option<TenantId>, search_path: &str) -> SqlStr {
        // Local to the transaction, so that it hides what others left on the server's session and leaves nothing itself.
        // All values are of our own making: hexadecimal digits, names of schemas. `describe` and `prepare` name their
        // statements by a number that every client counts from one.
        let begin = match access {
            TxAccess::Write => "BEGIN",
            TxAccess::Read => "BEGIN READ ONLY",
        };
        let tenant = tenant.map(|tenant| tenant.to_string()).unwrap_or_default();
        AssertSqlSafe(format!(
            "{begin}; DEALLOCATE ALL; \
             SELECT set_config('nadia.tenant_id', '{tenant}', true), set_config('search_path', '{search_path}', true)"
        ))
        .into_sql_str()
    }

    fn own_database(shared: &PgConnectOptions, tenant: TenantId) -> PgConnectOptions {
        shared.clone().database(&crate::server::database_name(tenant))
    }

    fn set_tenant<'e>(
        connection: &'e mut PgConnection,
        tenant: TenantId,
        search_path: Option<&'e str>,
    ) -> BoxFuture<'e, sqlx::Result<()>> {
        // `false`: for the session, not the transaction; there is no transaction here. A SET with the id in its text is
        // cheaper by a twentieth, but `pg_stat_statements` would keep one entry for each tenant.
        const TENANT: &str = "SELECT set_config('nadia.tenant_id', $1, false)";
        const TENANT_AND_PATH: &str =
            "SELECT set_config('nadia.tenant_id', $1, false), set_config('search_path', $2, false)";
        Box::pin(async move {
            let query = sqlx::query(if search_path.is_some() { TENANT_AND_PATH } else { TENANT });
            let query = query.bind(tenant.to_string());
            let query = if let Some(path) = search_path { query.bind(path) } else { query };
            // As `execute` does, without the streams around it.
            connection.fetch_optional(query).await.map(drop)
        })
    }

    fn run(connection: &mut PgConnection, sql: SqlStr) -> BoxFuture<'_, sqlx::Result<()>> {
        Box::pin(async move { sqlx::raw_sql(sql).execute(connection).await.map(drop) })
    }

    fn bind_tenant(arguments: &mut PgArguments, tenant: TenantId) -> Result<(), BoxDynError> {
        arguments.add(tenant.as_uuid())
    }

    fn fetch_many<'e>(
        connection: &'e mut PgConnection,
        statement: Rewritten<Self>,
    ) -> BoxStream<'e, sqlx::Result<Step<Self>>> {
        connection.fetch_many(statement)
    }

    fn fetch_optional<'e>(
        connection: &'e mut PgConnection,
        statement: Rewritten<Self>,
    ) -> BoxFuture<'e, sqlx::Result<Option<PgRow>>> {
        // Here sqlx reads on to the end of the answer, where an error of the commit would be.
        connection.fetch_optional(statement)
    }

    fn prepare_with<'e>(
        connection: &'e mut PgConnection,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, sqlx::Result<PgStatement>> {
        connection.prepare_with(sql, parameters)
    }

    fn describe<'e>(
        connection: &'e mut PgConnection,
        sql: SqlStr,
    ) -> BoxFuture<'e, sqlx::Result<sqlx_core::describe::Describe<Self>>> {
        connection.describe(sql)
    }

    fn bind(arguments: &mut PgArguments, param: Param) -> Result<(), BoxDynError> {
        param.postgres(arguments)
    }

    fn portable(row: PgRow) -> Row {
        Row(AnyRow::Postgres(row))
    }

    fn survives(error: &dyn DatabaseError) -> bool {
        // FATAL and PANIC end the session: the server is shutting down, or somebody terminated the backend.
        error.try_downcast_ref::<PgDatabaseError>().is_some_and(|error| {
            // 0A000 is said of a prepared statement whose result has another type now, as in another tenant's schema.
            // Each later use of it would fail alike.
            !matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic) && error.code() != "0A000"
        })
    }

    fn rows_affected(result: &PgQueryResult) -> u64 {
        result.rows_affected()
    }
}
