use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use governor::clock::{Clock, DefaultClock};
use nadia_tenant_core::{CellLayoutBuilder, CellState, PlanName, Slot, TenantContext};

use crate::{
    Allowed, Exceeded, Plans,
    bucket::{Bucket, carried},
    clock::Elapsed,
};

/// Limits the request rate of each tenant by its plan.
///
/// A tenant's bucket lies in its [cell](nadia_tenant_core::TenantCell), so a check looks nothing up, all ways to reach
/// the tenant share one bucket, and a tenant that doesn't exist has none. Clones are the same limiter.
///
/// ```
/// use nadia_quota::{Plans, RateLimit, TenantLimiter};
/// use nadia_tenant_core::{CellLayout, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId};
///
/// let plans = Plans::builder().plan("starter".parse()?, RateLimit::per_hour(2)?).build()?;
/// let mut layout = CellLayout::builder();
/// let limiter = TenantLimiter::new(&mut layout, plans);
/// let cells = TenantCells::new(layout.build());
///
/// let tenant = Tenant::new(TenantId::new(), "north".parse()?, "starter".parse()?);
/// let cell = cells.cell(tenant.id());
/// let ctx = TenantContext::new(tenant, cell, ResolvedBy::Job);
/// assert_eq!(limiter.check(&ctx)?.remaining(), 1);
/// assert_eq!(limiter.check(&ctx)?.remaining(), 0);
/// assert!(limiter.check(&ctx).unwrap_err().retry_after().as_secs() > 1_700);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Change of plan
/// The plan of the context decides, so a change counts from the first check with the new record. As many requests are
/// missing from the new bucket as were from the old one (at most all of them); nothing is refilled.
/// A plan that a tenant comes back to holds at most what it held when it was left and what came back since, so that
/// going to and fro gains nothing. A request that is in flight with the old record is checked by the old plan.
pub struct TenantLimiter<C: Clock = DefaultClock> {
    slot: Slot<TenantBuckets<C>>,
    shared: Arc<Shared<C>>,
}

struct Shared<C: Clock> {
    plans: Plans,
    clock: Elapsed<C>,
    // Changes of plan are rare, so one lock serves all tenants.
    change: Mutex<()>,
}

/// A bucket for each plan, of which the one in use is not retired.
struct TenantBuckets<C: Clock> {
    shared: Arc<Shared<C>>,
    current: AtomicUsize,
    buckets: Box<[Bucket]>,
}

impl TenantLimiter {
    /// Makes a limiter whose buckets lie in the cells of `layout`.
    #[must_use]
    pub fn new(layout: &mut CellLayoutBuilder, plans: Plans) -> Self {
        Self::with_clock(layout, plans, DefaultClock::default())
    }
}

impl<C: Clock + Send + Sync + 'static> TenantLimiter<C> {
    /// Makes a limiter that reads `clock` instead of the system's monotonic one.
    ///
    /// A clock that goes backwards refuses for at most as long as an empty bucket takes to fill.
    #[must_use]
    pub fn with_clock(layout: &mut CellLayoutBuilder, plans: Plans, clock: C) -> Self {
        let shared = Arc::new(Shared { plans, clock: Elapsed::new(clock), change: Mutex::new(()) });
        let slot = layout.slot({
            let shared = Arc::clone(&shared);
            move |_tenant| TenantBuckets {
                buckets: (0..shared.plans.len()).map(|_| Bucket::default()).collect(),
                current: AtomicUsize::new(0),
                shared: Arc::clone(&shared),
            }
        });
        Self { slot, shared }
    }

    /// Takes one request of the tenant's, if its plan admits it now.
    ///
    /// # Errors
    /// [`Exceeded`] when the bucket is empty, and when the tenant's cell is of another layout than this limiter:
    /// without a bucket nothing is admitted. A refusal takes nothing.
    pub fn check(&self, tenant: &TenantContext) -> Result<Allowed, Exceeded> {
        let plan = tenant.tenant().plan();
        match tenant.cell().state(&self.slot) {
            Some(buckets) => buckets.take(plan),
            None => Err(Exceeded::foreign_cell(self.shared.plans.limit(plan))),
        }
    }
}

impl<C: Clock> TenantBuckets<C> {
    fn take(&self, plan: &PlanName) -> Result<Allowed, Exceeded> {
        let plans = &self.shared.plans;
        let now = self.shared.clock.nanos();
        loop {
            let current = self.current.load(Ordering::Acquire);
            let index = if plans.is(current, plan) { current } else { self.change_to(plans.index(plan), now) };
            match self.buckets[index].take(plans.at(index), now) {
                Some(outcome) => return outcome,
                // Another request changes the plan; once it has, the debt is in the other bucket.
                None => drop(self.changing()),
            }
        }
    }

    fn change_to(&self, index: usize, now: u64) -> usize {
        if self.current.load(Ordering::Acquire) == index {
            return index;
        }
        let _changing = self.changing();
        let left = self.current.load(Ordering::Acquire);
        if left != index {
            let (from, to) = (self.shared.plans.at(left), self.shared.plans.at(index));
            let debt = self.buckets[left].retire(from, now);
            self.buckets[index].revive(carried(debt, from, to), now);
            self.current.store(index, Ordering::Release);
        }
        index
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        // The guarded value is empty, so a poisoned lock guards as well.
        self.shared.change.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Clock + Send + Sync + 'static> CellState for TenantBuckets<C> {
    fn is_disposable(&self) -> bool {
        let now = self.shared.clock.nanos();
        self.buckets.iter().all(|bucket| bucket.is_full(now))
    }
}

impl<C: Clock> Clone for TenantLimiter<C> {
    fn clone(&self) -> Self {
        Self { slot: self.slot.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<C: Clock> fmt::Debug for TenantLimiter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantLimiter").field("plans", &self.shared.plans).finish_non_exhaustive()
    }
}
