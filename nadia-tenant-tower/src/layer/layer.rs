use std::{fmt, sync::Arc};

use http::{Method, request::Parts};
use tower_layer::Layer;

use super::{ProblemResponse, TenantService};
use crate::{CachedStore, Resolve};

/// Finds the one tenant that a request is for, and passes the request on as that tenant's, or refuses it.
///
/// Every resolver that names a tenant must name the same one. Without resolvers, every request is refused; there is
/// no default tenant. The inner service finds the [`TenantContext`](nadia_tenant_core::TenantContext) in the request's
/// extensions and, while it runs, as [`current_tenant`](nadia_tenant_core::current_tenant); it runs in a span `tenant`
/// with the fields `nadia.tenant.id`, `nadia.tenant.slug` and `nadia.tenant.plan`.
///
/// The order of resolvers says whose word the context carries as [`by`](nadia_tenant_core::TenantContext::by), and
/// which refusal is given if they disagree: see the [crate documentation](crate).
///
/// Requests for a base host name no tenant; route them elsewhere before this layer, by
/// [`SubdomainResolver::match_host`](crate::SubdomainResolver::match_host).
#[must_use]
pub struct TenantLayer<St, R = ProblemResponse> {
    pub(super) store: CachedStore<St>,
    pub(super) resolvers: Vec<Arc<dyn Resolve>>,
    pub(super) responder: R,
    writes: Option<Writes>,
}

type Writes = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;

impl<St> TenantLayer<St> {
    /// Makes a layer that looks tenants up in `store`, has no resolver yet, and answers with [`ProblemResponse`].
    pub const fn new(store: CachedStore<St>) -> Self {
        Self { store, resolvers: Vec::new(), responder: ProblemResponse, writes: None }
    }
}

impl<St, R> TenantLayer<St, R> {
    /// Adds a source that may name the tenant.
    pub fn add_resolver(mut self, resolver: impl Resolve) -> Self {
        self.resolvers.push(Arc::new(resolver));
        self
    }

    /// Replaces what answers refused requests: a closure `Fn(&TenantRejection, &Parts) -> Response<B>`, or a type of
    /// your own.
    pub fn with_responder<R2>(self, responder: R2) -> TenantLayer<St, R2> {
        TenantLayer { store: self.store, resolvers: self.resolvers, responder, writes: self.writes }
    }

    /// Replaces what says that a request writes, for which a tenant that is read-only refuses it; by default, every
    /// method other than GET, HEAD and OPTIONS does.
    ///
    /// For requests that change nothing of the tenant's, whatever their method: a log-in, a search by POST. What it
    /// lets through by mistake is written.
    ///
    /// ```
    /// # use nadia_tenant_core::TenantStore;
    /// use http::{Method, request::Parts};
    /// use nadia_tenant_tower::{CachedStore, TenantLayer};
    ///
    /// fn layer<S: TenantStore>(store: CachedStore<S>) -> TenantLayer<S> {
    ///     TenantLayer::new(store)
    ///         .with_writes(|request: &Parts| request.method != Method::GET && request.uri.path() != "/log-in")
    /// }
    /// ```
    pub fn with_writes(mut self, writes: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.writes = Some(Arc::new(writes));
        self
    }

    pub(super) fn writes(&self, request: &Parts) -> bool {
        match &self.writes {
            Some(writes) => writes(request),
            None => !matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS),
        }
    }
}

impl<S, St, R: Clone> Layer<S> for TenantLayer<St, R> {
    type Service = TenantService<S, St, R>;

    fn layer(&self, inner: S) -> Self::Service {
        TenantService::new(inner, self.clone())
    }
}

impl<St, R: Clone> Clone for TenantLayer<St, R> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            resolvers: self.resolvers.clone(),
            responder: self.responder.clone(),
            writes: self.writes.clone(),
        }
    }
}

impl<St, R> fmt::Debug for TenantLayer<St, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantLayer")
            .field("store", &self.store)
            .field("resolvers", &self.resolvers)
            .finish_non_exhaustive()
    }
}
