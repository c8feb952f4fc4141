use std::{any::Any, fmt::Debug, sync::Arc};

use futures_core::future::BoxFuture;
use nadia_tenant_core::Tenant;

use super::AnySession;
use crate::{
    ConnectionStats, Error,
    backend::Backend,
    router::{Router, Who},
};

type Opening<'a> = BoxFuture<'a, Result<Box<dyn AnySession>, Error>>;

/// A router of either database; `Any`, so that who knows which one can have it as it is.
pub(crate) trait AnyRouter: Any + Send + Sync + Debug {
    fn conn<'a>(&'a self, who: Who<'a>) -> Opening<'a>;
    fn begin<'a>(&'a self, who: Who<'a>) -> Opening<'a>;
    fn forget<'a>(&'a self, tenant: &'a Tenant) -> BoxFuture<'a, Result<(), Error>>;
    fn stats(&self) -> ConnectionStats;
    fn close(&self) -> BoxFuture<'_, ()>;
    #[cfg(feature = "test-kit")]
    fn without_guard(&self) -> Arc<dyn AnyRouter>;
}

pub(crate) type SharedRouter = Arc<dyn AnyRouter>;

impl<DB: Backend> AnyRouter for Router<DB> {
    fn conn<'a>(&'a self, who: Who<'a>) -> Opening<'a> {
        Box::pin(async move { Ok(Box::new(Self::conn(self, who).await?) as Box<dyn AnySession>) })
    }

    fn begin<'a>(&'a self, who: Who<'a>) -> Opening<'a> {
        Box::pin(async move { Ok(Box::new(Self::begin(self, who).await?) as Box<dyn AnySession>) })
    }

    fn forget<'a>(&'a self, tenant: &'a Tenant) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(Self::forget(self, tenant))
    }

    fn stats(&self) -> ConnectionStats {
        Self::stats(self)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(Self::close(self))
    }

    #[cfg(feature = "test-kit")]
    fn without_guard(&self) -> Arc<dyn AnyRouter> {
        Arc::new(Self::without_guard(self))
    }
}
