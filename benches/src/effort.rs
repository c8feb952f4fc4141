use std::time::Duration;

/// How long to measure, and how much data to measure on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Each case once, to see that it works: what `cargo test --benches` asks for.
    Once,
    /// All groups within two minutes, on less data.
    Quick,
    /// Everything.
    Full,
}

impl Effort {
    pub(crate) const fn rounds(self) -> usize {
        match self {
            Self::Once => 1,
            Self::Quick => 101,
            Self::Full => 301,
        }
    }

    /// How many of the rounds run a slow case.
    pub(crate) const fn slow_rounds(self) -> usize {
        match self {
            Self::Once => 1,
            Self::Quick => 7,
            Self::Full => 21,
        }
    }

    /// How long one case is measured in one round: about as long as a busy machine lets a process run at a stretch, so
    /// that more than half of the rounds are undisturbed.
    pub(crate) const fn batch(self) -> Duration {
        match self {
            Self::Once => Duration::ZERO,
            Self::Quick | Self::Full => Duration::from_millis(4),
        }
    }
}
