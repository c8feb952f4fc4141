use nadia_tenant_core::{TenantAware, TenantId};

#[derive(TenantAware)]
#[tenant(table = "patients")]
#[tenant(table = "visits")]
struct Patient {
    #[tenant(column, column = "clinic_id")]
    clinic: TenantId,
}

fn main() {}
