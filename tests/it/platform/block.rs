//! Holds sign-ups up in the middle of what they write: at the audit, which comes last.

use std::time::Duration;

use nadia_tests::Ground;
use sqlx::{Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::time::timeout;

/// Nothing here takes a tenth of it, unless the machine is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// Something that no sign-up gets past.
pub(crate) enum Block {
    /// A lock on the audit's table.
    Postgres { lock: PgConnection, observer: PgConnection },
    /// A trigger on it that works for hours, which holds the only turn to write.
    Sqlite(SqliteConnection),
}

impl Block {
    /// Puts it up on an installation that is served.
    pub(crate) async fn put(ground: &Ground) -> Self {
        if let Some(url) = ground.database() {
            let mut lock = PgConnection::connect(url).await.unwrap();
            let sql = "BEGIN; LOCK TABLE nadia_control.audit IN EXCLUSIVE MODE";
            sqlx::raw_sql(sql).execute(&mut lock).await.unwrap();
            return Self::Postgres { lock, observer: PgConnection::connect(url).await.unwrap() };
        }
        let options = SqliteConnectOptions::new()
            .filename(ground.folder().join("control.sqlite"))
            .busy_timeout(Duration::from_secs(1));
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let sql = "CREATE TRIGGER block AFTER INSERT ON audit BEGIN \
            SELECT count(*) FROM sqlite_master a, sqlite_master b, sqlite_master c, sqlite_master d, \
            sqlite_master e, sqlite_master f, sqlite_master g, sqlite_master h, sqlite_master i; END";
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        Self::Sqlite(connection)
    }

    /// Waits until a sign-up stands before it.
    pub(crate) async fn met(&mut self) {
        timeout(PATIENCE, self.stood_before()).await.expect("a sign-up comes to the audit");
    }

    /// Takes it away, and waits until the database has noticed that the server is gone.
    pub(crate) async fn lift(self) {
        timeout(PATIENCE, self.taken_away()).await.expect("the database drops what the server left open");
    }

    async fn stood_before(&mut self) {
        match self {
            Self::Postgres { observer, .. } => {
                let sql = "SELECT count(*) FROM pg_stat_activity \
                    WHERE datname = current_database() AND wait_event_type = 'Lock'";
                while sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut *observer).await.unwrap() < 2 {}
            }
            // Who waits a second for the turn to write waits for one that doesn't end.
            Self::Sqlite(connection) => {
                while sqlx::raw_sql("BEGIN IMMEDIATE; ROLLBACK").execute(&mut *connection).await.is_ok() {
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    async fn taken_away(self) {
        match self {
            Self::Postgres { lock, mut observer } => {
                lock.close().await.unwrap();
                let sql = "SELECT count(*) FROM pg_stat_activity \
                    WHERE datname = current_database() AND usename LIKE 'nadia\\_app%'";
                while sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut observer).await.unwrap() > 0 {}
            }
            Self::Sqlite(mut connection) => {
                sqlx::raw_sql("DROP TRIGGER block").execute(&mut connection).await.unwrap();
            }
        }
    }
}
