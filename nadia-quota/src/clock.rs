use governor::clock::{Clock, Reference};

/// Reads a clock as nanoseconds since this value was made, so that a bucket is one integer whatever
/// the clock's instants are.
#[derive(Clone, Debug)]
pub(crate) struct Elapsed<C: Clock> {
    clock: C,
    start: C::Instant,
}

impl<C: Clock> Elapsed<C> {
    /// Readings stop here (146 years), which leaves a bit above and room for sums.
    const MAX: u64 = 1 << 62;

    pub(crate) fn new(clock: C) -> Self {
        let start = clock.now();
        Self { clock, start }
    }

    /// Zero when the clock shows an instant before the start.
    pub(crate) fn nanos(&self) -> u64 {
        self.clock.now().duration_since(self.start).as_u64().min(Self::MAX)
    }
}
