use nadia_tenant_sqlx::TenantScope;
use sqlx::{PgPool, Postgres};

async fn patients<'c>(_scope: impl TenantScope<'c, Postgres>) {}

async fn handler(pool: PgPool) {
    patients(&pool).await;
}

fn main() {
    drop(handler);
}
