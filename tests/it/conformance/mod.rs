//! The suites of `nadia_tenant_sqlx::test_kit`: in every cell, and on walls that were taken away.

mod cells;
mod isolation;

use nadia_tenant_sqlx::{Installation, InstallationConfig, test_kit};
use nadia_tests::PostgresTemplate;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

static TEMPLATE: PostgresTemplate = PostgresTemplate::new("cells");

/// Takes row-level security away from the kit's tables.
const WITHOUT_POLICIES: &str = "ALTER TABLE patients DISABLE ROW LEVEL SECURITY; \
    ALTER TABLE visits DISABLE ROW LEVEL SECURITY; ALTER TABLE notes DISABLE ROW LEVEL SECURITY; \
    ALTER TABLE counters DISABLE ROW LEVEL SECURITY";

/// Makes an installation with the kit's tables on PostgreSQL, and returns its privileged URL, too.
async fn on_postgres() -> (Installation, String) {
    let url = TEMPLATE.clone_database(|url| async move { provision(&url).await.close().await }).await;
    (provision(&url).await, url)
}

/// Makes an installation with the kit's tables on SQLite, in a folder that lives as long as is returned.
async fn on_sqlite() -> (Installation, TempDir) {
    let folder = TempDir::new().unwrap();
    (provision(&format!("sqlite:{}", folder.path().display())).await, folder)
}

async fn provision(url: &str) -> Installation {
    let config = InstallationConfig::new(url.parse().unwrap(), &test_kit::tables());
    Installation::provision(config.with_role_suffix(TEMPLATE.role_suffix())).await.unwrap()
}

/// Runs statements as the superuser in the installation's database.
async fn as_superuser(url: &str, sql: &'static str) {
    let mut admin = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
}
