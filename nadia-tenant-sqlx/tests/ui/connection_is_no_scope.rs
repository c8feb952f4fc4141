use nadia_tenant_sqlx::TenantScope;
use sqlx::{SqliteConnection, Sqlite};

async fn patients<'c>(_scope: impl TenantScope<'c, Sqlite>) {}

async fn handler(mut connection: SqliteConnection) {
    patients(&mut connection).await;
}

fn main() {
    drop(handler);
}
