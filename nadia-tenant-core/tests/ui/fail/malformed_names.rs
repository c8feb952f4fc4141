use nadia_tenant_core::{TenantAware, TenantId};

#[derive(TenantAware)]
#[tenant(table = "public.patients")]
struct Schema {
    #[tenant(column = "")]
    clinic: TenantId,
}

#[derive(TenantAware)]
#[tenant(table = "a_name_of_sixty_four_bytes_which_is_one_more_than_databases_keep")]
struct Long {
    #[tenant(column = "tenant\0id")]
    clinic: TenantId,
}

#[derive(TenantAware)]
#[tenant(table = "\"patients\"")]
struct Quoted {
    #[tenant(column = " tenant_id")]
    clinic: TenantId,
}

fn main() {}
