use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Response, StatusCode};
use pin_project_lite::pin_project;

use super::fields;
use crate::{Allowed, QuotaRejection};

pin_project! {
    /// The response of a [`QuotaService`](crate::QuotaService).
    pub struct QuotaResponseFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, B> {
        Admitted { #[pin] inner: F, allowed: Allowed },
        Rejected { response: Option<Response<B>> },
    }
}

impl<F, B> QuotaResponseFuture<F, B> {
    pub(super) const fn admitted(inner: F, allowed: Allowed) -> Self {
        Self { state: State::Admitted { inner, allowed } }
    }

    /// The fields are added here, so that they are right whatever the responder wrote.
    pub(super) fn rejected(mut response: Response<B>, rejection: QuotaRejection) -> Self {
        if let Some(exceeded) = rejection.limit_exceeded() {
            fields::refuse(response.headers_mut(), exceeded);
        }
        response.extensions_mut().insert(rejection);
        Self { state: State::Rejected { response: Some(response) } }
    }
}

impl<F, B, E> Future for QuotaResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Admitted { inner, allowed } => {
                let mut response = ready!(inner.poll(cx))?;
                // Who isn't known learns nothing of the tenant.
                if response.status() != StatusCode::UNAUTHORIZED {
                    fields::admit(response.headers_mut(), allowed);
                }
                Poll::Ready(Ok(response))
            }
            StateProjection::Rejected { response } => {
                Poll::Ready(Ok(response.take().expect("a future is not polled after it is ready")))
            }
        }
    }
}

impl<F, B> fmt::Debug for QuotaResponseFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuotaResponseFuture").finish_non_exhaustive()
    }
}
