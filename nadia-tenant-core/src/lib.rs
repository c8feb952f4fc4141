#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod aware;
mod cell;
mod context;
mod error;
mod id;
mod isolation;
mod placement;
mod plan;
mod registry;
mod slug;
mod status;
mod store;
#[cfg(feature = "tokio")]
mod task;
mod tenant;

pub use aware::{Dialect, TenantAware, TenantDdl};
pub use cell::{CellLayout, CellLayoutBuilder, CellState, Slot, TenantCell};
pub use context::{ResolvedBy, TenantContext};
pub use error::{StoreError, StoreErrorKind};
pub use id::{ParseTenantIdError, TenantId};
pub use isolation::{Isolation, ParseIsolationError};
pub use placement::{ParsePlacementError, Placement};
pub use plan::{ParsePlanNameError, PlanName};
pub use registry::TenantCells;
pub use slug::{ParseTenantSlugError, SlugFault, TenantSlug};
pub use status::{InvalidTransition, ParseTenantStatusError, TenantStatus};
pub use store::{TenantRef, TenantStore};
#[cfg(feature = "tokio")]
pub use task::{current_tenant, spawn};
pub use tenant::Tenant;

#[cfg(feature = "derive")]
pub use nadia_tenant_derive::TenantAware;

/// What expansions of the derive name; no interface for anybody else.
#[doc(hidden)]
pub mod __private {
    pub use crate::aware::TenantIdField;
}
