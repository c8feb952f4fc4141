use std::{fmt, sync::Arc};

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
}

impl<St> TenantLayer<St> {
    /// Makes a layer that looks tenants up in `store`, has no resolver yet, and answers with [`ProblemResponse`].
    pub const fn new(store: CachedStore<St>) -> Self {
        Self { store, resolvers: Vec::new(), responder: ProblemResponse }
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
        TenantLayer { store: self.store, resolvers: self.resolvers, responder }
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
        Self { store: self.store.clone(), resolvers: self.resolvers.clone(), responder: self.responder.clone() }
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
