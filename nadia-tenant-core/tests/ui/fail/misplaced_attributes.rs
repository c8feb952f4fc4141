use nadia_tenant_core::{TenantAware, TenantId};

#[derive(TenantAware)]
#[tenant(column = "clinic_id", table = "patients")]
struct Patient {
    #[tenant(table = "patients")]
    tenant_id: TenantId,
}

fn main() {}
