use nadia_tenant_core::{TenantAware, TenantId};

#[derive(TenantAware)]
struct Patient {
    tenant_id: TenantId,
}

fn main() {}
