use std::sync::Arc;

use nadia_tenant_core::{Isolation, Tenant, TenantId};

use crate::{
    ConnectionLimits, Error, Guard,
    backend::{Backend, Options},
    park::{Binding, Park},
    scope::{Access, Check, Session},
};

/// One database with its connections and the guard of its statements.
#[derive(Debug)]
pub(crate) struct Place<DB: Backend> {
    park: Park<DB>,
    check: Check,
}

impl<DB: Backend> Clone for Place<DB> {
    fn clone(&self) -> Self {
        Self { park: self.park.clone(), check: self.check.clone() }
    }
}

impl<DB: Backend> Place<DB> {
    pub(crate) fn new(options: Options<DB>, binding: Binding, guard: Arc<Guard>, limits: ConnectionLimits) -> Self {
        Self { park: Park::new(options, binding, limits), check: Check::Guard(guard) }
    }

    #[cfg(feature = "test-kit")]
    pub(crate) fn without_guard(&self) -> Self {
        Self { park: self.park.clone(), check: Check::Nothing }
    }

    pub(crate) async fn conn(&self, access: Access) -> Result<Session<DB>, Error> {
        Ok(Session::new(self.park.acquire(access.tenant()).await?, self.check.clone(), access))
    }

    pub(crate) async fn begin(&self, access: Access) -> Result<Session<DB>, Error> {
        Ok(Session::new(self.park.begin(access.tenant()).await?, self.check.clone(), access))
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
