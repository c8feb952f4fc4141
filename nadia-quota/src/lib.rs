#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bucket;
mod clock;
mod hashed;
#[cfg(feature = "layer")]
mod layer;
mod limit;
mod limiter;
mod outcome;
mod plans;

pub use governor::clock::{Clock, DefaultClock, FakeRelativeClock};
pub use hashed::HashedLimiter;
#[cfg(feature = "layer")]
pub use layer::{
    ProblemResponder, QuotaLayer, QuotaRejection, QuotaRejectionKind, QuotaResponder, QuotaResponseFuture, QuotaService,
};
pub use limit::{ParseRateLimitError, RateLimit, RateLimitError};
pub use limiter::TenantLimiter;
pub use outcome::{Allowed, Exceeded, ExceededKind};
pub use plans::{Plans, PlansBuilder, PlansError};
