use nadia_tenant_core::{TenantAware, TenantId};

#[derive(TenantAware)]
#[tenant(table = "patients")]
struct Patient {
    clinic: TenantId,
}

fn main() {}
