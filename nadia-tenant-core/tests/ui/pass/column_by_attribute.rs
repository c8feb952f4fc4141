use nadia_tenant_core::{TenantAware, TenantId};

#[derive(TenantAware)]
#[tenant(table = "invoices")]
struct Invoice {
    #[tenant(column = "clinic_id")]
    clinic: TenantId,
}

#[derive(TenantAware)]
#[tenant(table = "Räume")]
struct Room {
    #[tenant(column)]
    r#in: TenantId,
    tenant_id: u8,
}

fn main() {
    let (first, second) = (TenantId::new(), TenantId::new());
    assert_eq!(Invoice { clinic: first }.tenant_id(), first);
    assert_eq!((Invoice::TABLE, Invoice::TENANT_COLUMN), ("invoices", "clinic_id"));
    let room = Room { r#in: second, tenant_id: 1 };
    assert_eq!((room.tenant_id(), room.tenant_id), (second, 1));
    assert_eq!((Room::TABLE, Room::TENANT_COLUMN), ("Räume", "in"));
}
