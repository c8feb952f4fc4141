//! The expansion depends on no name in scope.

mod std {}
mod core {}
struct TenantId;
trait TenantAware {}

macro_rules! row {
    ($name:ident, $field:ident, $ty:ty) => {
        #[derive(::nadia_tenant_core::TenantAware)]
        #[tenant(table = "rows")]
        struct $name {
            #[tenant(column)]
            $field: $ty,
        }
    };
}

row!(Row, id, ::nadia_tenant_core::TenantId);

fn main() {
    let id = ::nadia_tenant_core::TenantId::new();
    let row = Row { id };
    assert!(::nadia_tenant_core::TenantAware::tenant_id(&row) == id);
    let _ = TenantId;
}
