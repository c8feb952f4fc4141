//! The control database and its registry of tenants.

use futures_util::{FutureExt, future::join_all};
use nadia_tenant_core::{
    CellLayout, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId, TenantRef, TenantStatus, TenantStore,
};
use nadia_tenant_sqlx::{Changes, ConnectionLimits, ControlDb, Error, RegistryChanges};
use nadia_tests::{Bed, context, on_both_databases};

/// Returns the tenants that are told, and fails when all are.
async fn told(changes: &mut RegistryChanges) -> Vec<TenantId> {
    match changes.next().await.unwrap() {
        Changes::Tenants(tenants) => tenants,
        Changes::All => panic!("nothing was missed"),
    }
}

/// Starts following, past the first answer.
async fn follow(control: &ControlDb) -> RegistryChanges {
    let mut changes = control.changes();
    assert_eq!(changes.next().await.unwrap(), Changes::All);
    changes
}

/// Sets the registry's clock, as restoring an earlier state would.
async fn set_clock(control: &ControlDb, changes: i64) {
    let mut tx = control.begin().await.unwrap();
    tx.query("UPDATE registry_clock SET changes = $1").bind(changes).execute().await.unwrap();
    tx.commit().await.unwrap();
}

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

    async fn every_change_of_a_tenant_is_told_once(bed: Bed) {
        let control = bed.installation.control();
        let [north, south, _] = bed.tenants.each_ref().map(|ctx| ctx.tenant().id());
        let (mut changes, mut other) = (follow(control).await, follow(control).await);
        assert_eq!(told(&mut changes).await, []);

        let new = context("created");
        control.create(new.tenant()).await.unwrap();
        assert_eq!(told(&mut changes).await, [new.tenant().id()]);
        assert!(control.transition(north, TenantStatus::Active, TenantStatus::Suspended).await.unwrap());
        assert_eq!(told(&mut changes).await, [north]);
        assert!(control.quarantine(south).await.unwrap());
        assert_eq!(told(&mut changes).await, [south]);
        assert!(control.release(south).await.unwrap());
        assert_eq!(told(&mut changes).await, [south]);
        assert_eq!(told(&mut changes).await, []);
        // Who follows less often is told of each tenant once, in the order of their last changes.
        assert_eq!(told(&mut other).await, [new.tenant().id(), north, south]);
    }

    async fn what_changed_nothing_is_not_told(bed: Bed) {
        let (control, id) = (bed.installation.control(), bed.tenants[0].tenant().id());
        let mut changes = follow(control).await;
        assert!(!control.transition(id, TenantStatus::Suspended, TenantStatus::Active).await.unwrap());
        assert!(!control.release(id).await.unwrap());
        assert!(!control.quarantine(TenantId::new()).await.unwrap());
        assert!(control.create(bed.tenants[0].tenant()).await.is_err());
        drop(control.begin().await.unwrap());
        assert_eq!(told(&mut changes).await, []);
    }

    async fn no_change_is_missed_by_who_follows_while_many_change(bed: Bed) {
        let control = bed.installation.control();
        let new: Vec<_> = (0..60).map(|n| context(&format!("clinic-{n}"))).collect();
        let (mut changes, done) = (follow(control).await, std::cell::Cell::new(false));
        let mut seen = Vec::new();
        let created = async {
            let outcomes = join_all(new.iter().map(|ctx| control.create(ctx.tenant()))).await;
            assert!(outcomes.into_iter().all(|outcome| outcome.is_ok()));
            done.set(true);
        };
        let followed = async {
            // Once more after the last change.
            while !done.get() {
                seen.extend(told(&mut changes).await);
            }
            seen.extend(told(&mut changes).await);
        };
        tokio::join!(created, followed);
        seen.sort();
        let mut expected: Vec<_> = new.iter().map(|ctx| ctx.tenant().id()).collect();
        expected.sort();
        assert_eq!(seen, expected, "each once");
    }

    async fn what_may_have_been_missed_is_said(bed: Bed) {
        let (control, id) = (bed.installation.control(), bed.tenants[0].tenant().id());
        let mut changes = follow(control).await;
        // Given up while it waits for a connection.
        let most = ConnectionLimits::default().max_connections;
        let all = join_all((0..most).map(|_| control.conn())).await;
        assert!(changes.next().now_or_never().is_none());
        drop(all);
        assert_eq!(changes.next().await.unwrap(), Changes::All);
        assert_eq!(told(&mut changes).await, []);

        set_clock(control, 1).await;
        assert_eq!(changes.next().await.unwrap(), Changes::All);
        assert!(control.quarantine(id).await.unwrap());
        assert!(told(&mut changes).await.contains(&id));

        bed.installation.close().await;
        assert!(changes.next().await.is_err());
        let again = bed.second().await;
        let mut changes = follow(again.control()).await;
        assert_eq!(told(&mut changes).await, []);
    }

    async fn a_great_many_changes_are_told_as_all(bed: Bed) {
        let control = bed.installation.control();
        let (mut changes, mut other) = (follow(control).await, follow(control).await);
        let mut tx = control.begin().await.unwrap();
        for n in 0..1_000 {
            control.register(&mut tx, context(&format!("clinic-{n}")).tenant()).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(told(&mut changes).await.len(), 1_000);
        control.create(context("one-more").tenant()).await.unwrap();
        assert_eq!(told(&mut changes).await.len(), 1);
        assert_eq!(other.next().await.unwrap(), Changes::All);
        assert_eq!(told(&mut other).await, []);
    }

    async fn records_are_listed_page_by_page(bed: Bed) {
        let control = bed.installation.control();
        for n in 0..4 {
            control.create(context(&format!("clinic-{n}")).tenant()).await.unwrap();
        }
        let north = bed.tenants[0].tenant().id();
        assert!(control.transition(north, TenantStatus::Active, TenantStatus::Closing).await.unwrap());
        assert!(control.transition(north, TenantStatus::Closing, TenantStatus::Purged).await.unwrap());
        let all = control.list(None, None, 100).await.unwrap();
        assert_eq!(all.len(), 7);
        assert!(all.is_sorted_by_key(|record| record.tenant.id()));
        for limit in [1, 3, 7] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = control.list(after, None, limit).await.unwrap();
                assert!(page.len() <= usize::from(limit));
                let Some(last) = page.last() else { break };
                after = Some(last.tenant.id());
                seen.extend(page);
            }
            assert_eq!(seen, all, "limit {limit}");
        }
        let purged = control.list(None, Some(TenantStatus::Purged), 100).await.unwrap();
        assert_eq!(purged.iter().map(|record| record.tenant.id()).collect::<Vec<_>>(), [north]);
        assert_eq!(control.tenant(&TenantRef::Id(north)).await.unwrap(), Some(purged[0].clone()));
        assert_eq!((purged[0].revision, purged[0].updated_at > purged[0].created_at), (3, true));
        // To requests it is unknown.
        assert!(control.store().find(&TenantRef::Id(north)).await.unwrap().is_none());
    }

    async fn a_quarantined_tenant_gets_no_scope_until_it_is_released(bed: Bed) {
        let (installation, id) = (&bed.installation, bed.tenants[0].tenant().id());
        let (control, tenants) = (installation.control(), installation.tenants());
        let load = async || {
            let found = control.store().find(&TenantRef::Id(id)).await.unwrap().unwrap();
            TenantContext::new(found, TenantCells::new(CellLayout::empty()).cell(id), ResolvedBy::Job)
        };
        assert!(control.quarantine(id).await.unwrap());
        assert!(!control.quarantine(id).await.unwrap());
        let ctx = load().await;
        let refused = |error| assert!(matches!(error, Error::Quarantined { tenant } if tenant == id), "{error:?}");
        refused(tenants.conn(&ctx).await.unwrap_err());
        refused(tenants.begin(&ctx).await.unwrap_err());
        if let Some(db) = installation.postgres() {
            refused(db.conn(&ctx).await.unwrap_err());
            refused(db.begin(&ctx).await.unwrap_err());
        }
        if let Some(db) = installation.sqlite() {
            refused(db.conn(&ctx).await.unwrap_err());
            refused(db.begin(&ctx).await.unwrap_err());
        }
        assert!(tenants.conn(&bed.tenants[1]).await.is_ok());
        assert!(control.release(id).await.unwrap());
        assert!(!control.release(id).await.unwrap());
        assert!(tenants.conn(&load().await).await.is_ok());
    }

    async fn provisioning_again_changes_nothing(bed: Bed) {
        bed.add_patient(0, "Ann").await;
        let again = bed.second().await;
        let store = again.control().store();
        assert!(store.find(&TenantRef::Id(bed.tenants[0].tenant().id())).await.unwrap().is_some());
        assert_eq!(bed.names(0).await, ["Ann"]);
    }
}
