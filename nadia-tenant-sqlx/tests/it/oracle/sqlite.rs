use nadia_tenant_core::Dialect;
use serde_json::Value;
use sqlx::{
    AssertSqlSafe, Column, Connection, Row, SqliteConnection, TypeInfo, ValueRef,
    sqlite::{SqliteArguments, SqliteRow},
};
use uuid::Uuid;

use super::{Bind, Database, Failure, Outcome, Planner, SHARED_ROWS, TENANTS, rows};

/// A SQLite database in memory.
pub(crate) struct Lite(SqliteConnection);

impl Database for Lite {
    const DIALECT: Dialect = Dialect::Sqlite;

    async fn new(schema: &str, tenants: &[usize]) -> Self {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(schema.to_owned())).execute(&mut connection).await.unwrap();
        let mut this = Self(connection);
        for sql in SHARED_ROWS {
            this.run(sql, &[]).await.unwrap();
        }
        for number in tenants {
            for sql in rows(*number) {
                this.run(&sql, &[Bind::Tenant(TENANTS[*number])]).await.unwrap();
            }
        }
        sqlx::raw_sql("BEGIN").execute(&mut this.0).await.unwrap();
        this
    }

    fn literal(tenant: Uuid) -> String {
        format!("x'{}'", tenant.simple())
    }

    async fn run(&mut self, sql: &str, binds: &[Bind]) -> Result<Outcome, Failure> {
        let mut arguments = SqliteArguments::default();
        for bind in binds {
            match bind {
                Bind::Integer(value) => sqlx::Arguments::add(&mut arguments, *value),
                Bind::Text(value) => sqlx::Arguments::add(&mut arguments, *value),
                Bind::Tenant(value) => sqlx::Arguments::add(&mut arguments, *value),
            }
            .unwrap();
        }
        let count = async |connection: &mut SqliteConnection| -> i64 {
            sqlx::query("SELECT total_changes() AS n").fetch_one(connection).await.unwrap().get("n")
        };
        let before = count(&mut self.0).await;
        let query = sqlx::query_with(AssertSqlSafe(sql.to_owned()), arguments).persistent(false);
        let fetched = query.fetch_all(&mut self.0).await.map_err(failure)?;
        let affected = u64::try_from(count(&mut self.0).await - before).unwrap();
        Ok(Outcome { rows: fetched.iter().map(texts).collect(), affected })
    }

    async fn reset(&mut self) {
        sqlx::raw_sql("ROLLBACK; BEGIN").execute(&mut self.0).await.unwrap();
    }

    async fn plan(&mut self, _sql: &str, _binds: &[Bind], _planner: Planner) -> Option<Value> {
        None
    }

    async fn close(self) {
        self.0.close().await.unwrap();
    }
}

/// The low byte of the code is its kind; a key and a NOT NULL differ above it.
fn failure(error: sqlx::Error) -> Failure {
    let code = error.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<u32>().ok());
    let class = code.map_or_else(|| "client".to_owned(), |code| (code & 0xFF).to_string());
    Failure { class, message: error.to_string() }
}

fn texts(row: &SqliteRow) -> Vec<String> {
    let text = |at: usize| {
        let raw = row.try_get_raw(at).unwrap();
        match raw.type_info().name() {
            _ if raw.is_null() => "NULL".to_owned(),
            "INTEGER" => row.get_unchecked::<i64, _>(at).to_string(),
            "REAL" => row.get_unchecked::<f64, _>(at).to_string(),
            "BLOB" => format!("{:?}", row.get_unchecked::<Vec<u8>, _>(at)),
            _ => row.get_unchecked::<String, _>(at),
        }
    };
    row.columns().iter().map(|column| text(column.ordinal())).collect()
}
