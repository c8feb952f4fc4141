//! The middleware: finds the one tenant of a request, refuses or passes it on.

mod decision;
mod future;
#[expect(clippy::module_inception, reason = "the layer's file among the middleware's")]
mod layer;
mod response;
mod service;

pub use future::TenantFuture;
pub use layer::TenantLayer;
pub use response::{ProblemResponse, ResponseForRejection};
pub use service::TenantService;
