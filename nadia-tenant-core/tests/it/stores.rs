use std::{error::Error, io, sync::Arc};

use nadia_tenant_core::{StoreError, StoreErrorKind, Tenant, TenantId, TenantRef, TenantStore};

struct One(Tenant);

#[async_trait::async_trait]
impl TenantStore for One {
    async fn find(&self, reference: &TenantRef) -> Result<Option<Tenant>, StoreError> {
        let found = match reference {
            TenantRef::Id(id) => *id == self.0.id(),
            TenantRef::Slug(slug) => slug == self.0.slug(),
            _ => false,
        };
        Ok(found.then(|| self.0.clone()))
    }
}

#[test]
fn an_error_keeps_its_cause_as_its_source() {
    let error = StoreError::unavailable(io::Error::other("connection refused"));
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    let copy = error.clone();
    let cause = copy.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(cause.to_string(), "connection refused");
    assert!(!error.to_string().contains("refused"), "the cause is told once");

    let error = StoreError::corrupt("status is unknown");
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert_eq!(error.source().unwrap().to_string(), "status is unknown");
}

#[tokio::test]
async fn a_store_works_behind_a_pointer_and_as_an_object() {
    let tenant = Tenant::new(TenantId::new(), "north".parse().unwrap(), "free".parse().unwrap());
    let store: Arc<dyn TenantStore> = Arc::new(One(tenant.clone()));
    let by_slug = TenantRef::Slug("north".parse().unwrap());
    assert_eq!(TenantStore::find(&store, &by_slug).await.unwrap(), Some(tenant.clone()));
    assert_eq!(store.find(&TenantRef::Id(tenant.id())).await.unwrap(), Some(tenant));
    assert_eq!(store.find(&TenantRef::Id(TenantId::new())).await.unwrap(), None);
}
