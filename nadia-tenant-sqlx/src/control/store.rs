use async_trait::async_trait;
use nadia_tenant_core::{StoreError, Tenant, TenantRef, TenantStatus, TenantStore};

use super::ControlDb;
use crate::Error;

/// Finds tenants in the registry of the control database, on either database.
#[derive(Clone, Debug)]
pub struct SqlTenantStore(ControlDb);

impl SqlTenantStore {
    pub(crate) fn new(control: ControlDb) -> Self {
        Self(control)
    }
}

#[async_trait]
impl TenantStore for SqlTenantStore {
    async fn find(&self, reference: &TenantRef) -> Result<Option<Tenant>, StoreError> {
        let found = self.0.tenant(reference).await.map_err(|error| match error {
            Error::Corrupt(why) => StoreError::corrupt(why),
            error => StoreError::unavailable(error),
        })?;
        Ok(found.map(|record| record.tenant).filter(|tenant| tenant.status() != TenantStatus::Purged))
    }
}
