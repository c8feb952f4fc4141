//! What is kept, for how long, and how much of it.

use std::time::Duration;

use nadia_tenant_core::{CellLayout, CellState, ResolvedBy, StoreErrorKind, Tenant, TenantRef, TenantStatus};
use nadia_tenant_tower::{CachedStore, SubdomainResolver, TenantLayer};
use tower::{Layer, Service, service_fn};

use crate::support::{Memory, by_slug, cached, neighbourhood, tell_tenant, tenant, to};

#[tokio::test]
async fn a_found_tenant_is_asked_for_once() {
    let store = neighbourhood();
    let tenants = cached(&store);
    for _ in 0..10 {
        let found = tenants.find(&by_slug("north")).await.unwrap().unwrap();
        assert_eq!((found.tenant().slug().as_str(), found.by()), ("north", ResolvedBy::Job));
    }
    assert_eq!(store.finds(), 1);
}

#[tokio::test]
async fn an_absent_tenant_is_asked_for_once() {
    let store = neighbourhood();
    let tenants = cached(&store);
    for slug in ["nobody", "nobody", "is-purged", "is-purged"] {
        assert!(tenants.find(&by_slug(slug)).await.unwrap().is_none());
    }
    assert_eq!((store.finds(), tenants.absent_entries(), tenants.present_entries()), (2, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_tenant_is_kept_for_its_time_to_live() {
    let store = Memory::with([tenant("north")]);
    let tenants = CachedStore::builder(store.clone(), CellLayout::empty())
        .with_time_to_live(Duration::from_secs(30))
        .with_negative_time_to_live(Duration::from_secs(3))
        .build();
    let north = store.tenants.lock().unwrap()[0].clone();
    tenants.find(&by_slug("north")).await.unwrap();
    store.put(north.with_status(TenantStatus::Suspended));

    tokio::time::advance(Duration::from_millis(29_999)).await;
    let kept = tenants.find(&by_slug("north")).await.unwrap().unwrap();
    assert_eq!((kept.tenant().status(), store.finds()), (TenantStatus::Active, 1));

    tokio::time::advance(Duration::from_millis(1)).await;
    let fresh = tenants.find(&by_slug("north")).await.unwrap().unwrap();
    assert_eq!((fresh.tenant().status(), store.finds()), (TenantStatus::Suspended, 2));
}

#[tokio::test(start_paused = true)]
async fn an_absence_is_kept_for_the_negative_time_to_live() {
    let store = Memory::with([]);
    let tenants = CachedStore::builder(store.clone(), CellLayout::empty())
        .with_negative_time_to_live(Duration::from_secs(3))
        .build();
    assert!(tenants.find(&by_slug("north")).await.unwrap().is_none());
    store.put(tenant("north"));
    tokio::time::advance(Duration::from_millis(2_999)).await;
    assert!(tenants.find(&by_slug("north")).await.unwrap().is_none());
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(tenants.find(&by_slug("north")).await.unwrap().is_some());
    assert_eq!((tenants.absent_entries(), tenants.present_entries()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_given_up() {
    let store = neighbourhood();
    store.hold("north");
    let tenants =
        CachedStore::builder(store.clone(), CellLayout::empty()).with_load_timeout(Duration::from_secs(2)).build();
    let started = tokio::time::Instant::now();
    let error = tenants.find(&by_slug("north")).await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed().as_secs()), (StoreErrorKind::Unavailable, 2));
}

#[tokio::test]
async fn lifetimes_may_be_zero_or_for_ever() {
    for (lifetime, finds) in [(Duration::ZERO, 2), (Duration::MAX, 1)] {
        let store = neighbourhood();
        let tenants = CachedStore::builder(store.clone(), CellLayout::empty()).with_time_to_live(lifetime).build();
        for _ in 0..2 {
            assert!(tenants.find(&by_slug("north")).await.unwrap().is_some());
        }
        assert_eq!(store.finds(), finds);
    }
}

#[tokio::test]
async fn random_hosts_take_bounded_room_and_push_out_no_tenant() {
    const GOOD: usize = 500;
    let store = Memory::with((0..GOOD).map(|n| tenant(&format!("clinic-{n}"))));
    let tenants = CachedStore::builder(store.clone(), CellLayout::empty())
        .with_capacity(1_000)
        .with_negative_capacity(1_000)
        .build();
    let layer = TenantLayer::new(tenants.clone()).add_resolver(SubdomainResolver::new("example.com").unwrap());
    let mut service = layer.layer(service_fn(tell_tenant));
    for n in 0..GOOD {
        assert!(tenants.find(&by_slug(&format!("clinic-{n}"))).await.unwrap().is_some());
    }
    // The store's list is not what is tested; without it, each look-up is quick.
    let good = std::mem::take(&mut *store.tenants.lock().unwrap());
    for n in 0..100_000_u32 {
        let request = to(&format!("x{:08x}.example.com", n.wrapping_mul(2_654_435_761)));
        assert_eq!(service.call(request).await.unwrap().status().as_u16(), 404);
    }
    assert!(tenants.absent_entries() <= 1_100, "{} absences", tenants.absent_entries());
    assert_eq!(tenants.present_entries(), GOOD);
    let before = store.finds();
    for tenant in good {
        assert!(tenants.find(&TenantRef::Slug(tenant.slug().clone())).await.unwrap().is_some());
    }
    assert_eq!(store.finds(), before);
}

#[tokio::test]
async fn more_tenants_than_fit_take_bounded_room() {
    let store = Memory::with((0..3_000).map(|n| tenant(&format!("clinic-{n}"))));
    let tenants = CachedStore::builder(store.clone(), CellLayout::empty()).with_capacity(200).build();
    for n in 0..3_000 {
        assert!(tenants.find(&by_slug(&format!("clinic-{n}"))).await.unwrap().is_some());
    }
    assert!(tenants.present_entries() <= 256, "{} entries", tenants.present_entries());
    // What is kept beside the entries goes with them.
    let indexed = format!("indexed_tenants: {} ", tenants.present_entries());
    assert!(format!("{tenants:?} ").replace(',', " ").contains(&indexed), "{tenants:?}");
}

#[tokio::test]
async fn a_cell_is_shared_by_all_references_and_outlives_the_record() {
    struct Mark(std::sync::atomic::AtomicU32);
    impl CellState for Mark {
        fn is_disposable(&self) -> bool {
            false
        }
    }
    let store = Memory::with([tenant("north"), tenant("south")]);
    let mut layout = CellLayout::builder();
    let slot = layout.slot(|_| Mark(0.into()));
    let tenants = CachedStore::new(store.clone(), layout.build());
    let north = store.tenants.lock().unwrap()[0].id();
    let mark = async |reference: TenantRef| {
        let found = tenants.find(&reference).await.unwrap().unwrap();
        found.cell().state(&slot).unwrap().0.fetch_add(1, std::sync::atomic::Ordering::SeqCst)
    };
    assert_eq!(mark(by_slug("north")).await, 0);
    assert_eq!(mark(TenantRef::Id(north)).await, 1);
    tenants.invalidate(&TenantRef::Id(north));
    assert_eq!(mark(by_slug("north")).await, 2);
    store.put(Tenant::new(north, "northern".parse().unwrap(), "starter".parse().unwrap()));
    tenants.invalidate_all();
    assert_eq!(mark(by_slug("northern")).await, 3);
    assert_eq!(mark(by_slug("south")).await, 0);
}

#[tokio::test]
async fn a_record_other_than_the_one_asked_for_is_refused() {
    struct Careless(Tenant);
    #[async_trait::async_trait]
    impl nadia_tenant_core::TenantStore for Careless {
        async fn find(&self, _: &TenantRef) -> Result<Option<Tenant>, nadia_tenant_core::StoreError> {
            Ok(Some(self.0.clone()))
        }
    }
    let tenants = CachedStore::new(Careless(tenant("north")), CellLayout::empty());
    assert!(tenants.find(&by_slug("north")).await.unwrap().is_some());
    assert_eq!(tenants.find(&by_slug("south")).await.unwrap_err().kind(), StoreErrorKind::Corrupt);
    let other = TenantRef::Id(nadia_tenant_core::TenantId::new());
    assert_eq!(tenants.find(&other).await.unwrap_err().kind(), StoreErrorKind::Corrupt);
}
