//! Reads over all tenants: audited first, and never a write.

use std::{
    error::Error as _,
    sync::{Arc, Mutex, OnceLock},
};

use async_trait::async_trait;
use nadia_tenant_core::Dialect;
use nadia_tenant_sqlx::{
    AuditHook, ControlDb, CrossConn, CrossTenant, CrossTenantAccess, Error, Installation, InstallationConfig, Reason,
    RefusalKind, portable::Row,
};
use nadia_tests::{Bed, fresh_database, on_both_databases, postgres_url};
use sqlx::{Connection, PgConnection, Postgres, Sqlite, SqliteConnection, types::time::OffsetDateTime};
use uuid::Uuid;

const READ: &str = "SELECT name FROM patients ORDER BY name";

/// What the database says to a write, with the guard out of the way.
const WRITES: [&str; 4] = [
    "UPDATE patients SET name = 'x'",
    "DELETE FROM patients",
    "INSERT INTO countries (code, name) VALUES ('xx', 'x')",
    "CREATE TABLE mine (x int)",
];

async fn cross(installation: &Installation) -> CrossTenant {
    let reason = Reason::parse("figures for the yearly report").unwrap();
    installation.cross_tenant(reason).await.unwrap().by("operator 7").unwrap()
}

async fn three_patients(bed: &Bed) {
    for (tenant, name) in ["Ann of north", "Ben of south", "Cem of harbour"].into_iter().enumerate() {
        bed.add_patient(tenant, name).await;
    }
}

fn names(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| row.get("name").unwrap()).collect()
}

/// Returns reason, actor and place of each row of the audit.
async fn audited(control: &ControlDb) -> Vec<(String, Option<String>, String)> {
    let mut scope = control.conn().await.unwrap();
    let sql = "SELECT id, at, reason, actor, place FROM cross_tenant_reads ORDER BY at";
    let rows = scope.query(sql).fetch_all().await.unwrap();
    let row = |row: &Row| {
        row.get::<Uuid>("id").unwrap();
        let age = OffsetDateTime::now_utc() - row.get::<OffsetDateTime>("at").unwrap();
        assert!(age.is_positive() && age.whole_minutes() < 10, "{age}");
        (row.get("reason").unwrap(), row.get("actor").unwrap(), row.get("place").unwrap())
    };
    rows.iter().map(row).collect()
}

fn entry() -> (String, Option<String>, String) {
    ("figures for the yearly report".to_owned(), Some("operator 7".to_owned()), "shared place of main".to_owned())
}

/// Hears of accesses, and refuses them if it is told to. It looks at the installation's own record each time.
#[derive(Debug, Default)]
struct Listener {
    heard: Mutex<Vec<(CrossTenantAccess, usize)>>,
    control: OnceLock<ControlDb>,
    refuses: bool,
}

#[async_trait]
impl AuditHook for Listener {
    async fn cross_tenant(&self, access: &CrossTenantAccess) -> Result<(), Error> {
        let written = audited(self.control.get().unwrap()).await.len();
        self.heard.lock().unwrap().push((access.clone(), written));
        if self.refuses { Err(Error::Audit("the second pair of eyes said no".into())) } else { Ok(()) }
    }
}

async fn with_listener(bed: &Bed, refuses: bool) -> (Installation, Arc<Listener>) {
    let listener = Arc::new(Listener { refuses, ..Listener::default() });
    let installation = bed.with_audit_hook(listener.clone()).await;
    listener.control.set(installation.control().clone()).unwrap();
    (installation, listener)
}

fn kind(refused: Result<u64, Error>) -> RefusalKind {
    match refused {
        Err(Error::Refused(refusal)) => refusal.kind(),
        other => panic!("{other:?}"),
    }
}

/// Takes the audit's table away, as somebody with all rights could.
async fn drop_audit(bed: &Bed) {
    let sql = |schema: &str| sqlx::AssertSqlSafe(format!("DROP TABLE {schema}cross_tenant_reads"));
    match bed.dialect() {
        Dialect::Postgres => {
            let mut admin = PgConnection::connect(&bed.url).await.unwrap();
            sqlx::raw_sql(sql("nadia_control.")).execute(&mut admin).await.unwrap();
        }
        _ => {
            let mut file = SqliteConnection::connect(&format!("{}/control.sqlite", bed.url)).await.unwrap();
            sqlx::raw_sql(sql("")).execute(&mut file).await.unwrap();
        }
    }
}

