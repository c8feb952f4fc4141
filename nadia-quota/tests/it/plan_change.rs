use std::{thread, time::Duration};

use nadia_tenant_core::TenantId;
use proptest::prelude::*;

use crate::{
    model::within_bound,
    support::{Service, limit},
};

#[test]
fn a_new_plan_counts_at_once_and_refills_nothing() {
    let service = Service::new(&[("free", limit("10/h")), ("pro", limit("100/h"))]);
    let id = TenantId::new();
    let (free, pro) = (service.tenant(id, "free"), service.tenant(id, "pro"));
    for _ in 0..7 {
        service.limiter.check(&free).unwrap();
    }
    // 7 of 100 are gone, then one more.
    assert_eq!(service.limiter.check(&pro).unwrap().remaining(), 92);
    assert_eq!(service.exhaust(&pro), 92);
}

#[test]
fn a_smaller_plan_starts_without_the_requests_that_were_used() {
    let service = Service::new(&[("free", limit("10/h")), ("pro", limit("100/h"))]);
    let id = TenantId::new();
    let (free, pro) = (service.tenant(id, "free"), service.tenant(id, "pro"));
    for _ in 0..4 {
        service.limiter.check(&pro).unwrap();
    }
    assert_eq!(service.exhaust(&free), 6);
}

#[test]
fn more_used_than_the_smaller_plan_holds_leaves_it_empty_for_one_fill_at_most() {
    let service = Service::new(&[("free", limit("10/h")), ("pro", limit("100/h"))]);
    let id = TenantId::new();
    let (free, pro) = (service.tenant(id, "free"), service.tenant(id, "pro"));
    assert_eq!(service.exhaust(&pro), 100);
    assert_eq!(service.limiter.check(&free).unwrap_err().retry_after(), Duration::from_secs(360));
    service.clock.advance(Duration::from_secs(360));
    assert_eq!(service.exhaust(&free), 1);
}

#[test]
fn going_to_another_plan_and_back_refills_nothing() {
    let service = Service::new(&[("slow", limit("10/h")), ("small", limit("60/m burst 1"))]);
    let id = TenantId::new();
    let (slow, small) = (service.tenant(id, "slow"), service.tenant(id, "small"));
    assert_eq!(service.exhaust(&slow), 10);
    for _ in 0..5 {
        // In the small plan one request's debt is gone within a second.
        assert_eq!(service.exhaust(&small), 0);
        service.clock.advance(Duration::from_secs(1));
        assert_eq!(service.exhaust(&slow), 0);
    }
}

#[test]
fn a_tenants_change_leaves_other_tenants_alone() {
    let service = Service::new(&[("free", limit("10/h")), ("pro", limit("100/h"))]);
    let (id, other) = (TenantId::new(), service.tenant(TenantId::new(), "free"));
    assert_eq!(service.exhaust(&service.tenant(id, "free")), 10);
    assert_eq!(service.exhaust(&service.tenant(id, "pro")), 90);
    assert_eq!(service.exhaust(&other), 10);
}

#[test]
fn an_unknown_plan_shares_the_bucket_of_the_plan_that_stands_in() {
    let service = Service::new(&[("free", limit("10/h")), ("pro", limit("100/h"))]);
    let id = TenantId::new();
    assert_eq!(service.exhaust(&service.tenant(id, "lost")), 10);
    assert_eq!(service.exhaust(&service.tenant(id, "free")), 0);
}

#[test]
fn threads_that_see_different_records_get_no_more_than_the_larger_plan() {
    let service = Service::new(&[("free", limit("50/h")), ("pro", limit("100/h"))]);
    // The moments in which a check meets a change are short; many tenants give many of them.
    for _ in 0..100 {
        let id = TenantId::new();
        let contexts = [service.tenant(id, "free"), service.tenant(id, "pro")];
        let check = |turn: usize| match service.limiter.check(&contexts[turn % 2]) {
            Ok(_) => true,
            // Such a check is decided by one of the plans, never refused for its own sake.
            Err(exceeded) => {
                assert!(exceeded.retry_after() <= exceeded.limit().interval(), "{exceeded}");
                false
            }
        };
        let admitted: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|thread| scope.spawn(move || (0..1_000).filter(|turn| check(thread + turn)).count()))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert!((50..=100).contains(&admitted), "{admitted}");
    }
}

proptest! {
    /// However a tenant switches, each plan by itself keeps its bound.
    #[test]
    fn no_order_of_plans_admits_more_than_each_plan_does(
        turns in prop::collection::vec((0..3usize, 0..200u64), 1..200),
    ) {
        let plans = [("a", limit("10/m")), ("b", limit("60/m burst 5")), ("c", limit("100/h burst 20"))];
        let service = Service::new(&plans);
        let id = TenantId::new();
        let contexts = plans.map(|(name, _)| service.tenant(id, name));
        let mut now = Duration::ZERO;
        let mut admitted = [const { Vec::new() }; 3];
        for (plan, tenths) in turns {
            let pause = Duration::from_millis(tenths * 100);
            service.clock.advance(pause);
            now += pause;
            if service.limiter.check(&contexts[plan]).is_ok() {
                admitted[plan].push(now);
            }
        }
        for (times, (_, limit)) in admitted.iter().zip(plans) {
            prop_assert!(within_bound(times, limit), "{limit:?}: {times:?}");
        }
    }
}
