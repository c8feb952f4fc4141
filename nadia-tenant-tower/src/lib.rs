#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "axum")]
mod extract;
mod host;
mod layer;
mod problem;
mod rejection;
mod resolve;
mod store;

#[cfg(feature = "axum")]
pub use extract::{MissingTenantLayer, Tenant};
pub use layer::{ProblemResponse, ResponseForRejection, TenantFuture, TenantLayer, TenantService};
pub use rejection::{TenantRejection, TenantRejectionKind};
pub use resolve::{BaseDomainError, HeaderResolver, HostMatch, Named, Resolve, SubdomainResolver};
pub use store::{CachedStore, CachedStoreBuilder};
