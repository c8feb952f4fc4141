use nadia_tenant_core::{TenantAware, TenantId};

#[derive(TenantAware)]
#[tenant(column)]
struct Patient {
    #[tenant(table = "x", colum)]
    clinic: TenantId,
}

fn tenant(patient: &Patient) -> TenantId {
    patient.tenant_id()
}

fn main() {}
