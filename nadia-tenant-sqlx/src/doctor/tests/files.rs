use std::path::Path;

use nadia_tenant_core::Dialect;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    Catalog, TableKind,
    doctor::{Diagnosis, ExpectedFile, Finding, examine_sqlite},
};

const PLACE: &str = "
    CREATE TABLE countries (code text NOT NULL PRIMARY KEY, name text NOT NULL);
    CREATE TABLE patients (
        tenant_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, email text,
        country text REFERENCES countries (code), PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, email));
    CREATE TABLE visits (
        tenant_id uuid NOT NULL, id bigint NOT NULL, patient_id uuid NOT NULL, reason text, PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, patient_id) REFERENCES patients);
    CREATE INDEX visits_of_patient ON visits (tenant_id, patient_id);";
const CONTROL: &str = "CREATE TABLE tenants (id uuid NOT NULL PRIMARY KEY, slug text NOT NULL UNIQUE);";

/// Faults, and what must be found of them.
const CASES: &[(&str, &[(&str, &str)])] = &[
    ("DROP TABLE visits", &[("table_missing", "visits")]),
    ("CREATE TABLE scratch (x int)", &[("table_not_in_catalog", "scratch")]),
    ("CREATE TABLE tenants (id uuid)", &[("table_misplaced", "tenants")]),
    ("ALTER TABLE patients DROP COLUMN name", &[("column_missing", "patients.name")]),
    ("ALTER TABLE patients ADD COLUMN extra text", &[("column_unknown", "patients.extra")]),
    (
        "DROP TABLE visits; CREATE TABLE visits (id bigint NOT NULL, patient_id uuid NOT NULL, reason text)",
        &[("tenant_column_missing", "visits")],
    ),
    (
        "DROP TABLE visits; CREATE TABLE visits (tenant_id uuid, id bigint NOT NULL, patient_id uuid NOT NULL, reason text)",
        &[("tenant_column_nullable", "visits.tenant_id")],
    ),
    (
        "DROP TABLE visits; CREATE TABLE visits (tenant_id uuid NOT NULL, id bigint NOT NULL, patient_id uuid, reason text)",
        &[("column_differs", "visits.patient_id")],
    ),
    (
        "DROP TABLE visits; CREATE TABLE visits (
             tenant_id uuid NOT NULL, id integer NOT NULL PRIMARY KEY, patient_id uuid NOT NULL, reason text UNIQUE)",
        &[("primary_key_without_tenant", "visits"), ("unique_without_tenant", "visits (reason)")],
    ),
    ("CREATE UNIQUE INDEX by_reason ON visits (reason)", &[("unique_without_tenant", "by_reason")]),
    (
        "CREATE UNIQUE INDEX IF NOT EXISTS \"By (Reason)\" ON visits (lower(reason)) WHERE reason > ''",
        &[("unique_without_tenant", "By (Reason)")],
    ),
    ("CREATE INDEX by_reason ON visits (reason)", &[("index_not_led_by_tenant", "by_reason")]),
    (
        "DROP TABLE visits; CREATE TABLE visits (
             tenant_id uuid NOT NULL, id bigint NOT NULL, patient_id uuid NOT NULL REFERENCES patients (id), reason text)",
        &[("foreign_key_without_tenant", "visits (patient_id)")],
    ),
    (
        // The tenant column is in it, and compared with another.
        "DROP TABLE visits; CREATE TABLE visits (
             tenant_id uuid NOT NULL, id bigint NOT NULL, patient_id uuid NOT NULL, reason text,
             FOREIGN KEY (patient_id, tenant_id) REFERENCES patients)",
        &[("foreign_key_without_tenant", "visits (patient_id, tenant_id)")],
    ),
    (
        "CREATE TABLE tags (code text PRIMARY KEY); DROP TABLE visits; CREATE TABLE visits (
             tenant_id uuid NOT NULL, id bigint NOT NULL, patient_id uuid NOT NULL, reason text REFERENCES tags)",
        &[("table_not_in_catalog", "tags"), ("foreign_key_other_kind", "visits (reason)")],
    ),
    ("CREATE VIEW seen AS SELECT * FROM patients", &[("view", "seen")]),
    (
        "CREATE TRIGGER logs AFTER INSERT ON visits BEGIN UPDATE patients SET name = ''; END",
        &[("trigger", "logs")],
    ),
    ("PRAGMA foreign_keys = OFF", &[("foreign_keys_off", "this connection")]),
    (
        // A row that the table's own text forbids.
        "INSERT INTO visits (tenant_id, id, patient_id, reason) VALUES (x'01', 1, x'02', NULL);
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, 'reason text', 'reason text NOT NULL') WHERE name = 'visits';
         PRAGMA writable_schema = RESET",
        &[("column_differs", "visits.reason"), ("file_damaged", "the file")],
    ),
];

