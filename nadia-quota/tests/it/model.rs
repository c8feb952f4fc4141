//! The limiter against a slow limiter that is right by its looks.

use std::time::Duration;

use nadia_quota::{FakeRelativeClock, HashedLimiter, RateLimit};
use nadia_tenant_core::TenantId;
use proptest::prelude::*;

use crate::support::Service;

/// A bucket of tokens counted in thousand-millionths of a request, refilled step by step.
struct TokenBucket {
    interval: u128,
    capacity: u128,
    tokens: u128,
}

impl TokenBucket {
    fn new(limit: RateLimit) -> Self {
        // A token is as many drops as the interval has nanoseconds: one drop falls each nanosecond.
        let interval = limit.interval().as_nanos();
        let capacity = interval * u128::from(limit.burst());
        Self { interval, capacity, tokens: capacity }
    }

    fn pass(&mut self, time: Duration) {
        self.tokens = (self.tokens + time.as_nanos()).min(self.capacity);
    }

    /// What is left after an admission, and the wait for the next request.
    fn take(&mut self) -> Result<(u128, Duration), Duration> {
        let missing =
            |tokens: u128| Duration::from_nanos(u64::try_from(self.interval - tokens % self.interval).unwrap());
        if self.tokens < self.interval {
            return Err(missing(self.tokens));
        }
        let tokens = self.tokens - self.interval;
        let wait = missing(tokens);
        self.tokens = tokens;
        Ok((tokens / self.interval, wait))
    }
}

/// The definition: in every span, at most the burst and what came back in it.
pub(crate) fn within_bound(admitted: &[Duration], limit: RateLimit) -> bool {
    admitted.iter().enumerate().all(|(first, from)| {
        admitted.iter().enumerate().skip(first).all(|(last, to)| {
            let most = u128::from(limit.burst()) + (*to - *from).as_nanos() / limit.interval().as_nanos();
            (last - first + 1) as u128 <= most
        })
    })
}

fn limits() -> impl Strategy<Value = RateLimit> {
    (1..2_000u32, prop_oneof![1..10u64, Just(60), Just(3_600), Just(86_400)], 1..2_000u32).prop_map(
        |(requests, window, burst)| {
            let limit = RateLimit::new(requests, Duration::from_secs(window)).unwrap();
            limit.with_burst(burst.min(requests)).unwrap()
        },
    )
}

/// Pauses before each request: in parts of the interval, and at times very long.
fn pauses() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![8 => Just(0.0), 4 => 0.0..2.0f64, 1 => 0.0..50.0f64, 1 => Just(1e6)], 1..300)
}

/// At most a month, so that no sum of pauses leaves what a fake clock can show.
fn pause_of(limit: RateLimit, intervals: f64) -> Duration {
    limit.interval().mul_f64(intervals).min(Duration::from_secs(30 * 86_400))
}

proptest! {
    #[test]
    fn admits_what_the_model_admits_and_nothing_else(limit in limits(), pauses in pauses()) {
        let service = Service::new(&[("plan", limit)]);
        let tenant = service.tenant(TenantId::new(), "plan");
        let clock = FakeRelativeClock::default();
        let hashed = HashedLimiter::with_clock(limit, 16, clock.clone());
        let mut model = TokenBucket::new(limit);
        for pause in pauses {
            let pause = pause_of(limit, pause);
            service.clock.advance(pause);
            clock.advance(pause);
            model.pass(pause);
            let answer = |outcome: Result<nadia_quota::Allowed, nadia_quota::Exceeded>| {
                outcome
                    .map(|allowed| (u128::from(allowed.remaining()), allowed.reset()))
                    .map_err(|exceeded| exceeded.retry_after())
            };
            let expected = model.take();
            prop_assert_eq!(answer(service.limiter.check(&tenant)), expected);
            prop_assert_eq!(answer(hashed.check("key")), expected);
        }
    }

    #[test]
    fn no_span_admits_more_than_the_burst_and_what_came_back(limit in limits(), pauses in pauses()) {
        let service = Service::new(&[("plan", limit)]);
        let tenant = service.tenant(TenantId::new(), "plan");
        let mut now = Duration::ZERO;
        let mut admitted = Vec::new();
        for pause in pauses {
            let pause = pause_of(limit, pause);
            service.clock.advance(pause);
            now += pause;
            if service.limiter.check(&tenant).is_ok() {
                admitted.push(now);
            }
        }
        prop_assert!(within_bound(&admitted, limit), "{:?}", admitted);
    }
}
