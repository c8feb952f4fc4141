use std::sync::Arc;

use nadia_tenant_core::{Isolation, Tenant, TenantId};

use crate::{
    ConnectionStats, Error, Guard,
    backend::Backend,
    park::{Home, Park},
    scope::{Access, Check, Session},
};

/// One home, the park that its connections are in, and the guard of its statements.
#[derive(Debug)]
pub(crate) struct Place<DB: Backend> {
    park: Park<DB>,
    home: Home<DB>,
    check: Check,
}

impl<DB: Backend> Clone for Place<DB> {
    fn clone(&self) -> Self {
        Self { park: self.park.clone(), home: self.home.clone(), check: self.check.clone() }
    }
}

impl<DB: Backend> Place<DB> {
    pub(crate) fn new(park: Park<DB>, home: Home<DB>, guard: Arc<Guard>) -> Self {
        Self { park, home, check: Check::Guard(guard) }
    }

    #[cfg(feature = "test-kit")]
    pub(crate) fn without_guard(&self) -> Self {
        Self { park: self.park.clone(), home: self.home.clone(), check: Check::Nothing }
    }

    pub(crate) async fn conn(&self, access: Access) -> Result<Session<DB>, Error> {
        Ok(Session::new(self.park.acquire(&self.home, access.tenant()).await?, self.check.clone(), access))
    }

    pub(crate) async fn begin(&self, access: Access) -> Result<Session<DB>, Error> {
        Ok(Session::new(self.park.begin(&self.home, access.tenant()).await?, self.check.clone(), access))
    }

    pub(crate) fn stats(&self) -> ConnectionStats {
        self.park.stats()
    }

    pub(crate) async fn close(&self) {
        self.park.close().await;
    }
}

/// Returns the tenant, if its rows are in a shared place.
pub(crate) fn in_shared_place(tenant: &Tenant) -> Result<TenantId, Error> {
    match tenant.isolation() {
        Isolation::Shared => Ok(tenant.id()),
        isolation => Err(Error::Isolation { tenant: tenant.id(), isolation }),
    }
}
