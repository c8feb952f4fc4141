//! Tenants with a place of their own beside those who share one.

mod fleet;
mod life;

use nadia_tenant_core::{
    CellLayout, Dialect, Isolation, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId, TenantSlug,
};
use nadia_tests::Bed;
use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

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
