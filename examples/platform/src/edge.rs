//! What every request passes first and every answer last: its id, its log line, limits of size and time, the headers
//! that protect browsers, and the body of a refusal.

use std::{
    any::Any,
    time::{Duration, Instant},
};

use askama::Template;
use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use nadia_tenant_core::TenantId;
use nadia_tenant_tower::{HostMatch, TenantRejectionKind};
use tower::{ServiceBuilder, ServiceExt};
use tower_http::{
    catch_panic::CatchPanicLayer,
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
};
use tracing::Instrument;
use uuid::Uuid;

use crate::{
    json::{UPLOAD_LIMIT, too_large_body},
    operators,
    problem::{FieldError, Problem},
    routes::{Routers, fixed_path},
    state::AppState,
    tenants::former,
    web::page,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// How long a request may take, a long upload included.
const PATIENCE: Duration = Duration::from_secs(30);

/// Puts the whole service together.
pub(crate) fn service(app: &AppState, routers: Routers) -> Router {
    let Routers { any, base, tenant, admin } = routers;
    let by_host = move |State(app): State<AppState>, request: Request| async move {
        let mut left = None;
        // A host that can't be told is for the tenants' layer to refuse.
        let router = match app.hosts.match_host(request.uri(), request.headers()) {
            Ok(HostMatch::Base) => base,
            Ok(HostMatch::Tenant(label)) if label == operators::HOST_LABEL => admin,
            Ok(HostMatch::Tenant(label)) => {
                left = app.former_hosts.tenant(&label).map(|owner| Left::of(owner, &request));
                tenant
            }
            Ok(HostMatch::Foreign) | Err(_) => tenant,
        };
        let response = router.oneshot(request).await.into_response();
        match left.filter(|_| response.extensions().get() == Some(&TenantRejectionKind::Unknown)) {
            Some(left) => left.lead_on(&app).await.unwrap_or(response),
            None => response,
        }
    };
    armoured(any.fallback(by_host).with_state(app.clone()))
}

/// A request to a host that a clinic left for another. It counts only when nobody has the host now.
struct Left {
    owner: TenantId,
    path: String,
    headers: HeaderMap,
}

impl Left {
    fn of(owner: TenantId, request: &Request) -> Self {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        let host = request.headers().get(header::HOST).cloned().map(|host| (header::HOST, host));
        Self { owner, path: path.to_owned(), headers: host.into_iter().collect() }
    }

    async fn lead_on(self, app: &AppState) -> Option<Response> {
        former::redirect(app, self.owner, &self.path, &self.headers).await
    }
}

/// Puts the layers around a service that every request passes.
fn armoured(service: Router) -> Router {
    let fixed = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    service.layer(
        ServiceBuilder::new()
            // A client's own id is not repeated: it could be anything, and log readers trust ours.
            .map_request(|mut request: Request| {
                request.headers_mut().remove(REQUEST_ID);
                request
            })
            .layer(SetRequestIdLayer::new(REQUEST_ID, FreshId))
            .layer(PropagateRequestIdLayer::new(REQUEST_ID))
            .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .layer(fixed(header::X_FRAME_OPTIONS, "DENY"))
            .layer(fixed(header::REFERRER_POLICY, "no-referrer"))
            .layer(fixed(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
            .layer(fixed(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
            .layer(fixed(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"))
            .layer(fixed(header::CACHE_CONTROL, "no-store"))
            .layer(from_fn(finish))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, PATIENCE))
            .layer(RequestBodyLimitLayer::new(UPLOAD_LIMIT)),
    )
}

#[derive(Clone, Copy, Debug)]
struct FreshId;

impl MakeRequestId for FreshId {
    fn make_request_id<B>(&mut self, _request: &axum::http::Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&Uuid::now_v7().to_string()).ok().map(RequestId::new)
    }
}

/// Marks an answer whose request has its line in the log.
#[derive(Clone, Copy, Debug)]
struct Observed;

/// Gives the request its span, and a refusal its body.
async fn finish(request: Request, next: Next) -> Response {
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let instance = fixed_path(request.uri().path());
    let wants_page = is_for_browsers(&request);
    let span = tracing::info_span!("request", request_id = %id, method = %request.method());
    let started = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    if response.extensions().get::<Observed>().is_none() {
        let _entered = span.entered();
        let refused = response.extensions().get::<TenantRejectionKind>().map(|kind| kind.code());
        log(response.status(), refused, started.elapsed());
    }
    match problem(&response, wants_page) {
        Some(problem) if wants_page => problem_page(&problem, &id),
        Some(problem) => problem.render(response.into_parts().0.headers, &id, instance),
        None => response,
    }
}

/// Tells whether a person looks at the answer: a page is asked for, and not the API.
fn is_for_browsers(request: &Request) -> bool {
    let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accepts.contains("text/html") && !request.uri().path().starts_with("/api/")
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    title: &'a str,
    status: u16,
    detail: &'a str,
    fix: &'a str,
    errors: &'a [FieldError],
    request_id: &'a str,
}

fn problem_page(problem: &Problem, request_id: &str) -> Response {
    let status = problem.status();
    let title = status.canonical_reason().unwrap_or("Error");
    let (detail, fix, errors) = (problem.detail(), problem.fix(), problem.errors());
    let shown = ProblemPage { title, status: status.as_u16(), detail, fix, errors, request_id };
    let mut response = page(status, &shown);
    response.headers_mut().extend(problem.headers().iter().cloned());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The types of answers that say themselves what is wrong: problems, and pages that show their form again.
const WRITTEN: [&[u8]; 2] = [b"application/problem+json", b"text/html"];

/// Returns the problem to write, unless the answer is none or is written already.
fn problem(response: &Response, wants_page: bool) -> Option<Problem> {
    if let Some(problem) = response.extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    if let Some(kind) = response.extensions().get::<TenantRejectionKind>().filter(|_| wants_page) {
        return Some(Problem::of_rejection(*kind));
    }
    let status = response.status();
    let written = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| WRITTEN.iter().any(|kind| value.as_bytes().starts_with(kind)));
    if written || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    // What is left comes from layers that know nothing of problems.
    Some(match status {
        StatusCode::PAYLOAD_TOO_LARGE => too_large_body(),
        StatusCode::GATEWAY_TIMEOUT => Problem::busy("timeout", "the request took too long and was given up"),
        status if status.is_client_error() => Problem::new(
            status,
            "request_malformed",
            "the request can't be read",
            "check it against the API's description",
        ),
        _ => Problem::failure(),
    })
}

/// Middleware of each router: writes a line for each request, inside the tenant's span where there is one.
///
/// The route's pattern stands for the path, and the query is left out: both may hold what must not be in a log.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let started = Instant::now();
    let mut response = next.run(request).await;
    log(response.status(), route.as_deref(), started.elapsed());
    response.extensions_mut().insert(Observed);
    response
}

fn log(status: StatusCode, route: Option<&str>, took: Duration) {
    let route = route.unwrap_or("none");
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(status = status.as_u16(), route, micros, "request served");
}

/// Refuses a method; axum adds `Allow`.
pub(crate) async fn method_not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this path does not have this method",
        "use one of the methods in the Allow header",
    )
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    // The message may quote data; the hook that goes with the log wrote where it was.
    tracing::error!("a handler panicked");
    Problem::failure().into_response()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, routing::get};
    use http_body_util::BodyExt;
    use serde_json::Value;

    use super::*;

    async fn ask(request: axum::http::request::Builder) -> (Response<()>, Value) {
        let inner = Router::new()
            .route(
                "/panics",
                get(|| async {
                    if true {
                        panic!("a patient's name")
                    }
                }),
            )
            .route(
                "/form",
                get(|| async { (StatusCode::UNPROCESSABLE_ENTITY, axum::response::Html("\"a form again\"")) }),
            )
            .route("/bare", get(|| async { StatusCode::IM_A_TEAPOT }))
            .route("/fine", get(|| async { "\"fine\"" }));
        let response = armoured(inner).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
        (Response::from_parts(parts, ()), body)
    }

    #[tokio::test]
    async fn a_panic_becomes_a_problem_that_tells_nothing() {
        let (response, body) = ask(Request::builder().uri("/panics")).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(body["code"], "internal");
        assert!(!body.to_string().contains("patient"));
    }

    #[tokio::test]
    async fn a_refusal_without_a_body_becomes_a_problem() {
        let (response, body) = ask(Request::builder().uri("/bare")).await;
        assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
        assert_eq!((&body["code"], &body["status"]), (&"request_malformed".into(), &418.into()));
    }

    #[tokio::test]
    async fn a_page_that_shows_its_form_again_stays_as_it_is() {
        let (response, body) = ask(Request::builder().uri("/form").header(header::ACCEPT, "text/html")).await;
        assert_eq!((response.status(), body), (StatusCode::UNPROCESSABLE_ENTITY, "a form again".into()));
    }

    #[tokio::test]
    async fn the_request_id_is_ours() {
        let (response, body) = ask(Request::builder().uri("/bare").header(REQUEST_ID, "theirs")).await;
        let id = response.headers()[REQUEST_ID].to_str().unwrap();
        assert!(Uuid::parse_str(id).is_ok());
        assert_eq!(body["request_id"], id);
    }

    #[tokio::test]
    async fn every_answer_protects_browsers() {
        let (response, _) = ask(Request::builder().uri("/fine")).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(response.headers()[header::X_FRAME_OPTIONS], "DENY");
        assert!(response.headers().contains_key(header::CONTENT_SECURITY_POLICY));
    }

    #[tokio::test]
    async fn an_announced_flood_is_refused() {
        let length = (UPLOAD_LIMIT + 1).to_string();
        let (response, body) = ask(Request::builder().uri("/fine").header(header::CONTENT_LENGTH, length)).await;
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(body["code"], "body_too_large");
    }
}
