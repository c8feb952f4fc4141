use std::{
    cell::Cell,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use governor::{
    RateLimiter,
    clock::Clock,
    middleware::StateInformationMiddleware,
    nanos::Nanos,
    state::{StateStore, direct::NotKeyed},
};

use crate::{Allowed, Exceeded, RateLimit};

/// When the bucket will be full again, in nanoseconds of [`Elapsed`](crate::clock::Elapsed): GCRA's theoretical
/// arrival time. What is to come until then is the bucket's debt.
///
/// governor decides; the integer lies here because the limit of a bucket changes with the tenant's plan, while
/// governor's own limiters are built for one limit, and because the time until the bucket fills is not told by them.
#[derive(Debug, Default)]
pub(crate) struct Bucket(AtomicU64);

impl Bucket {
    /// Set once the debt was carried to another bucket. It makes the debt so large that every limit refuses.
    const RETIRED: u64 = 1 << 63;

    /// Takes one request at `now` if `limit` admits it; `None` if the bucket was retired when it was looked at.
    pub(crate) fn take(&self, limit: RateLimit, now: u64) -> Option<Result<Allowed, Exceeded>> {
        let (after, retired) = (Cell::new(0), Cell::new(false));
        let debts = Debts { bucket: self, now, full: limit.full_nanos(), after, retired };
        let limiter = RateLimiter::<_, _, _, StateInformationMiddleware>::new(limit.quota(), &debts, Standstill);
        let outcome = limiter.check();
        // Asking the bucket itself now could miss it: it may be back in use meanwhile.
        if debts.retired.get() {
            return None;
        }
        Some(match outcome {
            Ok(state) => {
                let interval = limit.interval_nanos();
                // A request comes back whenever the debt falls to a multiple of the interval.
                let reset = match debts.after.get() % interval {
                    0 => interval,
                    rest => rest,
                };
                Ok(Allowed::new(limit, state.remaining_burst_capacity(), Duration::from_nanos(reset)))
            }
            Err(refusal) => Err(Exceeded::rate(limit, refusal.wait_time_from(Nanos::new(0)))),
        })
    }

    pub(crate) fn is_full(&self, now: u64) -> bool {
        self.0.load(Ordering::Acquire) & !Self::RETIRED <= now
    }

    /// Makes every later [`take`](Self::take) refuse until [`revive`](Self::revive); returns the debt.
    pub(crate) fn retire(&self, limit: RateLimit, now: u64) -> u64 {
        let full_at = self.0.fetch_or(Self::RETIRED, Ordering::AcqRel) & !Self::RETIRED;
        full_at.saturating_sub(now).min(limit.full_nanos())
    }

    /// Goes on with the larger of `debt` and what was left of its own when it retired.
    pub(crate) fn revive(&self, debt: u64, now: u64) {
        let own = self.0.load(Ordering::Acquire) & !Self::RETIRED;
        self.0.store(own.max(now + debt), Ordering::Release);
    }
}

/// Expresses a debt under another limit: as many requests are missing from the bucket as before, or all
/// of them if it is smaller. Rounded up, so that nothing is refilled.
pub(crate) fn carried(debt: u64, from: RateLimit, to: RateLimit) -> u64 {
    let scaled = (u128::from(debt) * u128::from(to.interval_nanos())).div_ceil(u128::from(from.interval_nanos()));
    u64::try_from(scaled).map_or(to.full_nanos(), |scaled| scaled.min(to.full_nanos()))
}

/// A bucket as governor sees it at one instant: its arrival times count from that instant.
struct Debts<'a> {
    bucket: &'a Bucket,
    now: u64,
    full: u64,
    after: Cell<u64>,
    retired: Cell<bool>,
}

impl StateStore for &Debts<'_> {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _key: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut full_at = self.bucket.0.load(Ordering::Acquire);
        loop {
            self.retired.set(full_at & Bucket::RETIRED != 0);
            let debt = full_at.saturating_sub(self.now);
            // Only a clock that went backwards makes more than an empty bucket's debt; don't refuse for as long.
            let debt = if self.retired.get() { debt } else { debt.min(self.full) };
            let (outcome, after) = decide(Some(Nanos::new(debt)))?;
            match self.bucket.0.compare_exchange_weak(
                full_at,
                self.now + after.as_u64(),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => {
                    self.after.set(after.as_u64());
                    return Ok(outcome);
                }
                Err(changed) => full_at = changed,
            }
        }
    }
}

/// The clock of a decision that is about one instant.
struct Standstill;

impl Clock for Standstill {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(0)
    }
}
