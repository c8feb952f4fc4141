use nadia_tenant_core::{TenantAware, TenantId};

#[derive(TenantAware)]
#[tenant(table = "patients")]
struct Patient {
    tenant_id: String,
}

#[derive(TenantAware)]
#[tenant(table = "visits")]
struct Visit {
    tenant_id: Option<TenantId>,
}

fn main() {}
