use std::future::Future;

use tokio::task::{JoinHandle, futures::TaskLocalFuture};
use tracing::Instrument;

use crate::TenantContext;

tokio::task_local! {
    static CURRENT: TenantContext;
}

impl TenantContext {
    /// Runs `future` with this tenant as the [current one](current_tenant) of its task.
    ///
    /// The copy is for logs, spans and convenience; what decides takes the context explicitly.
    /// The future's type has a name, so that a layer can keep it without a box.
    pub fn scope<F: Future>(self, future: F) -> TaskLocalFuture<Self, F> {
        CURRENT.scope(self, future)
    }

    /// Runs `work`, which doesn't wait, with this tenant as the [current one](current_tenant).
    pub fn scope_sync<T>(self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, work)
    }
}

/// Returns the tenant that the running task works for, if it runs inside [`TenantContext::scope`].
#[must_use]
pub fn current_tenant() -> Option<TenantContext> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Spawns `future` with the current tenant and the current tracing span, which a plain
/// `tokio::spawn` loses.
///
/// Without a current tenant the task has none, either.
///
/// # Panics
/// Outside a Tokio runtime, as `tokio::spawn` does.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let future = future.in_current_span();
    match current_tenant() {
        Some(tenant) => tokio::spawn(tenant.scope(future)),
        None => tokio::spawn(future),
    }
}
