//! What is forgotten when a tenant changes.

use nadia_tenant_core::{Tenant, TenantId, TenantRef, TenantStatus};
use nadia_tenant_tower::CachedStore;

use crate::support::{Memory, by_slug, cached, tenant};

type Store = std::sync::Arc<Memory>;

fn pair() -> (Store, CachedStore<Store>, TenantId) {
    let store = Memory::with([tenant("north"), tenant("south")]);
    let tenants = cached(&store);
    let north = store.tenants.lock().unwrap()[0].id();
    (store, tenants, north)
}

fn record(id: TenantId, slug: &str) -> Tenant {
    Tenant::new(id, slug.parse().unwrap(), "starter".parse().unwrap())
}

async fn status(tenants: &CachedStore<Store>, reference: &TenantRef) -> Option<TenantStatus> {
    tenants.find(reference).await.unwrap().map(|found| found.tenant().status())
}

#[tokio::test]
async fn a_change_is_seen_under_every_reference() {
    let (store, tenants, north) = pair();
    let references = [TenantRef::Id(north), by_slug("north")];
    for invalidated in &references {
        store.put(record(north, "north"));
        tenants.invalidate_all();
        for reference in &references {
            assert_eq!(status(&tenants, reference).await, Some(TenantStatus::Active));
        }
        store.put(record(north, "north").with_status(TenantStatus::Suspended));
        tenants.invalidate(invalidated);
        for reference in &references {
            assert_eq!(status(&tenants, reference).await, Some(TenantStatus::Suspended), "by {invalidated:?}");
        }
    }
}

#[tokio::test]
async fn others_stay_cached() {
    let (store, tenants, north) = pair();
    tenants.find(&by_slug("south")).await.unwrap();
    tenants.find(&by_slug("north")).await.unwrap();
    tenants.invalidate(&TenantRef::Id(north));
    assert_eq!((tenants.present_entries(), store.finds()), (1, 2));
    tenants.find(&by_slug("south")).await.unwrap();
    assert_eq!(store.finds(), 2);
}

#[tokio::test]
async fn a_former_slug_is_forgotten_with_its_tenant() {
    let (store, tenants, north) = pair();
    tenants.find(&by_slug("north")).await.unwrap();
    store.put(record(north, "northern"));
    tenants.find(&TenantRef::Id(north)).await.unwrap();
    tenants.invalidate(&TenantRef::Id(north));
    assert_eq!(status(&tenants, &by_slug("north")).await, None);
    assert_eq!(status(&tenants, &by_slug("northern")).await, Some(TenantStatus::Active));
}

