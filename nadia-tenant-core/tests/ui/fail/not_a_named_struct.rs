use nadia_tenant_core::{TenantAware, TenantId};

#[derive(TenantAware)]
#[tenant(table = "patients")]
struct Tuple(TenantId);

#[derive(TenantAware)]
#[tenant(table = "patients")]
struct Unit;

#[derive(TenantAware)]
#[tenant(table = "patients")]
enum Either {
    One { tenant_id: TenantId },
}

#[derive(TenantAware)]
#[tenant(table = "patients")]
union Both {
    tenant_id: TenantId,
}

fn main() {}
