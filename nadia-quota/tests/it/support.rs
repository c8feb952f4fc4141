use nadia_quota::{FakeRelativeClock, Plans, RateLimit, TenantLimiter};
use nadia_tenant_core::{CellLayout, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId};

/// A limiter, the cells it counts in and the clock it reads.
pub(crate) struct Service {
    pub(crate) limiter: TenantLimiter<FakeRelativeClock>,
    pub(crate) cells: TenantCells,
    pub(crate) clock: FakeRelativeClock,
}

impl Service {
    pub(crate) fn new(plans: &[(&str, RateLimit)]) -> Self {
        let clock = FakeRelativeClock::default();
        let mut layout = CellLayout::builder();
        let limiter = TenantLimiter::with_clock(&mut layout, make_plans(plans), clock.clone());
        Self { limiter, cells: TenantCells::new(layout.build()), clock }
    }

    /// A context as a store's record makes it: each call is a new load of the record.
    pub(crate) fn tenant(&self, id: TenantId, plan: &str) -> TenantContext {
        let tenant = Tenant::new(id, "north".parse().unwrap(), plan.parse().unwrap());
        TenantContext::new(tenant, self.cells.cell(id), ResolvedBy::Job)
    }

    /// Takes requests until one is refused.
    pub(crate) fn exhaust(&self, tenant: &TenantContext) -> usize {
        (0..10_000).take_while(|_| self.limiter.check(tenant).is_ok()).count()
    }
}

pub(crate) fn make_plans(plans: &[(&str, RateLimit)]) -> Plans {
    let mut builder = Plans::builder();
    for (name, limit) in plans {
        builder = builder.plan(name.parse().unwrap(), *limit);
    }
    builder.build().unwrap()
}

pub(crate) fn limit(text: &str) -> RateLimit {
    text.parse().unwrap()
}
