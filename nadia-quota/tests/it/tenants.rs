use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use nadia_quota::{Clock, ExceededKind, FakeRelativeClock, TenantLimiter};
use nadia_tenant_core::{CellLayout, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId};

use crate::support::{Service, limit, make_plans};

#[test]
fn two_tenants_never_share_a_bucket() {
    let service = Service::new(&[("free", limit("5/h"))]);
    let tenants: Vec<_> = (0..100).map(|_| service.tenant(TenantId::new(), "free")).collect();
    for tenant in &tenants {
        assert_eq!(service.exhaust(tenant), 5);
    }
}

#[test]
fn one_tenant_has_one_bucket_however_often_its_record_is_loaded() {
    let service = Service::new(&[("free", limit("5/h"))]);
    let id = TenantId::new();
    let admitted = (0..10).filter(|_| service.limiter.check(&service.tenant(id, "free")).is_ok()).count();
    assert_eq!(admitted, 5);
}

#[test]
fn two_limiters_in_one_cell_never_share_a_bucket() {
    let clock = FakeRelativeClock::default();
    let mut layout = CellLayout::builder();
    let plans = make_plans(&[("free", limit("3/h"))]);
    let reads = TenantLimiter::with_clock(&mut layout, plans.clone(), clock.clone());
    let writes = TenantLimiter::with_clock(&mut layout, plans, clock.clone());
    let service = Service { limiter: reads, cells: TenantCells::new(layout.build()), clock };
    let tenant = service.tenant(TenantId::new(), "free");
    assert_eq!(service.exhaust(&tenant), 3);
    assert!(writes.check(&tenant).is_ok());
}

#[test]
fn clones_are_the_same_limiter() {
    let service = Service::new(&[("free", limit("5/h"))]);
    let tenant = service.tenant(TenantId::new(), "free");
    assert_eq!(service.exhaust(&tenant), 5);
    assert!(service.limiter.clone().check(&tenant).is_err());
}

#[test]
fn a_cell_without_the_limiters_bucket_admits_nothing() {
    let service = Service::new(&[("free", limit("5/h"))]);
    let other = Service::new(&[("free", limit("5/h"))]);
    let tenant = other.tenant(TenantId::new(), "free");
    assert!(other.limiter.check(&tenant).is_ok());
    assert_eq!(service.limiter.check(&tenant).unwrap_err().kind(), ExceededKind::ForeignCell);

    let cells = TenantCells::new(CellLayout::empty());
    let record = Tenant::new(TenantId::new(), "south".parse().unwrap(), "free".parse().unwrap());
    let cell = cells.cell(record.id());
    let bare = TenantContext::new(record, cell, ResolvedBy::Job);
    assert_eq!(service.limiter.check(&bare).unwrap_err().kind(), ExceededKind::ForeignCell);
}

#[test]
fn a_refusal_takes_nothing_and_tells_when_to_come_back() {
    let service = Service::new(&[("free", limit("6/m burst 2"))]);
    let tenant = service.tenant(TenantId::new(), "free");
    assert_eq!(service.exhaust(&tenant), 2);
    for _ in 0..100 {
        assert_eq!(service.limiter.check(&tenant).unwrap_err().retry_after(), Duration::from_secs(10));
    }
    service.clock.advance(Duration::from_nanos(9_999_999_999));
    assert_eq!(service.limiter.check(&tenant).unwrap_err().retry_after(), Duration::from_nanos(1));
    service.clock.advance(Duration::from_nanos(1));
    let allowed = service.limiter.check(&tenant).unwrap();
    assert_eq!((allowed.remaining(), allowed.reset()), (0, Duration::from_secs(10)));
}

#[test]
fn an_admission_tells_what_is_left_and_when_more_comes_back() {
    let service = Service::new(&[("free", limit("6/m"))]);
    let tenant = service.tenant(TenantId::new(), "free");
    let allowed = service.limiter.check(&tenant).unwrap();
    assert_eq!((allowed.remaining(), allowed.reset()), (5, Duration::from_secs(10)));
    service.clock.advance(Duration::from_secs(4));
    let allowed = service.limiter.check(&tenant).unwrap();
    assert_eq!((allowed.remaining(), allowed.reset()), (4, Duration::from_secs(6)));
    service.clock.advance(Duration::from_secs(6));
    assert_eq!(service.limiter.check(&tenant).unwrap().remaining(), 4);
}

#[test]
fn eviction_refills_no_bucket() {
    let service = Service::new(&[("free", limit("2/h")), ("pro", limit("1/s"))]);
    let id = TenantId::new();
    assert_eq!(service.exhaust(&service.tenant(id, "free")), 2);

    assert_eq!(service.cells.evict_disposable(), 0);
    assert_eq!(service.exhaust(&service.tenant(id, "free")), 0);

    // The bucket in use is full again after a second, the one that was left is not.
    assert_eq!(service.exhaust(&service.tenant(id, "pro")), 0);
    service.clock.advance(Duration::from_secs(2));
    assert_eq!(service.cells.evict_disposable(), 0);

    service.clock.advance(Duration::from_secs(3_600));
    assert_eq!(service.cells.evict_disposable(), 1);
    assert_eq!(service.exhaust(&service.tenant(id, "free")), 2);
}

#[test]
fn threads_together_get_no_more_than_the_limit() {
    let service = Service::new(&[("free", limit("1000/h"))]);
    let tenant = service.tenant(TenantId::new(), "free");
    let admitted: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| service.exhaust(&tenant))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(admitted, 1_000);
}

#[test]
fn a_clock_that_jumps_refuses_for_one_fill_at_most_and_never_panics() {
    #[derive(Clone)]
    struct Jumping(Arc<AtomicU64>);
    impl Clock for Jumping {
        type Instant = Duration;

        fn now(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::Relaxed))
        }
    }

    let seconds = Arc::new(AtomicU64::new(1_000_000));
    let mut layout = CellLayout::builder();
    let plans = make_plans(&[("free", limit("2/m"))]);
    let limiter = TenantLimiter::with_clock(&mut layout, plans, Jumping(Arc::clone(&seconds)));
    let cells = TenantCells::new(layout.build());
    let record = Tenant::new(TenantId::new(), "south".parse().unwrap(), "free".parse().unwrap());
    let cell = cells.cell(record.id());
    let tenant = TenantContext::new(record, cell, ResolvedBy::Job);
    let admitted_at = |second: u64| {
        seconds.store(second, Ordering::Relaxed);
        (0..10).filter(|_| limiter.check(&tenant).is_ok()).count()
    };
    assert_eq!(admitted_at(2_000_000), 2);
    // Back by days: as if the bucket were empty now.
    assert_eq!(admitted_at(1_500_000), 0);
    assert!(limiter.check(&tenant).unwrap_err().retry_after() <= Duration::from_secs(30));
    // Before the limiter was made, and further ahead than its readings go.
    assert_eq!(admitted_at(0), 0);
    assert_eq!(admitted_at(1_500_000), 0);
    assert_eq!(admitted_at(18_000_000_000), 2);
    assert_eq!(admitted_at(18_000_000_000), 0);
}
