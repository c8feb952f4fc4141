use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use crate::problem::Problem;

/// Only what comes from the page's own host is shown or runs, and nothing inline does.
pub(crate) const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Renders a page. askama escapes what its templates show.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => {
            let headers = [
                (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY)),
                // With none, browsers hide the origin of forms as well, and `same_origin` would refuse them.
                (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
            ];
            (status, headers, Html(html)).into_response()
        }
        Err(error) => Problem::internal(&error).into_response(),
    }
}

/// Renders a page with a form whose answer leads to other hosts, as in `http://*.localhost:8080`.
///
/// Browsers hold a redirect after a form against the page's `form-action`.
pub(crate) fn page_leading_to(status: StatusCode, template: &impl Template, hosts: &str) -> Response {
    let mut response = page(status, template);
    let policy = PAGE_POLICY.replace("form-action 'self'", &format!("form-action 'self' {hosts}"));
    match HeaderValue::from_str(&policy) {
        Ok(policy) => {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        }
        Err(error) => Problem::internal(&error).into_response(),
    }
}

/// Sends the browser on to a path of this host after a form was taken.
///
/// `path` must be the program's own; what a client names goes through a check of its own first.
pub(crate) fn see_other(path: &str) -> Response {
    match HeaderValue::from_str(path) {
        Ok(path) => (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response(),
        Err(error) => Problem::internal(&error).into_response(),
    }
}