on_both_databases! {
    async fn rows_of_all_tenants_are_read(bed: Bed) {
        three_patients(&bed).await;
        let mut conn = cross(&bed.installation).await.portable().await.unwrap();
        assert_eq!(conn.place().as_str(), "shared place of main");
        assert_eq!(names(&conn.query(READ).fetch_all().await.unwrap()), ["Ann of north", "Ben of south", "Cem of harbour"]);
        let sql = "SELECT name FROM patients WHERE tenant_id = $1";
        let south = bed.tenants[1].tenant().id().as_uuid();
        assert_eq!(names(&conn.query(sql).bind(south).fetch_all().await.unwrap()), ["Ben of south"]);
        let joined = "SELECT c.name FROM countries c LEFT JOIN patients p ON p.country = c.code ORDER BY c.name";
        assert_eq!(names(&conn.query(joined).fetch_all().await.unwrap()), ["France", "Germany"]);
    }

    async fn a_statement_goes_to_each_place_and_the_answers_come_by_place(bed: Bed) {
        three_patients(&bed).await;
        let cross = cross(&bed.installation).await;
        // On a task of its own, as a service would.
        let answers = tokio::spawn(async move {
            cross.each_with("SELECT name FROM patients WHERE name LIKE $1", |query| query.bind("Ben%".to_owned())).await
        });
        let answers = answers.await.unwrap();
        let [(place, Ok(rows))] = &answers[..] else { panic!("{answers:?}") };
        assert_eq!((place.as_str(), names(rows)), ("shared place of main", vec!["Ben of south".to_owned()]));
        assert_eq!(audited(bed.installation.control()).await, [entry()]);
    }

    async fn each_opening_is_audited_and_told_before_it_is_read(bed: Bed) {
        three_patients(&bed).await;
        let (installation, listener) = with_listener(&bed, false).await;
        let reads = cross(&installation).await;
        assert!(audited(installation.control()).await.is_empty(), "nothing was opened yet");
        for opening in 1..=3 {
            let mut conn = reads.portable().await.unwrap();
            assert_eq!(audited(installation.control()).await, vec![entry(); opening]);
            assert_eq!(conn.query(READ).fetch_all().await.unwrap().len(), 3);
        }
        let heard = listener.heard.lock().unwrap().clone();
        let written: Vec<usize> = heard.iter().map(|(_, written)| *written).collect();
        assert_eq!(written, [1, 2, 3], "the record stood before the hook heard");
        let (access, _) = &heard[0];
        let told = (access.reason.to_string(), access.actor.clone(), access.place.to_string());
        assert_eq!(told, entry());
    }

    async fn a_hook_that_fails_refuses_the_read(bed: Bed) {
        three_patients(&bed).await;
        let (installation, listener) = with_listener(&bed, true).await;
        let reads = cross(&installation).await;
        let refused = reads.portable().await.unwrap_err();
        assert!(matches!(refused, Error::Audit(_)), "{refused:?}");
        assert_eq!(refused.source().unwrap().to_string(), "the second pair of eyes said no");
        let answers = reads.each(READ).await;
        assert!(matches!(&answers[..], [(_, Err(Error::Audit(_)))]), "{answers:?}");
        assert_eq!(listener.heard.lock().unwrap().len(), 2);
        if bed.dialect() == Dialect::Postgres {
            assert!(matches!(reads.conn::<Postgres>().await, Err(Error::Audit(_))));
            assert_eq!(report_connections(&bed).await, 0, "not even a connection was opened");
        } else {
            assert!(matches!(reads.conn::<Sqlite>().await, Err(Error::Audit(_))));
        }
        // Refused reads are in the record, too.
        assert_eq!(audited(installation.control()).await, vec![entry(); 3]);
    }

    async fn nothing_is_read_when_the_audit_can_t_be_written(bed: Bed) {
        three_patients(&bed).await;
        let reads = cross(&bed.installation).await;
        drop_audit(&bed).await;
        let refused = reads.portable().await;
        assert!(matches!(refused, Err(Error::Audit(_))), "{refused:?}");
        let answers = reads.each(READ).await;
        assert!(matches!(&answers[..], [(_, Err(Error::Audit(_)))]), "{answers:?}");
        if bed.dialect() == Dialect::Postgres {
            assert_eq!(report_connections(&bed).await, 0);
        }
    }

    async fn a_write_is_refused_by_the_guard(bed: Bed) {
        three_patients(&bed).await;
        let mut conn = cross(&bed.installation).await.portable().await.unwrap();
        for (sql, expected) in [
            (WRITES[0], RefusalKind::ReadOnly),
            (WRITES[1], RefusalKind::ReadOnly),
            (WRITES[2], RefusalKind::ReadOnly),
            (WRITES[3], RefusalKind::Definition),
            ("SELECT slug FROM tenants", RefusalKind::ControlTable),
            ("SELECT reason FROM cross_tenant_reads", RefusalKind::ControlTable),
            ("SELECT 1; DELETE FROM patients", RefusalKind::StatementCount),
        ] {
            assert_eq!(kind(conn.query(sql).execute().await), expected, "{sql}");
        }
        assert_eq!(conn.query(READ).fetch_all().await.unwrap().len(), 3);
    }

    async fn a_write_is_refused_by_the_database_without_the_guard(bed: Bed) {
        three_patients(&bed).await;
        let open = cross(&bed.installation).await.dangerous_without_guard();
        for sql in WRITES {
            let mut conn = open.portable().await.unwrap();
            let written = conn.query(sql).execute().await;
            let Err(Error::Sqlx(sqlx::Error::Database(error))) = written else { panic!("{sql}: {written:?}") };
            let code = error.code().unwrap_or_default().into_owned();
            // A read-only transaction, or a read-only file.
            assert!(["25006", "8"].contains(&code.as_str()), "{sql}: {error:?}");
        }
        assert_eq!(names(&open.portable().await.unwrap().query(READ).fetch_all().await.unwrap()).len(), 3);
    }

    async fn a_tenants_scope_sees_its_own_rows_after_a_read_over_all(bed: Bed) {
        three_patients(&bed).await;
        let mut conn = cross(&bed.installation).await.portable().await.unwrap();
        assert_eq!(conn.query(READ).fetch_all().await.unwrap().len(), 3);
        drop(conn);
        for (tenant, name) in ["Ann of north", "Ben of south", "Cem of harbour"].into_iter().enumerate() {
            assert_eq!(bed.names(tenant).await, [name]);
        }
    }

    async fn the_budget_is_its_own(bed: Bed) {
        let reads = cross(&bed.installation).await;
        // Whatever reports hold, scopes get their connections.
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(reads.portable().await.unwrap());
        }
        let mut fifth = Box::pin(reads.portable());
        let waits = tokio::time::timeout(std::time::Duration::from_millis(300), &mut fifth).await;
        assert!(waits.is_err(), "four connections are all there are");
        let scopes = [bed.conn(0).await, bed.conn(1).await, bed.conn(2).await];
        drop((held, scopes));
        fifth.await.unwrap();
    }
}