/// Returns the codes that cases here expect.
pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    CASES.iter().flat_map(|(_, findings)| *findings).map(|(code, _)| *code).chain(["file_mode"])
}

async fn open(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).foreign_keys(true);
    options.connect().await.unwrap()
}

async fn run(connection: &mut SqliteConnection, sql: &str) {
    let result = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await;
    result.unwrap_or_else(|error| panic!("{error}\nin {sql}"));
}

fn catalog() -> Catalog {
    let builder = Catalog::builder(Dialect::Sqlite).control_ddl(CONTROL).unwrap();
    builder.ddl(PLACE).unwrap().build().unwrap()
}

fn expected<'a>(catalog: &'a Catalog, path: Option<&'a Path>) -> ExpectedFile<'a> {
    let kinds = &[TableKind::Tenant, TableKind::Reference];
    ExpectedFile { catalog, kinds, internal_tables: &["_place_migrations"], path }
}

fn shown(findings: &[Finding]) -> Vec<(&str, &str)> {
    findings.iter().map(|found| (found.check(), found.object())).collect()
}

async fn healthy(folder: &Path, name: &str) -> SqliteConnection {
    let mut connection = open(&folder.join(name)).await;
    run(&mut connection, PLACE).await;
    run(&mut connection, "CREATE TABLE _place_migrations (version bigint)").await;
    connection
}

#[tokio::test]
async fn finds_what_differs_in_a_file() {
    let folder = tempfile::TempDir::new().unwrap();
    let catalog = catalog();
    let expected = expected(&catalog, None);
    for (at, (fault, findings)) in CASES.iter().enumerate() {
        let mut connection = healthy(folder.path(), &at.to_string()).await;
        assert_eq!(shown(&examine_sqlite(&mut connection, &expected).await.unwrap()), []);
        // Only the fault's foreign keys are looked at, not its rows'.
        run(&mut connection, "PRAGMA foreign_keys = OFF").await;
        run(&mut connection, fault).await;
        if !fault.starts_with("PRAGMA foreign_keys") {
            run(&mut connection, "PRAGMA foreign_keys = ON").await;
        }
        let found = examine_sqlite(&mut connection, &expected).await.unwrap();
        assert_eq!(shown(&found), *findings, "after {fault}");

        let unmended: Vec<_> = found.iter().filter(|found| found.fix().is_none()).cloned().collect();
        let migration = Diagnosis::new([("here".to_owned(), found)]).migration();
        run(&mut connection, &format!("BEGIN; {migration}; COMMIT")).await;
        let left = examine_sqlite(&mut connection, &expected).await.unwrap();
        assert_eq!(shown(&left), shown(&unmended), "after {fault}\nmended by {migration}");
        connection.close().await.unwrap();
    }
}

#[tokio::test]
async fn looks_at_the_control_file_by_its_own_tables() {
    let folder = tempfile::TempDir::new().unwrap();
    let catalog = catalog();
    let mut connection = open(&folder.path().join("control.sqlite")).await;
    run(&mut connection, CONTROL).await;
    let expected = ExpectedFile { kinds: &[TableKind::Control], ..expected(&catalog, None) };
    assert_eq!(shown(&examine_sqlite(&mut connection, &expected).await.unwrap()), []);
    run(&mut connection, "CREATE TABLE patients (id uuid)").await;
    assert_eq!(shown(&examine_sqlite(&mut connection, &expected).await.unwrap()), [("table_misplaced", "patients")]);
}

#[cfg(unix)]
#[tokio::test]
async fn finds_a_file_that_others_may_open() {
    use std::{fs, os::unix::fs::PermissionsExt};

    let folder = tempfile::TempDir::new().unwrap();
    let catalog = catalog();
    let mut connection = healthy(folder.path(), "place.sqlite").await;
    let path = folder.path().join("place.sqlite");
    let shown_path = path.display().to_string();
    let expected = expected(&catalog, Some(&path));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(shown(&examine_sqlite(&mut connection, &expected).await.unwrap()), []);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let found = examine_sqlite(&mut connection, &expected).await.unwrap();
    assert_eq!(shown(&found), [("file_mode", shown_path.as_str())]);
    assert_eq!(found[0].detail(), Some("mode 0640"));
}
