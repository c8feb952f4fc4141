use nadia_tenant_sqlx::{CrossConn, TenantScope};
use sqlx::Sqlite;

async fn patients<'c>(_scope: impl TenantScope<'c, Sqlite>) {}

async fn report(mut connection: CrossConn<Sqlite>) {
    patients(&mut connection).await;
}

fn main() {
    drop(report);
}
