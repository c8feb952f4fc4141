use crate::{Isolation, PlanName, TenantId, TenantSlug, TenantStatus};

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
}

impl Tenant {
    /// Makes a record that is active, shared and named by its slug; change it by the `with_` methods.
    #[must_use]
    pub fn new(id: TenantId, slug: TenantSlug, plan: PlanName) -> Self {
        let name = slug.as_str().to_owned();
        Self { id, slug, name, status: TenantStatus::Active, plan, isolation: Isolation::Shared }
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
}
