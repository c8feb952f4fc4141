#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bucket;
mod clock;
mod hashed;
mod limit;
mod limiter;
#[cfg(feature = "layer")]
mod middleware;
mod outcome;
mod plans;

pub use governor::clock::{Clock, DefaultClock, FakeRelativeClock};
pub use hashed::{HashedLimiter, client_network};
pub use limit::{ParseRateLimitError, RateLimit, RateLimitError};
pub use limiter::TenantLimiter;
#[cfg(feature = "layer")]
pub use middleware::{
    ProblemResponder, QuotaLayer, QuotaRejection, QuotaRejectionKind, QuotaResponder, QuotaResponseFuture, QuotaService,
};
pub use outcome::{Allowed, Exceeded, ExceededKind};
pub use plans::{Plans, PlansBuilder, PlansError};
