//! A program outside the workspace, built against the packaged crates with their default features.

use nadia_quota::{Plans, QuotaLayer};
use nadia_tenant_core::{TenantAware, TenantId, TenantSlug};
use nadia_tenant_sqlx::{Catalog, Installation};
use nadia_tenant_tower::{HeaderResolver, TenantLayer};

#[derive(TenantAware)]
#[tenant(table = "patients")]
struct Patient {
    tenant_id: TenantId,
}

fn main() {
    let tenant = TenantId::new();
    assert_eq!(Patient { tenant_id: tenant }.tenant_id(), tenant);
    assert_eq!(Patient::TABLE, "patients");
    assert!(TenantSlug::parse("north-clinic").is_ok());
    assert!(TenantSlug::parse("North Clinic").is_err());

    // Named, so that each crate is linked and its public names are where they are expected.
    let _ = std::any::type_name::<(Plans, QuotaLayer, Catalog, Installation, HeaderResolver)>();
    let _: Option<TenantLayer<()>> = None;
    println!("the packaged crates work outside the workspace");
}
