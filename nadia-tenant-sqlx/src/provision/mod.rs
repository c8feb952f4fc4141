//! How tenants come to be and go: steps in a ledger, which can be cut short anywhere and taken up again.

mod make;
mod remove;
mod work;

pub use self::make::Seed;
pub use self::work::{TenantWork, WorkKind};
pub(crate) use self::{make::Making, remove::Removing, work::unfinished};
