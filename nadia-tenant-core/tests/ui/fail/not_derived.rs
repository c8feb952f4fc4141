use nadia_tenant_core::TenantAware;

struct Patient;

fn store<T: TenantAware>(_: T) {}

fn main() {
    store(Patient);
}
