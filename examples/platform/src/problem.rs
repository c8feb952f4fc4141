//! What a client is told when something is refused or fails: problem details ([RFC 9457]).
//!
//! A handler returns a [`Problem`]; the outermost layer ([`crate::edge`]) writes its body, since it
//! alone knows the request's id. The members are `type`, `title`, `status`, `detail`, `instance`, and
//! our `code` (stable), `fix`, `request_id` and `errors`.
//!
//! [RFC 9457]: https://www.rfc-editor.org/rfc/rfc9457

use std::{borrow::Cow, error::Error, fmt::Write as _};
use utoipa::ToSchema;

use crate::openapi::body;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use nadia_tenant_tower::TenantRejectionKind;
use serde::Serialize;

/// A refusal on its way to the client.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    fix: Cow<'static, str>,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What is wrong with one member of the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// A JSON pointer (RFC 6901) into the body.
    pub(crate) pointer: String,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    pub(crate) fix: String,
}

/// Why a request was refused, or that it failed ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Document<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    /// What is wrong.
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    /// What is wrong, in a word that never changes.
    code: &'a str,
    /// What can be done.
    fix: &'a str,
    /// What the operators find the request by.
    request_id: &'a str,
    /// What is wrong with each member of the body.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

body! {
    /// What the quota's layer says, and whatever else counts requests.
    pub(crate) struct QuotaProblem {
        #[serde(flatten)]
        problem: Document<'static>,
        /// The policies of the header `ratelimit-policy` that are violated, if any are.
        #[serde(rename = "violated-policies")]
        #[schema(nullable = false)]
        violated_policies: Option<Vec<String>>,
    }
}

impl Problem {
    /// Makes a problem; `detail` says what is wrong, `fix` what the client can do.
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
        fix: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (detail, fix) = (detail.into(), fix.into());
        Self(Box::new(Inner { status, code, detail, fix, errors: Vec::new(), headers: Vec::new() }))
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    pub(crate) fn code(&self) -> &'static str {
        self.0.code
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.0.status
    }

    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    pub(crate) fn fix(&self) -> &str {
        &self.0.fix
    }

    pub(crate) fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// Returns the headers of the answer besides those of its body.
    pub(crate) fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0.headers
    }

    /// Refuses a body for what is wrong in it.
    ///
    /// A single mistake speaks for itself with its own code; several stand under `validation_failed`.
    pub(crate) fn invalid(mut errors: Vec<FieldError>) -> Self {
        errors.sort_by(|a, b| a.pointer.cmp(&b.pointer));
        let mut problem = match &errors[..] {
            [only] => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                only.code,
                if only.pointer.is_empty() {
                    only.detail.clone()
                } else {
                    format!("{}: {}", only.pointer, only.detail)
                },
                only.fix.clone(),
            ),
            _ => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "validation_failed",
                format!("{} members of the body are not acceptable", errors.len()),
                "mend what `errors` lists and send the request again",
            ),
        };
        problem.0.errors = errors;
        problem
    }

    /// Says that there is no such thing; never whether another tenant has it.
    pub(crate) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "there is nothing under this address",
            "check the id; list the collection to see what there is",
        )
    }

    /// Says what the tenants' layer says.
    pub(crate) fn of_rejection(kind: TenantRejectionKind) -> Self {
        let problem = Self::new(kind.status(), kind.code(), kind.detail(), kind.fix());
        match kind.retry_after_seconds() {
            Some(seconds) => problem.with_header(header::RETRY_AFTER, HeaderValue::from(seconds)),
            None => problem,
        }
    }

    pub(crate) fn route_unknown() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "route_unknown",
            "no route has this path on this host",
            "check the path; the API stands under /api/v1, sign-up on the base host, the rest on a clinic's host",
        )
    }

    pub(crate) fn busy(code: &'static str, detail: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail, "try again in a moment")
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// Hides `error` from the client and writes it, with its causes, to the log.
    ///
    /// Only `Display` is written: a database's `Debug` may quote values.
    pub(crate) fn internal(error: &(dyn Error + 'static)) -> Self {
        tracing::error!(error = %chain(error), "request failed");
        Self::failure()
    }

    /// The answer to a failure that is already in the log.
    pub(crate) fn failure() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the server failed to handle the request; nothing of it was kept",
            "try again; if it stays, report the request_id",
        )
    }

    /// Writes the answer, once the request is known; `headers` are those of the answer so far.
    pub(crate) fn render(self, mut headers: HeaderMap, request_id: &str, instance: Option<&str>) -> Response {
        let inner = *self.0;
        let document = Document {
            // With this type the title is the status's phrase; what identifies the problem is the code.
            r#type: "about:blank",
            title: inner.status.canonical_reason().unwrap_or("Error"),
            status: inner.status.as_u16(),
            detail: &inner.detail,
            instance,
            code: inner.code,
            fix: &inner.fix,
            request_id,
            errors: &inner.errors,
        };
        let body = serde_json::to_vec(&document).expect("a document of texts and numbers is always JSON");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = inner.status;
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(inner.headers);
        *response.headers_mut() = headers;
        response
    }
}

/// Joins an error and its causes into one line; a cause that the line says already is left out.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            let _ = write!(text, ": {more}");
        }
        cause = error.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<nadia_tenant_sqlx::Error> for Problem {
    fn from(error: nadia_tenant_sqlx::Error) -> Self {
        match error {
            // Found out behind the layer that refuses such clinics, and answered as there.
            nadia_tenant_sqlx::Error::Quarantined { .. } => Self::of_rejection(TenantRejectionKind::Quarantined),
            error => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use nadia_tenant_core::TenantId;

    use super::*;

    #[test]
    fn a_quarantine_found_out_late_is_answered_as_by_the_layer() {
        let problem = Problem::from(nadia_tenant_sqlx::Error::Quarantined { tenant: TenantId::new() });
        assert_eq!(problem.code(), "tenant_quarantined");
        let response = problem.render(HeaderMap::new(), "r-1", None);
        assert_eq!(
            (response.status().as_u16(), &response.headers()[header::RETRY_AFTER]),
            (503, &"30".parse().unwrap())
        );
    }
}
