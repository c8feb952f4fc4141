use nadia_tenant_core::{
    CellLayout, Isolation, PlanName, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId, TenantStatus,
};

#[test]
fn a_record_is_active_shared_and_named_by_its_slug_unless_told() {
    let id = TenantId::new();
    let plain = Tenant::new(id, "north".parse().unwrap(), "free".parse().unwrap());
    assert_eq!((plain.id(), plain.slug().as_str(), plain.name()), (id, "north", "north"));
    assert_eq!((plain.status(), plain.isolation()), (TenantStatus::Active, Isolation::Shared));

    let told = plain.with_name("North Clinic").with_status(TenantStatus::Moving).with_isolation(Isolation::Database);
    assert_eq!(told.name(), "North Clinic");
    assert_eq!((told.status(), told.isolation()), (TenantStatus::Moving, Isolation::Database));
}

#[test]
fn a_context_tells_its_tenant_and_what_named_it() {
    let tenant = Tenant::new(TenantId::new(), "north".parse().unwrap(), "free".parse().unwrap());
    let cell = TenantCells::new(CellLayout::empty()).cell(tenant.id());
    let context = TenantContext::new(tenant.clone(), cell, ResolvedBy::Host);
    assert_eq!((context.tenant(), context.by()), (&tenant, ResolvedBy::Host));
    assert_eq!(context.cell().tenant(), tenant.id());

    let other = context.clone().resolved_by(ResolvedBy::Header);
    assert_eq!((other.tenant(), other.by()), (&tenant, ResolvedBy::Header));
    assert_eq!(context.by(), ResolvedBy::Host);
}

#[test]
fn plan_names_are_checked() {
    for text in ["a", "pro", "pro-2026", "early_bird", &"p".repeat(63)] {
        assert_eq!(text.parse::<PlanName>().unwrap().to_string(), text);
    }
    for text in ["", "Pro", "pro plan", "2pro", "-pro", "_pro", "pró", &"p".repeat(64)] {
        assert!(text.parse::<PlanName>().is_err(), "{text:?}");
    }
}
