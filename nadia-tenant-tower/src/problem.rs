use http::{
    HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER},
    request::Parts,
};
use serde::Serialize;

use crate::TenantRejectionKind;

/// The longest request id that is repeated to the client, in bytes.
const MAX_REQUEST_ID: usize = 128;

/// Problem details of [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457#section-3.1), with our members.
#[derive(Serialize)]
pub(crate) struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'static str,
    instance: &'a str,
    code: &'static str,
    fix: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip)]
    retry_after: Option<u32>,
}

impl<'a> Problem<'a> {
    pub(crate) fn rejection(kind: TenantRejectionKind, request: &'a Parts) -> Self {
        Self {
            retry_after: kind.retry_after_seconds(),
            ..Self::new(kind.status(), kind.code(), kind.detail(), kind.fix(), request)
        }
    }

    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        detail: &'static str,
        fix: &'static str,
        request: &'a Parts,
    ) -> Self {
        Self {
            // With this type the title is the status's phrase; what identifies the problem is the code.
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail,
            // Without the query, which may hold what must not be repeated.
            instance: request.uri.path(),
            code,
            fix,
            request_id: request_id(request),
            retry_after: None,
        }
    }

    pub(crate) fn into_response<B: From<String>>(self) -> Response<B> {
        let body = serde_json::to_string(&self).expect("a struct of texts and numbers serialises");
        let mut response = Response::new(B::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).expect("the number came from a status");
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        // A 404 may be cached by default, and would then outlive the sign-up that ends it.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Returns the request id that the service's edge set, unless it has a form that we would not repeat.
fn request_id(request: &Parts) -> Option<&str> {
    let id = request.headers.get("x-request-id")?.to_str().ok()?;
    let harmless = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'/' | b'+' | b'=');
    ((1..=MAX_REQUEST_ID).contains(&id.len()) && id.bytes().all(harmless)).then_some(id)
}
