use std::{
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Request, Response, request::Parts};
use nadia_tenant_core::TenantContext;
use pin_project_lite::pin_project;
use tokio::task::futures::TaskLocalFuture;
use tower_service::Service;
use tracing::{Instrument, instrument::Instrumented};

use super::{ResponseForRejection, TenantLayer, decision::admit};
use crate::{TenantRejection, TenantRejectionKind};

type Lookup = Pin<Box<dyn Future<Output = Result<TenantContext, TenantRejection>> + Send>>;
type Scoped<F> = Instrumented<TaskLocalFuture<TenantContext, F>>;

pin_project! {
    /// The future of [`TenantService`](super::TenantService).
    ///
    /// Boxes nothing when the tenant is cached or the request is refused from its head.
    pub struct TenantFuture<S, St, R, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        state: State<S, St, R, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, St, R, B>
    where
        S: Service<Request<B>>,
    {
        Refused { response: Option<S::Response> },
        // Boxed so that the future of a hit is not as large as a request.
        LookingUp { lookup: Lookup, next: Option<Box<Next<S, St, R, B>>> },
        Passed { #[pin] inner: Scoped<S::Future> },
    }
}

/// What a request needs once its tenant is found.
struct Next<S, St, R, B> {
    service: S,
    layer: Arc<TenantLayer<St, R>>,
    head: Parts,
    body: B,
}

impl<S, St, R, B> TenantFuture<S, St, R, B>
where
    S: Service<Request<B>>,
{
    pub(super) fn refused(response: S::Response) -> Self {
        Self { state: State::Refused { response: Some(response) } }
    }

    pub(super) fn passed(inner: Scoped<S::Future>) -> Self {
        Self { state: State::Passed { inner } }
    }

    pub(super) fn looking_up(lookup: Lookup, service: S, layer: Arc<TenantLayer<St, R>>, head: Parts, body: B) -> Self {
        Self { state: State::LookingUp { lookup, next: Some(Box::new(Next { service, layer, head, body })) } }
    }
}

impl<S, St, R, B, ResBody> Future for TenantFuture<S, St, R, B>
where
    S: Service<Request<B>, Response = Response<ResBody>>,
    R: ResponseForRejection<ResBody>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::Refused { response } => {
                    return Poll::Ready(Ok(response.take().expect("a future is not polled after it is ready")));
                }
                StateProj::Passed { inner } => return inner.poll(cx),
                StateProj::LookingUp { lookup, next } => {
                    let found = ready!(lookup.as_mut().poll(cx));
                    let Next { mut service, layer, head, body } =
                        *next.take().expect("the state changes once the look-up is ready");
                    let admitted = found.and_then(|tenant| admit(&layer, tenant, &head).map_err(TenantRejection::new));
                    state.set(match admitted {
                        Ok(tenant) => State::Passed { inner: pass(&mut service, tenant, head, body) },
                        Err(rejection) => {
                            State::Refused { response: Some(refuse(&layer.responder, &rejection, &head)) }
                        }
                    });
                }
            }
        }
    }
}

impl<S, St, R, B> fmt::Debug for TenantFuture<S, St, R, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Refused { .. } => "refused",
            State::LookingUp { .. } => "looking up",
            State::Passed { .. } => "passed",
        };
        f.debug_struct("TenantFuture").field("state", &state).finish_non_exhaustive()
    }
}

/// Calls the inner service as the tenant's.
pub(super) fn pass<S, B>(service: &mut S, tenant: TenantContext, mut head: Parts, body: B) -> Scoped<S::Future>
where
    S: Service<Request<B>>,
{
    let record = tenant.tenant();
    // At the highest level, so that whatever an application logs, it logs with its tenant.
    let span = tracing::error_span!(
        "tenant",
        nadia.tenant.id = %record.id(),
        nadia.tenant.slug = %record.slug(),
        nadia.tenant.plan = %record.plan(),
    );
    head.extensions.insert(tenant.clone());
    let request = Request::from_parts(head, body);
    // Services may do more in `call` than make their future.
    let future = span.in_scope(|| tenant.clone().scope_sync(|| service.call(request)));
    tenant.scope(future).instrument(span)
}

/// Makes the response to a refused request, and says so to the log, without anything that the client wrote.
pub(super) fn refuse<R, B>(responder: &R, rejection: &TenantRejection, head: &Parts) -> Response<B>
where
    R: ResponseForRejection<B>,
{
    let kind = rejection.kind();
    let error: &(dyn Error + 'static) = rejection;
    match kind {
        TenantRejectionKind::Ambiguous => tracing::warn!(nadia.rejection = ?kind, error, "request refused"),
        // The look-up that failed was logged as an error, once for all who waited for it.
        _ => tracing::debug!(nadia.rejection = ?kind, error, "request refused"),
    }
    let mut response = responder.response_for_rejection(rejection, head);
    response.extensions_mut().insert(kind);
    response
}
