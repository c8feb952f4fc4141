use std::task::{Context, Poll};

use governor::clock::{Clock, DefaultClock};
use http::{Request, Response};
use tower_service::Service;

use crate::{ProblemResponder, QuotaLayer, QuotaResponder, QuotaResponseFuture};

/// The service of a [`QuotaLayer`].
#[derive(Debug)]
pub struct QuotaService<S, C: Clock = DefaultClock, R = ProblemResponder> {
    inner: S,
    layer: QuotaLayer<C, R>,
}

impl<S, C: Clock, R> QuotaService<S, C, R> {
    pub(super) const fn new(inner: S, layer: QuotaLayer<C, R>) -> Self {
        Self { inner, layer }
    }

    /// Returns the inner service.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the inner service.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the inner service and drops the rest.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, C, R, ReqBody, ResBody> Service<Request<ReqBody>> for QuotaService<S, C, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    C: Clock + Send + Sync + 'static,
    R: QuotaResponder<ResBody>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = QuotaResponseFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        match self.layer.decide(request.extensions()) {
            Ok(allowed) => QuotaResponseFuture::admitted(self.inner.call(request), allowed),
            Err(rejection) => {
                rejection.log();
                let (parts, _) = request.into_parts();
                let response = self.layer.responder().respond(&parts, &rejection);
                QuotaResponseFuture::rejected(response, rejection)
            }
        }
    }
}

impl<S: Clone, C: Clock, R: Clone> Clone for QuotaService<S, C, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}
