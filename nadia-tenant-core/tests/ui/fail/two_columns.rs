use nadia_tenant_core::{TenantAware, TenantId};

#[derive(TenantAware)]
#[tenant(table = "transfers")]
struct Transfer {
    #[tenant(column)]
    from: TenantId,
    #[tenant(column)]
    to: TenantId,
}

fn main() {}
