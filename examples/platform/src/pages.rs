//! The pages: what this is, on the base host; log-in and patients, on a clinic's host. Everything else they ask the API.

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use nadia_tenant_tower::Tenant;

use crate::state::AppState;

/// Only what comes from the page's own host runs, and nothing inline does.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) async fn welcome(State(app): State<AppState>) -> Response {
    page(include_str!("../assets/welcome.html").replace("{{base_domain}}", &escaped(&app.base_domain)))
}

pub(crate) async fn clinic(Tenant(tenant): Tenant) -> Response {
    page(include_str!("../assets/clinic.html").replace("{{name}}", &escaped(tenant.tenant().name())))
}

pub(crate) async fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("../assets/page.css"))
}

pub(crate) async fn welcome_script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("../assets/welcome.js"))
}

pub(crate) async fn clinic_script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("../assets/clinic.js"))
}

fn page(html: String) -> Response {
    ([(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))], Html(html)).into_response()
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text).into_response()
}

/// Makes a text safe between tags and in quoted attributes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_can_hold_no_markup() {
        assert_eq!(super::escaped(r#"<b a="1">O'Hara & Co"#), "&lt;b a=&quot;1&quot;&gt;O&#39;Hara &amp; Co");
    }
}