/// Counts the connections of the role that reports.
async fn report_connections(bed: &Bed) -> i64 {
    let mut admin = PgConnection::connect(&bed.url).await.unwrap();
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE 'nadia\\_report\\_%'";
    sqlx::query_scalar(sql).fetch_one(&mut admin).await.unwrap()
}

#[tokio::test]
async fn plain_sqlx_runs_on_postgresql_as_a_role_that_only_reads() {
    let bed = Bed::postgres().await;
    three_patients(&bed).await;
    let reads = cross(&bed.installation).await;
    let mut conn: CrossConn<Postgres> = reads.conn().await.unwrap();
    let names: Vec<String> = sqlx::query_scalar(READ).fetch_all(&mut conn).await.unwrap();
    assert_eq!(names, ["Ann of north", "Ben of south", "Cem of harbour"]);
    let refused = sqlx::query("DELETE FROM patients").execute(&mut conn).await;
    assert!(matches!(refused, Err(sqlx::Error::Configuration(_))), "{refused:?}");
    assert!(matches!(reads.conn::<Sqlite>().await, Err(Error::Config(_))));
    assert_eq!(audited(bed.installation.control()).await.len(), 1, "what isn't opened isn't in the record");

    let mut open: CrossConn<Postgres> = reads.dangerous_without_guard().conn().await.unwrap();
    let role: String = sqlx::query_scalar("SELECT current_user::text").fetch_one(&mut open).await.unwrap();
    assert!(role.starts_with("nadia_report_"), "{role}");
    let passes: bool =
        sqlx::query_scalar("SELECT rolsuper OR rolbypassrls OR EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid) FROM pg_roles r WHERE rolname = current_user")
            .fetch_one(&mut open)
            .await
            .unwrap();
    assert!(!passes, "the role is one that policies bind");
}

