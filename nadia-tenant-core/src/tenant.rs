use crate::{Isolation, Placement, PlanName, TenantId, TenantSlug, TenantStatus};

/// The record of an organisation with its own data, as a [`TenantStore`](crate::TenantStore) gives it.
///
/// ```
/// use nadia_tenant_core::{Tenant, TenantId, TenantStatus};
///
/// let tenant = Tenant::new(TenantId::new(), "north".parse()?, "starter".parse()?).with_name("North Clinic");
/// assert_eq!(tenant.status(), TenantStatus::Active);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    id: TenantId,
    slug: TenantSlug,
    name: String,
    status: TenantStatus,
    plan: PlanName,
    isolation: Isolation,
    placement: Placement,
    quarantined: bool,
}

impl Tenant {
    /// Makes a record that is active, shared, on the main server and named by its slug; change it by the `with_` methods.
    #[must_use]
    pub fn new(id: TenantId, slug: TenantSlug, plan: PlanName) -> Self {
        let name = slug.as_str().to_owned();
        Self {
            id,
            slug,
            name,
            status: TenantStatus::Active,
            plan,
            isolation: Isolation::Shared,
            placement: Placement::default(),
            quarantined: false,
        }
    }

    /// Replaces the name shown to people.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Replaces the status.
    ///
    /// This builds a record that was read; a change of a tenant's life goes through
    /// [`TenantStatus::transition`].
    #[must_use]
    pub const fn with_status(mut self, status: TenantStatus) -> Self {
        self.status = status;
        self
    }

    /// Replaces the isolation.
    #[must_use]
    pub const fn with_isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// Replaces the server that its rows are on.
    #[must_use]
    pub fn with_placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }

    /// Says whether a migration of its place failed, so that it serves nothing until that is mended.
    #[must_use]
    pub const fn with_quarantine(mut self, quarantined: bool) -> Self {
        self.quarantined = quarantined;
        self
    }

    /// Returns the id.
    #[must_use]
    pub const fn id(&self) -> TenantId {
        self.id
    }

    /// Returns the slug.
    #[must_use]
    pub const fn slug(&self) -> &TenantSlug {
        &self.slug
    }

    /// Returns the name shown to people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the status.
    #[must_use]
    pub const fn status(&self) -> TenantStatus {
        self.status
    }

    /// Returns the plan by whose name limits are found.
    #[must_use]
    pub const fn plan(&self) -> &PlanName {
        &self.plan
    }

    /// Returns how its rows are kept apart.
    #[must_use]
    pub const fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// Returns the server that its rows are on.
    #[must_use]
    pub const fn placement(&self) -> &Placement {
        &self.placement
    }

    /// Tells whether a migration of its place failed, so that it serves nothing until that is mended, whatever its
    /// status.
    #[must_use]
    pub const fn is_quarantined(&self) -> bool {
        self.quarantined
    }
}
