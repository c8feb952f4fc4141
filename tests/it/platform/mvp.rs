//! What the tests of `nadia import-mvp` share: sources, reports, and a look at what a clinic has then.

use std::sync::atomic::{AtomicU32, Ordering};

use nadia_tests::{BASE, Ground, Http, Outcome, PASSWORD, Place, fresh_database};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

pub(super) const KINDS: [Place; 2] = [Place::Sqlite, Place::Postgres];
pub(super) const OWNER: &str = "owner@north.example";
pub(super) const TABLES: [&str; 4] = ["patients", "appointments", "notes", "documents"];
static SOURCES: AtomicU32 = AtomicU32::new(0);

/// A single-user product's database, made up.
pub(super) struct Source {
    pub(super) from: String,
    kind: Place,
    _folder: TempDir,
}

impl Source {
    pub(super) async fn new(ground: &Ground, kind: Place, patients: u32, seed: u32) -> Self {
        let source = Self::empty(kind).await;
        let (patients, seed) = (patients.to_string(), seed.to_string());
        let args = ["mvp-demo", "--to", &source.from, "--patients", &patients, "--seed", &seed];
        let made = ground.run(&args).await;
        assert!(made.done().contains("all of it is synthetic"), "{made:?}");
        source
    }

    pub(super) async fn empty(kind: Place) -> Self {
        let folder = TempDir::new().unwrap();
        let number = SOURCES.fetch_add(1, Ordering::Relaxed);
        let from = match kind {
            Place::Sqlite => folder.path().join("mvp.sqlite").to_str().unwrap().to_owned(),
            Place::Postgres => fresh_database(&format!("nadia_mvp_{}_{number}", std::process::id())).await,
        };
        Self { from, kind, _folder: folder }
    }

    pub(super) async fn execute(&self, sql: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self.kind {
            Place::Sqlite => {
                let options = SqliteConnectOptions::new().filename(&self.from).create_if_missing(true);
                let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                sql.execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Place::Postgres => drop(sql.execute(&mut PgConnection::connect(&self.from).await.unwrap()).await.unwrap()),
        }
    }

    pub(super) fn import<'a>(&'a self, slug: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        ["import-mvp", "--from", &self.from, "--tenant", slug, "--json"].iter().chain(more).copied().collect()
    }

    pub(super) fn create<'a>(&'a self, slug: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let create = ["--create", "--name", "A Clinic", "--owner-email", OWNER];
        self.import(slug, &create.iter().chain(more).copied().collect::<Vec<_>>())
    }
}

/// The report, which stands on the last line.
#[track_caller]
pub(super) fn report(outcome: &Outcome) -> Value {
    serde_json::from_str(outcome.done().lines().last().unwrap()).unwrap()
}

pub(super) fn column(report: &Value, name: &str) -> Vec<Value> {
    let tables = report["tables"].as_array().unwrap().iter();
    let tables: Vec<_> = tables.inspect(|table| assert!(TABLES.contains(&table["table"].as_str().unwrap()))).collect();
    assert_eq!(tables.len(), TABLES.len());
    tables.into_iter().map(|table| table[name].clone()).collect()
}

pub(super) fn findings(report: &Value, table: usize) -> impl Iterator<Item = (&str, &Value)> {
    report["tables"][table]["findings"].as_array().unwrap().iter().map(|found| (found["rule"].as_str().unwrap(), found))
}

/// An installation without clinics.
pub(super) async fn installed(place: Place) -> Ground {
    let ground = Ground::new(place).await;
    ground.run(&["migrate"]).await.done();
    ground
}

/// All patients that a clinic's API lists, in its order.
pub(super) async fn patients(http: &Http, host: &str, token: &str) -> Vec<Value> {
    let (mut all, mut path) = (Vec::new(), "/api/v1/patients?limit=100".to_owned());
    loop {
        let mut page = http.get(host, &path).token(token).send().await.expect(200);
        all.append(page["data"].as_array_mut().unwrap());
        match page["page"]["next"].as_str() {
            Some(next) => path = format!("/api/v1/patients?limit=100&cursor={next}"),
            None => return all,
        }
    }
}

pub(super) async fn log_in(http: &Http, slug: &str) -> (String, String) {
    let host = format!("{slug}.{BASE}");
    let grant = http.log_in(&host, OWNER, PASSWORD).await.expect(200);
    (host, grant["access_token"].as_str().unwrap().to_owned())
}

/// Runs a statement in the place of clinics that share one, as a superuser or whoever owns the file.
pub(super) async fn in_shared(ground: &Ground, sql: &str) -> i64 {
    match ground.database() {
        Some(url) => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap()
        }
        None => {
            let options = SqliteConnectOptions::new().filename(ground.folder().join("shared.sqlite"));
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap()
        }
    }
}
