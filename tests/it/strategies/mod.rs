//! Tenants with a place of their own beside those who share one.

mod bad;
mod cut;
mod fleet;
mod life;

use async_trait::async_trait;
use nadia_tenant_core::{
    CellLayout, Dialect, Isolation, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId, TenantSlug,
};
use nadia_tenant_sqlx::{Error, Installation, Seed, portable::Tx};
use nadia_tests::Bed;
use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
    types::time::OffsetDateTime,
};
use uuid::Uuid;

/// Returns the isolations that a bed's database has.
fn isolations(bed: &Bed) -> Vec<Isolation> {
    let all = Isolation::ALL.into_iter();
    all.filter(|isolation| bed.dialect() == Dialect::Postgres || *isolation != Isolation::Schema).collect()
}

/// Describes a tenant that isn't there yet.
fn wanted(slug: &str, isolation: Isolation) -> Tenant {
    let slug = TenantSlug::parse(slug).unwrap();
    Tenant::new(TenantId::new(), slug, "starter".parse().unwrap()).with_isolation(isolation)
}

/// Makes a tenant, and returns its context.
async fn made(bed: &Bed, slug: &str, isolation: Isolation) -> TenantContext {
    let tenant = bed.installation.create_tenant(&wanted(slug, isolation), None).await.unwrap();
    context(&tenant)
}

fn context(tenant: &Tenant) -> TenantContext {
    let cell = TenantCells::new(CellLayout::empty()).cell(tenant.id());
    TenantContext::new(tenant.clone(), cell, ResolvedBy::Job)
}

/// Returns the bed's migrations and one more, with version 2.
fn and_then(sql: &'static str) -> Migrator {
    let second = Migration::new(2, "second".into(), MigrationType::Simple, sql.into_sql_str(), false);
    let all = nadia_tests::PLACE.iter().cloned().chain([second]);
    Migrator::with_migrations(all.collect())
}

/// Puts one patient into a new place.
struct FirstPatient;

#[async_trait]
impl Seed for FirstPatient {
    fn name(&self) -> &str {
        "first patient"
    }

    async fn seed(&self, tx: &mut Tx) -> Result<(), Error> {
        let insert = tx.query("INSERT INTO patients (id, name, country, created_at) VALUES ($1, 'First', 'de', $2)");
        insert.bind(Uuid::now_v7()).bind(OffsetDateTime::now_utc()).execute().await.map(drop)
    }
}

/// Returns the names of the patients that a tenant sees, sorted.
async fn names(installation: &Installation, ctx: &TenantContext) -> Vec<String> {
    let mut scope = installation.tenants().conn(ctx).await.unwrap();
    let rows = scope.query("SELECT name FROM patients ORDER BY name").fetch_all().await.unwrap();
    rows.iter().map(|row| row.get("name").unwrap()).collect()
}
