//! The same answers everywhere.

use nadia_tenant_core::Isolation;
use nadia_tenant_sqlx::{
    Error,
    test_kit::{Cell, Report, conformance},
};

use super::{WITHOUT_POLICIES, as_superuser, on_postgres, on_sqlite};

async fn run(cell: Cell) -> Report {
    conformance(&cell).await.unwrap()
}

#[tokio::test]
async fn postgres_shared_by_guard_and_row_level_security() {
    let (installation, _) = on_postgres().await;
    let report = run(Cell::new("PostgreSQL, shared", &installation, Isolation::Shared)).await;
    // The cell in which nothing is missing says what is expected of all.
    if std::env::var_os("NADIA_UPDATE").is_some() {
        let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../nadia-tenant-sqlx/src/test_kit/conformance/expected.txt");
        std::fs::write(kept, report.transcript()).unwrap();
        return;
    }
    report.assert_conforms();
}

#[tokio::test]
async fn postgres_shared_by_the_guard_alone() {
    let (installation, url) = on_postgres().await;
    as_superuser(&url, WITHOUT_POLICIES).await;
    let cell = Cell::new("PostgreSQL, shared, guard only", &installation, Isolation::Shared);
    run(cell.dangerous_without_row_level_security()).await.assert_conforms();
}

#[tokio::test]
async fn postgres_shared_by_row_level_security_alone() {
    let (installation, _) = on_postgres().await;
    let cell = Cell::new("PostgreSQL, shared, row-level security only", &installation, Isolation::Shared);
    run(cell.dangerous_without_guard()).await.assert_conforms();
}

#[tokio::test]
async fn postgres_with_a_schema_for_each_tenant() {
    let (installation, _) = on_postgres().await;
    run(Cell::new("PostgreSQL, schema", &installation, Isolation::Schema)).await.assert_conforms();
}

#[tokio::test]
async fn postgres_with_a_database_for_each_tenant() {
    let (installation, _) = on_postgres().await;
    run(Cell::new("PostgreSQL, database", &installation, Isolation::Database)).await.assert_conforms();
}

#[tokio::test]
async fn sqlite_shared() {
    let (installation, _folder) = on_sqlite().await;
    run(Cell::new("SQLite, shared", &installation, Isolation::Shared)).await.assert_conforms();
}

#[tokio::test]
async fn sqlite_with_a_file_for_each_tenant() {
    let (installation, _folder) = on_sqlite().await;
    run(Cell::new("SQLite, database", &installation, Isolation::Database)).await.assert_conforms();
}

#[tokio::test]
async fn a_cell_without_any_wall_deviates() {
    let (installation, _folder) = on_sqlite().await;
    let cell = Cell::new("SQLite, shared, no wall", &installation, Isolation::Shared).dangerous_without_guard();
    let report = run(cell).await;
    assert!(!report.conforms());
    for case in ["statements without WHERE", "joins", "aggregates", "another tenant's rows", "50 tasks of 20 tenants"] {
        let found = report.deviations().iter().any(|deviation| deviation.starts_with(&format!("# {case}\n")));
        assert!(found, "{case}\n{}", report.transcript());
    }
}

#[tokio::test]
async fn a_wall_that_is_said_to_be_missing_must_be_missing() {
    let (installation, _) = on_postgres().await;
    let cell = Cell::new("PostgreSQL, shared", &installation, Isolation::Shared);
    let report = run(cell.dangerous_without_row_level_security()).await;
    let cases = report.deviations().iter().filter_map(|deviation| deviation.lines().next());
    assert_eq!(cases.collect::<Vec<_>>(), ["# another tenant's id"; 5]);
}

#[tokio::test]
async fn an_installation_without_the_tables_is_refused() {
    let bed = nadia_tests::Bed::sqlite().await;
    let refused = conformance(&Cell::new("SQLite", &bed.installation, Isolation::Shared)).await;
    assert!(matches!(refused, Err(Error::Config(_))), "{refused:?}");
}
