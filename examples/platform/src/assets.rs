//! What pages load, the same on every host.

use axum::{
    http::{HeaderValue, Method, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::routes::{Access, HostKind, Row};

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/assets/page.css", HostKind::Any, Access::Public, || get(style)),
];

async fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("../assets/page.css"))
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text).into_response()
}
