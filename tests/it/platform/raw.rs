//! Statements on the control tables past the product, as a superuser or whoever owns the files.

use nadia_tests::Ground;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

/// Runs statements on the control tables.
pub(crate) async fn execute(ground: &Ground, sql: &str) {
    let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    match ground.database() {
        Some(url) => drop(sql.execute(&mut postgres(url).await).await.unwrap()),
        None => drop(sql.execute(&mut sqlite(ground).await).await.unwrap()),
    }
}

/// Returns the number that a statement gives.
pub(crate) async fn count(ground: &Ground, sql: &str) -> i64 {
    let sql = AssertSqlSafe(sql.to_owned());
    match ground.database() {
        Some(url) => sqlx::query_scalar(sql).fetch_one(&mut postgres(url).await).await.unwrap(),
        None => sqlx::query_scalar(sql).fetch_one(&mut sqlite(ground).await).await.unwrap(),
    }
}

async fn postgres(url: &str) -> PgConnection {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql("SET search_path = nadia_control").execute(&mut connection).await.unwrap();
    connection
}

async fn sqlite(ground: &Ground) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(ground.folder().join("control.sqlite"));
    SqliteConnection::connect_with(&options).await.unwrap()
}
