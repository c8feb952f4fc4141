use http::{Response, request::Parts};

use crate::{TenantRejection, problem::Problem};

/// Makes the response to a refused request.
///
/// Closures of this shape are responders, so that an application can give its own body. Give kinds that have the same
/// [`code`](crate::TenantRejectionKind::code) the same response, or malformed names can be told from unknown ones.
pub trait ResponseForRejection<B> {
    /// Returns the response to `request`, which was refused for `rejection`.
    ///
    /// The layer adds the rejection's kind to the response's extensions.
    fn response_for_rejection(&self, rejection: &TenantRejection, request: &Parts) -> Response<B>;
}

impl<F, B> ResponseForRejection<B> for F
where
    F: Fn(&TenantRejection, &Parts) -> Response<B>,
{
    fn response_for_rejection(&self, rejection: &TenantRejection, request: &Parts) -> Response<B> {
        self(rejection, request)
    }
}

/// Answers with problem details ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)), the default.
///
/// Shape: `application/problem+json` with `type` (`about:blank`), `title`, `status`, `detail`, `instance` (the path of
/// the request), `code`, `fix`, and `request_id` if the request has a plain `x-request-id` of at most 128 characters;
/// `Cache-Control: no-store`, and `Retry-After` where waiting helps.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ProblemResponse;

impl<B: From<String>> ResponseForRejection<B> for ProblemResponse {
    fn response_for_rejection(&self, rejection: &TenantRejection, request: &Parts) -> Response<B> {
        Problem::rejection(rejection.kind(), request).into_response()
    }
}
