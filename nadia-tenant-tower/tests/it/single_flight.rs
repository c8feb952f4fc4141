//! Requests that miss at once share one look-up, and none holds up another.

use std::sync::atomic::Ordering;

use nadia_tenant_core::{StoreErrorKind, TenantRef};
use nadia_tenant_tower::{CachedStore, SubdomainResolver, TenantLayer, TenantRejectionKind};
use tokio::task::JoinHandle;
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{Memory, by_slug, cached, is_at_rest, neighbourhood, read, send, tell_tenant, to};

type Store = std::sync::Arc<Memory>;
type Found = Result<Option<nadia_tenant_core::TenantContext>, nadia_tenant_core::StoreError>;

fn find(tenants: &CachedStore<Store>, reference: &TenantRef) -> JoinHandle<Found> {
    let (tenants, reference) = (tenants.clone(), reference.clone());
    tokio::spawn(async move { tenants.find(&reference).await })
}

/// Lets every task that can run do so.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_hundred_misses_make_one_look_up() {
    let store = neighbourhood();
    let tenants = cached(&store);
    for slug in ["north", "nobody"] {
        let before = store.finds();
        store.hold(slug);
        let waiters: Vec<_> = (0..100).map(|_| find(&tenants, &by_slug(slug))).collect();
        store.held(1).await;
        settle().await;
        store.let_through(1);
        for waiter in waiters {
            assert_eq!(waiter.await.unwrap().unwrap().is_some(), slug == "north");
        }
        assert_eq!(store.finds() - before, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn misses_on_several_threads_make_one_look_up() {
    for _ in 0..50 {
        let store = neighbourhood();
        let tenants = cached(&store);
        let waiters: Vec<_> = (0..32).map(|_| find(&tenants, &by_slug("north"))).collect();
        for waiter in waiters {
            assert!(waiter.await.unwrap().unwrap().is_some());
        }
        assert_eq!(store.finds(), 1);
    }
}

#[tokio::test]
async fn a_slow_look_up_does_not_hold_up_others() {
    let store = neighbourhood();
    let layer = TenantLayer::new(cached(&store)).add_resolver(SubdomainResolver::new("example.com").unwrap());
    assert_eq!(send(&layer, to("is-active.example.com")).await.status.as_u16(), 200);
    store.hold("north");
    let slow = tokio::spawn(layer.layer(service_fn(tell_tenant)).oneshot(to("north.example.com")));
    store.held(1).await;
    // One that is cached and one that is not.
    assert_eq!(send(&layer, to("is-active.example.com")).await.status.as_u16(), 200);
    assert_eq!(send(&layer, to("south.example.com")).await.body, "south");
    assert!(!slow.is_finished());
    store.let_through(1);
    assert_eq!(read(slow.await.unwrap().unwrap()).await.body, "north");
}

#[tokio::test]
async fn a_first_waiter_that_goes_away_does_not_strand_the_others() {
    let store = neighbourhood();
    let tenants = cached(&store);
    store.hold("north");
    let first = find(&tenants, &by_slug("north"));
    store.held(1).await;
    let second = find(&tenants, &by_slug("north"));
    settle().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    settle().await;
    store.let_through(1);
    assert!(second.await.unwrap().unwrap().is_some());
    assert_eq!(store.finds(), 1);
}

#[tokio::test]
async fn a_look_up_that_nobody_waits_for_is_given_up_and_can_be_begun_again() {
    let store = neighbourhood();
    let tenants = cached(&store);
    store.hold("north");
    let only = find(&tenants, &by_slug("north"));
    store.held(1).await;
    assert!(!is_at_rest(&tenants));
    only.abort();
    assert!(only.await.unwrap_err().is_cancelled());
    settle().await;
    assert!(is_at_rest(&tenants));
    // Nobody is left to be let through: the look-up is gone, not just its waiter.
    store.let_through(1);
    settle().await;
    assert_eq!(tenants.present_entries(), 0);
    assert!(find(&tenants, &by_slug("north")).await.unwrap().unwrap().is_some());
    assert_eq!(store.finds(), 2);
}

#[tokio::test]
async fn a_store_that_panics_is_unavailable_to_all_who_wait_and_is_asked_again() {
    let store = neighbourhood();
    let tenants = cached(&store);
    store.panics.store(true, Ordering::SeqCst);
    store.hold("north");
    let waiters: Vec<_> = (0..10).map(|_| find(&tenants, &by_slug("north"))).collect();
    store.held(1).await;
    settle().await;
    store.let_through(1);
    for waiter in waiters {
        assert_eq!(waiter.await.unwrap().unwrap_err().kind(), StoreErrorKind::Unavailable);
    }
    assert!(is_at_rest(&tenants));
    store.panics.store(false, Ordering::SeqCst);
    store.release();
    assert!(tenants.find(&by_slug("north")).await.unwrap().is_some());

    let layer = TenantLayer::new(cached(&store)).add_resolver(SubdomainResolver::new("example.com").unwrap());
    store.panics.store(true, Ordering::SeqCst);
    let answer = send(&layer, to("north.example.com")).await;
    assert_eq!(answer.kind, Some(TenantRejectionKind::Unavailable));
}

#[tokio::test]
async fn an_error_goes_to_all_who_wait_and_is_not_kept() {
    let store = neighbourhood();
    let tenants = cached(&store);
    store.down.store(true, Ordering::SeqCst);
    let waiters: Vec<_> = (0..10).map(|_| find(&tenants, &by_slug("north"))).collect();
    for waiter in waiters {
        assert!(waiter.await.unwrap().is_err());
    }
    assert!(is_at_rest(&tenants));
    store.down.store(false, Ordering::SeqCst);
    assert!(tenants.find(&by_slug("north")).await.unwrap().is_some());
}
