use nadia_tenant_core::{TenantAware, TenantId};

#[derive(TenantAware)]
#[tenant(table = "notes")]
struct Note<'a, T: Clone = u8, const N: usize = 4>
where
    T: Default,
{
    tenant_id: TenantId,
    _text: &'a str,
    _tags: [T; N],
}

fn tenant_of(row: &impl TenantAware) -> TenantId {
    row.tenant_id()
}

fn main() {
    let id = TenantId::new();
    assert_eq!(tenant_of(&Note { tenant_id: id, _text: "", _tags: [0u8; 2] }), id);
}
