use bytes::Bytes;
use http::{
    HeaderValue, Response,
    header::{CACHE_CONTROL, CONTENT_TYPE},
    request::Parts,
};
use serde_json::{Value, json};

use super::fields;
use crate::QuotaRejection;

/// Answers requests that a [`QuotaLayer`](crate::QuotaLayer) refuses.
///
/// Closures of the same shape are responders. The layer itself adds `Retry-After` and the `RateLimit` fields.
pub trait QuotaResponder<B> {
    /// Makes the response to the request with these `parts`.
    fn respond(&self, parts: &Parts, rejection: &QuotaRejection) -> Response<B>;
}

impl<F, B> QuotaResponder<B> for F
where
    F: Fn(&Parts, &QuotaRejection) -> Response<B>,
{
    fn respond(&self, parts: &Parts, rejection: &QuotaRejection) -> Response<B> {
        self(parts, rejection)
    }
}

/// Answers with `application/problem+json` ([RFC 9457]).
///
/// The members are `type`, `title`, `status`, `detail`, `instance` (the path), `code`, `fix`, `request_id` (of the
/// request's `x-request-id`, if it has one), and for an exceeded limit `violated-policies`. None names the tenant,
/// its plan or its numbers.
///
/// [RFC 9457]: https://www.rfc-editor.org/rfc/rfc9457
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ProblemResponder;

impl ProblemResponder {
    /// Makes the responder.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl<B: From<Bytes>> QuotaResponder<B> for ProblemResponder {
    fn respond(&self, parts: &Parts, rejection: &QuotaRejection) -> Response<B> {
        let mut problem = match rejection.limit_exceeded() {
            Some(exceeded) => json!({
                "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
                "title": "Request cannot be satisfied as assigned quota has been exceeded",
                "detail": "more requests came than the organisation's plan admits",
                "fix": format!(
                    "wait {} s, then send fewer at once; the RateLimit fields of each response tell what is left",
                    exceeded.retry_after_seconds(),
                ),
                "violated-policies": [fields::POLICY],
            }),
            None => json!({
                "type": "about:blank",
                "title": "Internal Server Error",
                "detail": "the request could not be counted, so it was not served",
                "fix": "report the request id to whoever runs the service; its log names the mistake",
            }),
        };
        problem["status"] = rejection.status().as_u16().into();
        problem["code"] = rejection.code().into();
        problem["instance"] = parts.uri.path().into();
        if let Some(id) = request_id(parts) {
            problem["request_id"] = id;
        }

        let mut response = Response::new(B::from(Bytes::from(problem.to_string())));
        *response.status_mut() = rejection.status();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// A longer one was not made by a layer that numbers requests.
fn request_id(parts: &Parts) -> Option<Value> {
    let id = parts.headers.get("x-request-id")?.to_str().ok()?;
    (1..=128).contains(&id.len()).then(|| id.into())
}
