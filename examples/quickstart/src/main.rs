//! Two clinics on one table: the handler runs plain sqlx and sees its own clinic's rows only.
//!
//! ```text
//! cargo run -p quickstart
//! curl -i http://north.localhost:3000/patients/1      # 200: Ann Example
//! curl -i http://south.localhost:3000/patients/1      # 404: not a patient of south's
//! ```

use axum::extract::{Path, State};
use axum::{Router, http::StatusCode, routing::get};
use nadia_tenant_core::{CellLayout, Tenant, TenantId, TenantRef};
use nadia_tenant_sqlx::{DatabaseUrl, Installation, InstallationConfig, TenantDb};
use nadia_tenant_tower::{CachedStore, SubdomainResolver, Tenant as Caller, TenantLayer};
use sqlx::{Sqlite, query, query_scalar};

async fn patient(db: State<TenantDb<Sqlite>>, Caller(clinic): Caller, id: Path<i64>) -> Result<String, StatusCode> {
    let mut scope = db.conn(&clinic).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let name = query_scalar("SELECT name FROM patients WHERE id = ?").bind(*id).fetch_optional(&mut scope).await;
    name.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?.ok_or(StatusCode::NOT_FOUND)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("nadia-quickstart-{}", std::process::id()));
    let config = InstallationConfig::new(DatabaseUrl::sqlite(folder), &sqlx::migrate!());
    let installation = Installation::provision(config).await?;
    let clinics = CachedStore::new(installation.control().store(), CellLayout::empty());
    let db = installation.sqlite().ok_or("the URL names SQLite")?.clone();
    for slug in ["north", "south"] {
        let clinic = Tenant::new(TenantId::new(), slug.parse()?, "free".parse()?);
        installation.control().create(&clinic).await?;
    }
    let north = clinics.find(&TenantRef::Slug("north".parse()?)).await?.ok_or("created above")?;
    query("INSERT INTO patients (id, name) VALUES (1, 'Ann Example')").execute(&mut db.conn(&north).await?).await?;

    let tenants = TenantLayer::new(clinics).add_resolver(SubdomainResolver::new("localhost")?);
    let app = Router::new().route("/patients/{id}", get(patient)).layer(tenants).with_state(db);
    Ok(axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, app).await?)
}
