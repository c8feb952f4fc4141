use async_trait::async_trait;

use crate::{StoreError, Tenant, TenantId, TenantSlug};

/// Names a tenant in one of the ways a store can look it up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TenantRef {
    /// By its id.
    Id(TenantId),
    /// By its current slug.
    Slug(TenantSlug),
}

/// Finds tenants.
///
/// A store answers from its source each time; the cached store of `nadia-tenant-tower` stands in front.
#[async_trait]
pub trait TenantStore: Send + Sync + 'static {
    /// Finds the tenant that `reference` names, whatever its status but purged.
    ///
    /// A kind of reference that the store doesn't know is answered with `None`: an unknown tenant,
    /// never a default one.
    ///
    /// # Errors
    /// [`StoreError`] when the source could not be asked or its record makes no sense; never for an
    /// absent tenant.
    async fn find(&self, reference: &TenantRef) -> Result<Option<Tenant>, StoreError>;
}

#[async_trait]
impl<S: TenantStore + ?Sized> TenantStore for std::sync::Arc<S> {
    async fn find(&self, reference: &TenantRef) -> Result<Option<Tenant>, StoreError> {
        (**self).find(reference).await
    }
}
