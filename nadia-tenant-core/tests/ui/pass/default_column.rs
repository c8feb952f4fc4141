use nadia_tenant_core::{Dialect, TenantAware, TenantId};

#[derive(TenantAware)]
#[tenant(table = "patients")]
struct Patient {
    tenant_id: TenantId,
}

fn main() {
    let id = TenantId::new();
    assert_eq!(Patient { tenant_id: id }.tenant_id(), id);
    assert_eq!((Patient::TABLE, Patient::TENANT_COLUMN), ("patients", "tenant_id"));
    assert_eq!(Patient::DDL.column_definition(Dialect::Sqlite), r#""tenant_id" BLOB NOT NULL"#);
}
