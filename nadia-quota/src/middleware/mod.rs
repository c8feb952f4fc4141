//! The limiter as a tower layer.

mod fields;
mod future;
mod layer;
mod rejection;
mod responder;
mod service;

pub use future::QuotaResponseFuture;
pub use layer::QuotaLayer;
pub use rejection::{QuotaRejection, QuotaRejectionKind};
pub use responder::{ProblemResponder, QuotaResponder};
pub use service::QuotaService;
