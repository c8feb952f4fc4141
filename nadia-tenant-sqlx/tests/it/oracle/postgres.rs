use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::TryStreamExt;
use nadia_tenant_core::Dialect;
use serde_json::Value;
use sqlx::{
    AssertSqlSafe, Column, Connection, Either, Executor, PgConnection, Row, TypeInfo, ValueRef,
    postgres::{PgArguments, PgRow},
};
use uuid::Uuid;

use super::{Bind, Database, Failure, Outcome, Planner, SHARED_ROWS, TENANTS, rows};

/// A PostgreSQL database of its own. It has no policies, and the role is a superuser: the guard alone is judged.
pub(crate) struct Server {
    connection: PgConnection,
    name: String,
}

static MADE: AtomicU32 = AtomicU32::new(0);

impl Database for Server {
    const DIALECT: Dialect = Dialect::Postgres;

    async fn new(schema: &str, tenants: &[usize]) -> Self {
        let mut this = Self::bare(schema).await;
        for sql in SHARED_ROWS {
            this.run(sql, &[]).await.unwrap();
        }
        for number in tenants {
            for sql in rows(*number) {
                this.run(&sql, &[Bind::Tenant(TENANTS[*number])]).await.unwrap();
            }
        }
        this.raw("BEGIN").await;
        this
    }

    fn literal(tenant: Uuid) -> String {
        format!("'{tenant}'")
    }

    async fn run(&mut self, sql: &str, binds: &[Bind]) -> Result<Outcome, Failure> {
        // Named: sqlx's own look-up of a row type would take the place of an unnamed statement.
        let query = sqlx::query_with(AssertSqlSafe(sql.to_owned()), arguments(binds));
        let mut outcome = Outcome { rows: Vec::new(), affected: 0 };
        let mut stream = (&mut self.connection).fetch_many(query);
        while let Some(step) = stream.try_next().await.map_err(failure)? {
            match step {
                Either::Left(done) => outcome.affected += done.rows_affected(),
                Either::Right(row) => outcome.rows.push(texts(&row)),
            }
        }
        Ok(outcome)
    }

    async fn reset(&mut self) {
        self.raw("ROLLBACK; BEGIN").await;
    }

    /// With the tenant bound, so that it stands in the plan as a constant.
    async fn plan(&mut self, sql: &str, binds: &[Bind], planner: Planner) -> Option<Value> {
        match planner {
            Planner::AsItLikes => {}
            Planner::ByIndex => {
                let off =
                    "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";
                self.raw(off).await;
            }
            Planner::BySequence => {
                let off = "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off";
                self.raw(off).await;
            }
        }
        let sql = format!("EXPLAIN (VERBOSE, FORMAT JSON) {sql}");
        let query = sqlx::query_scalar_with(AssertSqlSafe(sql), arguments(binds)).persistent(false);
        query.fetch_one(&mut self.connection).await.ok()
    }

    async fn close(self) {
        self.connection.close().await.unwrap();
        superuser(format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

impl Server {
    /// A database with tables and no rows, outside of a transaction.
    pub(crate) async fn bare(schema: &str) -> Self {
        let name = format!("nadia_guard_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        superuser(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        superuser(format!("CREATE DATABASE {name}")).await;
        let connection = PgConnection::connect(&url(&name)).await.unwrap();
        let mut this = Self { connection, name };
        this.raw(schema).await;
        // Without statistics the planner expects many rows, and would compile every statement.
        this.raw("SET jit = off").await;
        this
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// The plan of a statement without binds.
    pub(crate) async fn explain(&mut self, sql: &str) -> Value {
        let sql = format!("EXPLAIN (VERBOSE, FORMAT JSON) {sql}");
        let query = sqlx::query_scalar(AssertSqlSafe(sql)).persistent(false);
        query.fetch_one(&mut self.connection).await.unwrap()
    }

    pub(crate) async fn raw(&mut self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.connection).await.unwrap();
    }
}

fn arguments(binds: &[Bind]) -> PgArguments {
    let mut arguments = PgArguments::default();
    for bind in binds {
        match bind {
            Bind::Integer(value) => sqlx::Arguments::add(&mut arguments, *value),
            Bind::Text(value) => sqlx::Arguments::add(&mut arguments, *value),
            Bind::Tenant(value) => sqlx::Arguments::add(&mut arguments, *value),
        }
        .unwrap();
    }
    arguments
}

/// The first two characters of SQLSTATE are its class.
fn failure(error: sqlx::Error) -> Failure {
    let code = error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
    let class = code.map_or_else(|| "client".to_owned(), |code| code[..2].to_owned());
    Failure { class, message: error.to_string() }
}

/// The usual types as text; the rest in the server's binary form, which is the same for the same value.
fn texts(row: &PgRow) -> Vec<String> {
    let text = |at: usize| {
        let raw = row.try_get_raw(at).unwrap();
        match raw.type_info().name() {
            _ if raw.is_null() => "NULL".to_owned(),
            "INT8" => row.get_unchecked::<i64, _>(at).to_string(),
            "INT4" => row.get_unchecked::<i32, _>(at).to_string(),
            "BOOL" => row.get_unchecked::<bool, _>(at).to_string(),
            "UUID" => row.get_unchecked::<Uuid, _>(at).to_string(),
            "TEXT" | "VARCHAR" => row.get_unchecked::<String, _>(at),
            other => format!("{other}:{:?}", raw.as_bytes().unwrap()),
        }
    };
    row.columns().iter().map(|column| text(column.ordinal())).collect()
}

async fn superuser(sql: String) {
    let mut admin = PgConnection::connect(&url("postgres")).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
}

fn url(database: &str) -> String {
    let url = std::env::var("DATABASE_URL").expect(
        "DATABASE_URL must name a PostgreSQL superuser (postgres://user:password@host:port/postgres); \
         run the tests by `cargo xtask test`, which starts a server and sets it",
    );
    let (before, query) = url.split_once('?').map_or((url.as_str(), None), |(a, b)| (a, Some(b)));
    let (server, _) = before.rsplit_once('/').expect("the URL has a path");
    query.map_or_else(|| format!("{server}/{database}"), |query| format!("{server}/{database}?{query}"))
}
