use std::{
    fmt, mem,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use nadia_tenant_core::TenantStore;
use tower_service::Service;

use super::{
    ResponseForRejection, TenantFuture, TenantLayer,
    decision::{self, Decision},
    future,
};

/// The service that [`TenantLayer`] makes; see there.
pub struct TenantService<S, St, R = super::ProblemResponse> {
    inner: S,
    layer: Arc<TenantLayer<St, R>>,
}

impl<S, St, R> TenantService<S, St, R> {
    /// Puts `layer` around `inner`.
    pub fn new(inner: S, layer: TenantLayer<St, R>) -> Self {
        Self { inner, layer: Arc::new(layer) }
    }

    /// Returns the inner service.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the inner service to change it.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the inner service and drops the layer.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, St, R, ReqBody, ResBody> Service<Request<ReqBody>> for TenantService<S, St, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    St: TenantStore,
    R: ResponseForRejection<ResBody>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = TenantFuture<S, St, R, ReqBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (head, body) = request.into_parts();
        match decision::decide(&self.layer, &head) {
            Decision::Pass(tenant) => TenantFuture::passed(future::pass(&mut self.inner, tenant, head, body)),
            Decision::Refuse(rejection) => {
                TenantFuture::refused(future::refuse(&self.layer.responder, &rejection, &head))
            }
            Decision::Load(claims) => {
                // The one that was polled ready has to be the one that is called:
                // https://docs.rs/tower/0.5/tower/trait.Service.html#be-careful-when-cloning-inner-services
                let fresh = self.inner.clone();
                let ready = mem::replace(&mut self.inner, fresh);
                let lookup = Box::pin(decision::load(self.layer.store.clone(), claims));
                TenantFuture::looking_up(lookup, ready, Arc::clone(&self.layer), head, body)
            }
        }
    }
}

impl<S: Clone, St, R> Clone for TenantService<S, St, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: Arc::clone(&self.layer) }
    }
}

impl<S: fmt::Debug, St, R> fmt::Debug for TenantService<S, St, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantService").field("inner", &self.inner).field("layer", &self.layer).finish()
    }
}
