use governor::clock::{Clock, DefaultClock};
use http::Extensions;
use nadia_tenant_core::TenantContext;
use tower_layer::Layer;

use crate::{Allowed, ExceededKind, ProblemResponder, QuotaRejection, QuotaService, TenantLimiter};

/// Admits each request that its tenant's plan admits, and answers the others with 429.
///
/// It takes the [`TenantContext`] from the request's extensions: put it inside the layers that find the tenant
/// and check who asks, so that a stranger can't use up a tenant's requests. Without a context, or with one
/// whose cell has no bucket of the limiter, it answers 500: what can't be counted isn't served.
///
/// Each response but 401 tells the limit in the fields `RateLimit-Policy: "requests";q=…;w=…` (requests of a window;
/// seconds) and `RateLimit: "requests";r=…;t=…` (requests left; seconds until another comes back, rounded up) of
/// [draft-ietf-httpapi-ratelimit-headers-11]. A refusal adds `Retry-After`, which equals `t`.
/// The refusal is made by a [`QuotaResponder`](crate::QuotaResponder); its reason, a [`QuotaRejection`], is in the response's extensions.
/// The error of the inner service stays as it was.
///
/// [draft-ietf-httpapi-ratelimit-headers-11]: https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11
#[derive(Debug)]
#[must_use]
pub struct QuotaLayer<C: Clock = DefaultClock, R = ProblemResponder> {
    limiter: TenantLimiter<C>,
    responder: R,
}

impl<C: Clock> QuotaLayer<C> {
    /// Makes a layer over `limiter` that answers refusals with problem details.
    pub const fn new(limiter: TenantLimiter<C>) -> Self {
        Self { limiter, responder: ProblemResponder::new() }
    }
}

impl<C: Clock, R> QuotaLayer<C, R> {
    /// Replaces what answers refusals.
    pub fn with_responder<T>(self, responder: T) -> QuotaLayer<C, T> {
        QuotaLayer { limiter: self.limiter, responder }
    }

    /// Returns the limiter.
    pub const fn limiter(&self) -> &TenantLimiter<C> {
        &self.limiter
    }

    pub(super) const fn responder(&self) -> &R {
        &self.responder
    }
}

impl<C: Clock + Send + Sync + 'static, R> QuotaLayer<C, R> {
    /// Takes one request of the tenant in `extensions`, as the service does for each request.
    ///
    /// # Errors
    /// [`QuotaRejection`] when the tenant is missing, the limit is exceeded, or the tenant's cell has no bucket.
    pub fn decide(&self, extensions: &Extensions) -> Result<Allowed, QuotaRejection> {
        let tenant = extensions.get::<TenantContext>().ok_or_else(QuotaRejection::tenant_missing)?;
        self.limiter.check(tenant).map_err(|exceeded| match exceeded.kind() {
            ExceededKind::Rate => QuotaRejection::exceeded(exceeded),
            ExceededKind::ForeignCell => QuotaRejection::misconfigured(),
        })
    }
}

impl<C: Clock, R: Clone> Clone for QuotaLayer<C, R> {
    fn clone(&self) -> Self {
        Self { limiter: self.limiter.clone(), responder: self.responder.clone() }
    }
}

impl<S, C: Clock, R: Clone> Layer<S> for QuotaLayer<C, R> {
    type Service = QuotaService<S, C, R>;

    fn layer(&self, inner: S) -> Self::Service {
        QuotaService::new(inner, self.clone())
    }
}
