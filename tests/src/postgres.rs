use std::{
    future::Future,
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::OnceCell;

/// Returns the superuser's URL of the server under test, with `database` in the place of its own.
///
/// # Panics
/// If `DATABASE_URL` isn't set.
#[must_use]
pub fn postgres_url(database: &str) -> String {
    let url = std::env::var("DATABASE_URL").expect(
        "DATABASE_URL must name a PostgreSQL superuser (postgres://user:password@host:port/postgres); \
         run the tests by `cargo xtask test`, which starts a server and sets it",
    );
    in_database(&url, database)
}

/// Returns the superuser's URL through the pooler in front of that server, with `database` in the place of its own.
///
/// # Panics
/// If `PGBOUNCER_URL` isn't set.
#[must_use]
pub fn pooler_url(database: &str) -> String {
    let url = std::env::var("PGBOUNCER_URL").expect(
        "PGBOUNCER_URL must name the server of DATABASE_URL through a PgBouncer that pools transactions; \
         run the tests by `cargo xtask test`, which starts one and sets it",
    );
    in_database(&url, database)
}

fn in_database(url: &str, database: &str) -> String {
    let (before, query) = url.split_once('?').map_or((url, None), |(a, b)| (a, Some(b)));
    let (server, _) = before.rsplit_once('/').expect("the URL has a path");
    match query {
        Some(query) => format!("{server}/{database}?{query}"),
        None => format!("{server}/{database}"),
    }
}

/// A database that is made once per test process and cloned for each test, so that migrations run once.
///
/// A clone of a failed test stays for inspection; the server goes with the run.
#[derive(Debug)]
pub struct PostgresTemplate {
    kind: &'static str,
    ready: OnceCell<String>,
}

static CLONES: AtomicU32 = AtomicU32::new(0);

impl PostgresTemplate {
    /// Names a template; `kind` is part of its database's name.
    #[must_use]
    pub const fn new(kind: &'static str) -> Self {
        Self { kind, ready: OnceCell::const_new() }
    }

    /// Returns the suffix of the roles that the template and its clones share.
    #[must_use]
    pub fn role_suffix(&self) -> String {
        format!("{}_{}", self.kind, std::process::id())
    }

    /// Returns the URL of a fresh clone. The first caller makes the template and fills it by `prepare`, which
    /// gets its URL and must have closed its connections when it ends.
    pub async fn clone_database<F: Future<Output = ()>>(&self, prepare: impl FnOnce(String) -> F) -> String {
        let template = self
            .ready
            .get_or_init(|| async {
                let name = format!("nadia_template_{}", self.role_suffix());
                prepare(fresh_database(&name).await).await;
                name
            })
            .await;
        let clone = format!("nadia_{}_{}", self.role_suffix(), CLONES.fetch_add(1, Ordering::Relaxed));
        make(&clone, &format!("TEMPLATE \"{template}\"")).await
    }
}

/// Makes an empty database and returns the superuser's URL of it. One that was left under its name goes.
///
/// # Panics
/// If it can't be made.
pub async fn fresh_database(name: &str) -> String {
    make(name, "").await
}

async fn make(name: &str, options: &str) -> String {
    execute_as_superuser(format!("DROP DATABASE IF EXISTS \"{name}\"")).await;
    execute_as_superuser(format!("CREATE DATABASE \"{name}\" {options}")).await;
    postgres_url(name)
}

/// Executes a statement as the superuser, on a connection of its own to the server's database `postgres`.
///
/// # Panics
/// If it fails.
pub async fn execute_as_superuser(sql: String) {
    let mut admin = PgConnection::connect(&postgres_url("postgres")).await.expect("the server answers");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await.expect("the superuser may do this");
    admin.close().await.expect("the connection closes");
}
