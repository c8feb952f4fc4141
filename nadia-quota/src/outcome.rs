use std::{fmt, time::Duration};

use crate::RateLimit;

/// Says that a request is admitted, and what is left after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    limit: RateLimit,
    remaining: u32,
    reset: Duration,
}

/// Says that a request is refused, and when one will be admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exceeded {
    limit: RateLimit,
    retry_after: Duration,
    kind: ExceededKind,
}

/// The kinds of [`Exceeded`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExceededKind {
    /// The bucket is empty; it fills with time.
    Rate,
    /// The tenant's cell has no bucket of this limiter, because its layout was built without it: a
    /// mistake in how the service is put together, which time doesn't mend.
    ForeignCell,
}

impl Allowed {
    pub(crate) const fn new(limit: RateLimit, remaining: u32, reset: Duration) -> Self {
        Self { limit, remaining, reset }
    }

    /// Returns the limit that was applied.
    #[must_use]
    pub const fn limit(&self) -> RateLimit {
        self.limit
    }

    /// Returns how many more requests would be admitted at this instant.
    #[must_use]
    pub const fn remaining(&self) -> u32 {
        self.remaining
    }

    /// Returns the time after which [`remaining`](Self::remaining) grows by one if nothing more is asked for: above
    /// zero, at most the limit's interval.
    #[must_use]
    pub const fn reset(&self) -> Duration {
        self.reset
    }
}

impl Exceeded {
    pub(crate) const fn rate(limit: RateLimit, retry_after: Duration) -> Self {
        Self { limit, retry_after, kind: ExceededKind::Rate }
    }

    pub(crate) const fn foreign_cell(limit: RateLimit) -> Self {
        Self { limit, retry_after: limit.window(), kind: ExceededKind::ForeignCell }
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> ExceededKind {
        self.kind
    }

    /// Returns the limit that was applied.
    #[must_use]
    pub const fn limit(&self) -> RateLimit {
        self.limit
    }

    /// Returns the time after which a request is admitted if nobody else takes it: above zero, at most
    /// the limit's interval.
    ///
    /// The window of the limit for [`ExceededKind::ForeignCell`], which no time mends.
    #[must_use]
    pub const fn retry_after(&self) -> Duration {
        self.retry_after
    }

    /// Returns [`retry_after`](Self::retry_after) in whole seconds, rounded up, as the `Retry-After` field wants it: who
    /// waits for them does not come too early.
    #[must_use]
    pub fn retry_after_seconds(&self) -> u64 {
        seconds_up(self.retry_after)
    }
}

/// Whole seconds, rounded up.
pub(crate) fn seconds_up(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ExceededKind::Rate => {
                write!(f, "request rate is above {}; try again after {:?}", self.limit, self.retry_after)
            }
            ExceededKind::ForeignCell => f.write_str(
                "the tenant's cell has no bucket of this limiter; make the limiter on the builder of the cells' layout",
            ),
        }
    }
}

impl std::error::Error for Exceeded {}
