use nadia_tenant_core::{TenantAware, TenantId};

#[derive(TenantAware)]
#[tenant(tabel = "patients", schema("public"), table = "patients")]
#[tenant]
struct Patient {
    #[tenant()]
    #[tenant(rename = "clinic_id")]
    tenant_id: TenantId,
}

fn main() {}
