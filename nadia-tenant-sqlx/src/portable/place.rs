use std::{any::Any, fmt::Debug, sync::Arc};

use futures_core::future::BoxFuture;

use super::AnySession;
use crate::{Error, backend::Backend, place::Place, scope::Access};

type Opening<'a> = BoxFuture<'a, Result<Box<dyn AnySession>, Error>>;

/// A place of either database; `Any`, so that who knows which one can have it as it is.
pub(crate) trait AnyPlace: Any + Send + Sync + Debug {
    fn conn(&self, access: Access) -> Opening<'_>;
    fn begin(&self, access: Access) -> Opening<'_>;
    fn close(&self) -> BoxFuture<'_, ()>;
    #[cfg(feature = "test-kit")]
    fn without_guard(&self) -> Arc<dyn AnyPlace>;
}

pub(crate) type SharedPlace = Arc<dyn AnyPlace>;

impl<DB: Backend> AnyPlace for Place<DB> {
    fn conn(&self, access: Access) -> Opening<'_> {
        Box::pin(async move { Ok(Box::new(Self::conn(self, access).await?) as Box<dyn AnySession>) })
    }

    fn begin(&self, access: Access) -> Opening<'_> {
        Box::pin(async move { Ok(Box::new(Self::begin(self, access).await?) as Box<dyn AnySession>) })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(Self::close(self))
    }

    #[cfg(feature = "test-kit")]
    fn without_guard(&self) -> Arc<dyn AnyPlace> {
        Arc::new(Self::without_guard(self))
    }
}
