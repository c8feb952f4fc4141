use nadia_tenant_core::{TenantAware, TenantId};

#[derive(TenantAware)]
#[tenant(table = 7)]
struct Number {
    #[tenant(column = 'c')]
    clinic: TenantId,
}

#[derive(TenantAware)]
#[tenant(table)]
struct Bare {
    tenant_id: TenantId,
}

#[derive(TenantAware)]
#[tenant(table = patients)]
struct Word {
    tenant_id: TenantId,
}

fn main() {}