#[tokio::test]
async fn plain_sqlx_runs_on_sqlite() {
    let bed = Bed::sqlite().await;
    three_patients(&bed).await;
    let reads = cross(&bed.installation).await;
    let mut conn: CrossConn<Sqlite> = reads.conn().await.unwrap();
    let names: Vec<String> = sqlx::query_scalar(READ).fetch_all(&mut conn).await.unwrap();
    assert_eq!(names, ["Ann of north", "Ben of south", "Cem of harbour"]);
    // The file is closed to it, even if the session is talked out of reading alone.
    let mut open: CrossConn<Sqlite> = reads.dangerous_without_guard().conn().await.unwrap();
    sqlx::query("PRAGMA query_only = OFF").execute(&mut open).await.unwrap();
    let written = sqlx::query("DELETE FROM patients").execute(&mut open).await.unwrap_err();
    assert_eq!(written.into_database_error().unwrap().code().as_deref(), Some("8"));
    let control = sqlx::query("SELECT slug FROM tenants").fetch_all(&mut open).await;
    assert!(control.is_err(), "the control tables are in another file");
}

/// The session says read-only, and the role has no right to write even if the session is talked out of it.
#[tokio::test]
async fn the_report_role_may_neither_write_nor_see_control_tables() {
    let bed = Bed::postgres().await;
    three_patients(&bed).await;
    let open = cross(&bed.installation).await.dangerous_without_guard();
    for sql in [
        "UPDATE patients SET name = 'x'",
        "DELETE FROM patients",
        "TRUNCATE patients",
        "INSERT INTO countries (code, name) VALUES ('xx', 'x')",
        "SELECT name FROM patients FOR UPDATE",
        "CREATE TABLE public.mine (x int)",
        "CREATE TEMPORARY TABLE mine (x int)",
        "SELECT slug FROM nadia_control.tenants",
        "SELECT reason FROM nadia_control.cross_tenant_reads",
        "DELETE FROM nadia_control.cross_tenant_reads",
        "SELECT password FROM nadia_control.role_secrets",
        "SET ROLE postgres",
    ] {
        let mut conn: CrossConn<Postgres> = open.conn().await.unwrap();
        sqlx::query("SET default_transaction_read_only = off").execute(&mut conn).await.unwrap();
        let done = sqlx::query(sql).execute(&mut conn).await;
        let code = done.unwrap_err().into_database_error().and_then(|e| e.code().map(|c| c.into_owned()));
        assert_eq!(code.as_deref(), Some("42501"), "{sql}");
    }
}

#[tokio::test]
async fn a_scope_never_has_the_right_to_report() {
    let bed = Bed::postgres().await;
    three_patients(&bed).await;
    let mut conn = cross(&bed.installation).await.portable().await.unwrap();
    assert_eq!(conn.query(READ).fetch_all().await.unwrap().len(), 3);
    drop(conn);
    let mut scope = bed.without_guard().conn(&bed.tenants[0]).await.unwrap();
    let sql = "SELECT current_user::text AS role, \
               pg_has_role(replace(current_user, 'nadia_app_', 'nadia_report_'), 'MEMBER') AS member";
    let row = scope.query(sql).fetch_one().await.unwrap();
    assert!(row.get::<String>("role").unwrap().starts_with("nadia_app_"));
    assert!(!row.get::<bool>("member").unwrap());
    assert_eq!(names(&scope.query(READ).fetch_all().await.unwrap()), ["Ann of north"]);
}

/// As an installation of an earlier version left it: the role is there and can't log in.
#[tokio::test]
async fn a_role_that_could_not_log_in_can_after_the_next_start() {
    let database = format!("nadia_cross_{}", std::process::id());
    let config =
        InstallationConfig::new(fresh_database(&database).await.parse().unwrap(), &sqlx::migrate!("migrations/place"));
    Installation::provision(config).await.unwrap().close().await;
    let mut admin = PgConnection::connect(&postgres_url(&database)).await.unwrap();
    let role = format!("nadia_report_{database}");
    let before = format!(
        "ALTER ROLE {role} NOLOGIN PASSWORD NULL; DELETE FROM nadia_control.role_secrets WHERE role = '{role}'"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(before)).execute(&mut admin).await.unwrap();
    let config = InstallationConfig::new(postgres_url(&database).parse().unwrap(), &sqlx::migrate!("migrations/place"));
    let installation = Installation::provision(config).await.unwrap();
    assert!(cross(&installation).await.portable().await.unwrap().query(READ).fetch_all().await.unwrap().is_empty());
}
