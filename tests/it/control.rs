//! The control database and its registry of tenants.

use nadia_tenant_core::{Tenant, TenantId, TenantRef, TenantStatus, TenantStore};
use nadia_tests::{Bed, context, on_both_databases};

on_both_databases! {
    async fn a_registered_tenant_is_found_by_id_and_slug(bed: Bed) {
        let store = bed.installation.control().store();
        let north = bed.tenants[0].tenant();
        for reference in [TenantRef::Id(north.id()), TenantRef::Slug(north.slug().clone())] {
            assert_eq!(store.find(&reference).await.unwrap().as_ref(), Some(north));
        }
        assert!(store.find(&TenantRef::Id(TenantId::new())).await.unwrap().is_none());
        assert!(store.find(&TenantRef::Slug("nobody-here".parse().unwrap())).await.unwrap().is_none());
    }

    async fn a_taken_slug_is_refused_and_leaves_nothing(bed: Bed) {
        let control = bed.installation.control();
        let second = Tenant::new(TenantId::new(), bed.tenants[0].tenant().slug().clone(), "starter".parse().unwrap());
        let mut tx = control.begin().await.unwrap();
        assert!(control.register(&mut tx, &second).await.unwrap_err().is_slug_taken());
        tx.rollback().await.unwrap();
        assert!(control.store().find(&TenantRef::Id(second.id())).await.unwrap().is_none());
    }

    async fn a_tenant_is_created_once(bed: Bed) {
        let (control, ctx) = (bed.installation.control(), context("created"));
        control.create(ctx.tenant()).await.unwrap();
        assert!(control.create(ctx.tenant()).await.unwrap_err().is_slug_taken());
        let found = control.store().find(&TenantRef::Id(ctx.tenant().id())).await.unwrap();
        assert_eq!(found.as_ref(), Some(ctx.tenant()));
    }

    async fn a_registration_that_is_not_committed_never_was(bed: Bed) {
        let control = bed.installation.control();
        let ctx = context("vanishing");
        let mut tx = control.begin().await.unwrap();
        control.register(&mut tx, ctx.tenant()).await.unwrap();
        drop(tx);
        assert!(control.store().find(&TenantRef::Id(ctx.tenant().id())).await.unwrap().is_none());
    }

    async fn a_status_changes_only_along_the_life_cycle(bed: Bed) {
        let (control, id) = (bed.installation.control(), bed.tenants[0].tenant().id());
        assert!(control.transition(id, TenantStatus::Active, TenantStatus::Suspended).await.unwrap());
        // A second node that still thinks it active changes nothing.
        assert!(!control.transition(id, TenantStatus::Active, TenantStatus::Suspended).await.unwrap());
        assert!(control.transition(id, TenantStatus::Suspended, TenantStatus::Purged).await.is_err());
        let found = control.store().find(&TenantRef::Id(id)).await.unwrap().unwrap();
        assert_eq!(found.status(), TenantStatus::Suspended);
    }

    async fn provisioning_again_changes_nothing(bed: Bed) {
        bed.add_patient(0, "Ann").await;
        let again = bed.second().await;
        let store = again.control().store();
        assert!(store.find(&TenantRef::Id(bed.tenants[0].tenant().id())).await.unwrap().is_some());
        assert_eq!(bed.names(0).await, ["Ann"]);
    }
}
