use nadia_tenant_sqlx::TenantConn;
use sqlx::{Connection, Postgres};

async fn escape(mut scope: TenantConn<Postgres>) {
    let _ = scope.begin().await;
}

fn main() {
    drop(escape);
}