#[tokio::test]
async fn a_slug_that_went_to_another_tenant_names_that_one() {
    let (store, tenants, north) = pair();
    let heir = TenantId::new();
    tenants.find(&by_slug("north")).await.unwrap();
    store.put(record(north, "northern"));
    store.put(record(heir, "north"));
    tenants.invalidate(&TenantRef::Id(north));
    assert_eq!(tenants.find(&by_slug("north")).await.unwrap().unwrap().tenant().id(), heir);
    // The former holder's index must not take the heir's entry along, nor miss its own.
    tenants.find(&TenantRef::Id(north)).await.unwrap();
    tenants.invalidate(&TenantRef::Id(north));
    assert_eq!(tenants.present_entries(), 1);
    tenants.invalidate(&TenantRef::Id(heir));
    assert_eq!(tenants.present_entries(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slug_that_changed_hands_unnoticed_is_the_new_holders_alone() {
    let (store, tenants, north) = pair();
    let heir = TenantId::new();
    tenants.find(&by_slug("north")).await.unwrap();
    store.put(record(north, "northern"));
    store.put(record(heir, "north"));
    tokio::time::advance(std::time::Duration::from_secs(60)).await;
    assert_eq!(tenants.find(&by_slug("north")).await.unwrap().unwrap().tenant().id(), heir);
    tenants.invalidate(&TenantRef::Id(north));
    assert_eq!(tenants.present_entries(), 1);
    tenants.invalidate(&TenantRef::Id(heir));
    assert_eq!(tenants.present_entries(), 0);
}

#[tokio::test]
async fn a_new_tenant_is_seen_though_its_slug_was_asked_for_before() {
    for by_id in [true, false] {
        let (store, tenants, _) = pair();
        assert_eq!(status(&tenants, &by_slug("west")).await, None);
        let west = tenant("west");
        let reference = if by_id { TenantRef::Id(west.id()) } else { by_slug("west") };
        store.put(west);
        assert_eq!(status(&tenants, &by_slug("west")).await, None);
        tenants.invalidate(&reference);
        assert_eq!(status(&tenants, &by_slug("west")).await, Some(TenantStatus::Active));
    }
}

#[tokio::test]
async fn an_evicted_entry_leaves_nothing_that_an_invalidation_could_trip_over() {
    let store = Memory::with((0..2_000).map(|n| tenant(&format!("clinic-{n}"))));
    let tenants = CachedStore::builder(store.clone(), nadia_tenant_core::CellLayout::empty()).with_capacity(64).build();
    let all = store.tenants.lock().unwrap().clone();
    for tenant in &all {
        tenants.find(&TenantRef::Slug(tenant.slug().clone())).await.unwrap();
        tenants.find(&TenantRef::Id(tenant.id())).await.unwrap();
    }
    for tenant in &all {
        tenants.invalidate(&TenantRef::Id(tenant.id()));
    }
    assert_eq!(tenants.present_entries(), 0);
}

#[tokio::test]
async fn a_load_begun_before_an_invalidation_is_neither_kept_nor_joined() {
    let (store, tenants, north) = pair();
    for invalidated in [TenantRef::Id(north), by_slug("north")] {
        store.put(record(north, "north"));
        tenants.invalidate_all();
        let reference = by_slug("north");
        let find = |tenants: CachedStore<Store>| {
            let reference = reference.clone();
            tokio::spawn(async move { status(&tenants, &reference).await })
        };

        store.hold("north");
        let early = find(tenants.clone());
        store.held(1).await;
        store.put(record(north, "north").with_status(TenantStatus::Suspended));
        tenants.invalidate(&invalidated);

        // Arrived after the invalidation, while the first load is still on its way.
        let late = find(tenants.clone());
        store.held(1).await;
        store.let_through(2);
        assert_eq!(early.await.unwrap(), Some(TenantStatus::Active));
        assert_eq!(late.await.unwrap(), Some(TenantStatus::Suspended));
        store.release();
        assert_eq!(status(&tenants, &reference).await, Some(TenantStatus::Suspended));
    }
}

#[tokio::test]
async fn an_early_load_that_lands_last_does_not_overwrite() {
    let (store, tenants, north) = pair();
    let reference = by_slug("north");
    store.hold("north");
    let early = tokio::spawn({
        let (tenants, reference) = (tenants.clone(), reference.clone());
        async move { status(&tenants, &reference).await }
    });
    store.held(1).await;
    store.put(record(north, "north").with_status(TenantStatus::Suspended));
    tenants.invalidate(&TenantRef::Id(north));
    store.release();
    assert_eq!(status(&tenants, &reference).await, Some(TenantStatus::Suspended));
    store.let_through(1);
    assert_eq!(early.await.unwrap(), Some(TenantStatus::Active));
    assert_eq!(status(&tenants, &reference).await, Some(TenantStatus::Suspended));
    assert_eq!(store.finds(), 2);
}

#[tokio::test]
async fn an_absence_seen_before_an_invalidation_is_not_kept() {
    let (store, tenants, _) = pair();
    let west = tenant("west");
    store.hold("west");
    let early = tokio::spawn({
        let tenants = tenants.clone();
        async move { status(&tenants, &by_slug("west")).await }
    });
    store.held(1).await;
    store.put(west.clone());
    tenants.invalidate(&TenantRef::Id(west.id()));
    store.release();
    store.let_through(1);
    assert_eq!(early.await.unwrap(), None);
    assert_eq!(status(&tenants, &by_slug("west")).await, Some(TenantStatus::Active));
}
