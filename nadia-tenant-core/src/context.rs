use std::sync::Arc;

use crate::{Tenant, TenantCell};

/// The resolved tenant of a request or job, and how it was resolved; what every scoped call takes first.
///
/// Made once at the edge from a record that a store gave, never from what a client sent alone.
/// Immutable; a clone costs one reference count.
///
/// ```
/// use nadia_tenant_core::{CellLayout, ResolvedBy, Tenant, TenantCells, TenantContext, TenantId};
///
/// let tenant = Tenant::new(TenantId::new(), "north".parse()?, "starter".parse()?);
/// let cells = TenantCells::new(CellLayout::empty());
/// let cell = cells.cell(tenant.id());
/// let ctx = TenantContext::new(tenant, cell, ResolvedBy::Job);
/// assert_eq!(ctx.tenant().slug().as_str(), "north");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TenantContext {
    resolved: Arc<(Tenant, TenantCell)>,
    by: ResolvedBy,
}

/// What named the tenant of a [`TenantContext`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResolvedBy {
    /// The host name of the request.
    Host,
    /// A header of the request.
    Header,
    /// Work that no request started: a job, a migration, a command.
    Job,
    /// A resolver of the user's own.
    Custom,
}

impl TenantContext {
    /// Makes the context of `tenant`.
    ///
    /// # Panics
    /// If `cell` belongs to another tenant: going on would charge one tenant for another's use.
    #[must_use]
    pub fn new(tenant: Tenant, cell: TenantCell, by: ResolvedBy) -> Self {
        assert_eq!(tenant.id(), cell.tenant(), "the cell belongs to another tenant");
        Self { resolved: Arc::new((tenant, cell)), by }
    }

    /// Returns the same tenant as resolved by something else, without copying the record.
    #[must_use]
    pub fn resolved_by(mut self, by: ResolvedBy) -> Self {
        self.by = by;
        self
    }

    /// Returns the tenant's record.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.resolved.0
    }

    /// Returns the tenant's cell.
    #[must_use]
    pub fn cell(&self) -> &TenantCell {
        &self.resolved.1
    }

    /// Returns what named the tenant.
    #[must_use]
    pub const fn by(&self) -> ResolvedBy {
        self.by
    }
}
