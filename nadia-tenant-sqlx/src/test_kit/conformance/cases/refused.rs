use super::{clinics, patients, visits};
use crate::{
    Error,
    test_kit::conformance::stage::{NORTH, Stage},
};

/// What each database calls its own is written in its own words; the steps are the same.
pub(super) async fn statements(stage: &mut Stage<'_>) -> Result<(), Error> {
    clinics(stage).await?;
    let asked = [
        ("the database's own tables", stage.either("SELECT relname FROM pg_class", "SELECT name FROM sqlite_master")),
        ("the same in capitals", stage.either("SELECT relname FROM PG_CLASS", "SELECT name FROM SQLITE_MASTER")),
        (
            "the same by a schema",
            stage.either("SELECT relname FROM pg_catalog.pg_class", "SELECT name FROM main.sqlite_schema"),
        ),
        ("a control table", "SELECT slug FROM tenants"),
        (
            "a control table by its schema",
            stage.either("SELECT slug FROM nadia_control.tenants", "SELECT slug FROM control.tenants"),
        ),
        ("a column of the database's own", stage.either("SELECT ctid FROM patients", "SELECT rowid FROM patients")),
        ("two statements", "SELECT 1; DELETE FROM patients"),
        (
            "the session's state",
            stage.either("SELECT set_config('nadia.tenant_id', '', true)", "PRAGMA foreign_keys = OFF"),
        ),
        (
            "the session's state by a statement",
            stage.either("SET LOCAL nadia.tenant_id = ''", "PRAGMA case_sensitive_like = ON"),
        ),
        ("a savepoint of one's own", "SAVEPOINT mine"),
        ("a new table", "CREATE TABLE mine (x bigint)"),
        ("a dropped table", "DROP TABLE counters"),
        ("a table without its wall", "ALTER TABLE patients ADD COLUMN x bigint"),
        ("TRUNCATE", "TRUNCATE patients"),
        ("a function that isn't listed", stage.either("SELECT version()", "SELECT sqlite_version()")),
        ("EXPLAIN", "EXPLAIN SELECT name FROM patients"),
        ("a row moved to another tenant", "UPDATE patients SET tenant_id = id"),
    ];
    for (step, sql) in asked {
        // Rolled back, so that what a cell without the guard lets pass is undone.
        let mut tx = stage.begin(NORTH).await?;
        let outcome = tx.query(sql).fetch_all().await;
        stage.ran(step, outcome);
        tx.rollback().await?;
    }
    patients(stage, "after all that").await?;
    visits(stage, "after all that").await
}
