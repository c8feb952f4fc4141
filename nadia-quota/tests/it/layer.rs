use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Full};
use nadia_quota::{QuotaLayer, QuotaRejection, QuotaRejectionKind};
use nadia_tenant_core::{TenantContext, TenantId};
use serde_json::Value;
use tower::{Layer, Service as _, ServiceExt, service_fn};

use crate::support::{Service, limit};

type Body = Full<Bytes>;

/// Answers with the status that the request's path names.
async fn echo(request: Request<()>) -> Result<Response<Body>, Infallible> {
    let status = request.uri().path().trim_start_matches('/').parse::<u16>().unwrap_or(200);
    Ok(Response::builder().status(status).body(Body::from("inner")).unwrap())
}

fn request(path: &str, tenant: Option<&TenantContext>) -> Request<()> {
    let mut request = Request::builder().uri(path).header("x-request-id", "req-7").body(()).unwrap();
    if let Some(tenant) = tenant {
        request.extensions_mut().insert(tenant.clone());
    }
    request
}

async fn send(service: &Service, request: Request<()>) -> Response<Body> {
    QuotaLayer::new(service.limiter.clone()).layer(service_fn(echo)).oneshot(request).await.unwrap()
}

async fn json(response: Response<Body>) -> Value {
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

/// A structured-field list of strings with integer parameters (RFC 9651 §3.1), as far as these fields use it.
fn parse_list(response: &Response<Body>, name: &str) -> Vec<(String, Vec<(String, u64)>)> {
    let lines: Vec<_> = response.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
    let joined = lines.join(", ");
    let members = joined.split(',').map(str::trim).filter(|member| !member.is_empty());
    let parse_member = |member: &str| {
        let (text, rest) = member.strip_prefix('"').unwrap().split_once('"').unwrap();
        let parameters = rest.split(';').skip(1).map(|parameter| {
            let (key, value) = parameter.split_once('=').unwrap();
            assert!(key.bytes().all(|b| b.is_ascii_lowercase()), "{key:?}");
            assert!(value.len() <= 15 && value.bytes().all(|b| b.is_ascii_digit()), "{value:?}");
            (key.to_owned(), value.parse().unwrap())
        });
        (text.to_owned(), parameters.collect())
    };
    members.map(parse_member).collect()
}

fn item(first: (&str, u64), second: (&str, u64)) -> Vec<(String, Vec<(String, u64)>)> {
    vec![("requests".to_owned(), vec![(first.0.to_owned(), first.1), (second.0.to_owned(), second.1)])]
}

fn retry_after(response: &Response<Body>) -> u64 {
    response.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_admitted_response_tells_the_limit_and_what_is_left() {
    let service = Service::new(&[("free", limit("6/m burst 4"))]);
    let tenant = service.tenant(TenantId::new(), "free");
    for status in [200, 204, 403, 404, 500] {
        service.clock.advance(Duration::from_secs(3_600));
        let response = send(&service, request(&format!("/{status}"), Some(&tenant))).await;
        assert_eq!(response.status(), status);
        assert_eq!(parse_list(&response, "ratelimit-policy"), item(("q", 6), ("w", 60)));
        assert_eq!(parse_list(&response, "ratelimit"), item(("r", 3), ("t", 10)));
        assert!(!response.headers().contains_key(header::RETRY_AFTER));
    }
}

#[tokio::test]
async fn the_fields_have_the_exact_form() {
    let service = Service::new(&[("free", limit("100/m"))]);
    let tenant = service.tenant(TenantId::new(), "free");
    let response = send(&service, request("/", Some(&tenant))).await;
    assert_eq!(response.headers()["ratelimit-policy"], r#""requests";q=100;w=60"#);
    assert_eq!(response.headers()["ratelimit"], r#""requests";r=99;t=1"#);
}

#[tokio::test]
async fn a_refusal_is_a_problem_that_says_when_to_come_back() {
    let service = Service::new(&[("free", limit("6/m burst 1"))]);
    let tenant = service.tenant(TenantId::new(), "free");
    assert_eq!(send(&service, request("/", Some(&tenant))).await.status(), 200);
    service.clock.advance(Duration::from_millis(500));

    let response = send(&service, request("/patients?search=x", Some(&tenant))).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(parse_list(&response, "ratelimit-policy"), item(("q", 6), ("w", 60)));
    assert_eq!(parse_list(&response, "ratelimit"), item(("r", 0), ("t", 10)));
    assert_eq!(retry_after(&response), 10);
    let rejection = response.extensions().get::<QuotaRejection>().unwrap();
    assert_eq!(rejection.kind(), QuotaRejectionKind::Exceeded);
    let exceeded = rejection.limit_exceeded().unwrap();
    assert_eq!(exceeded.retry_after(), Duration::from_millis(9_500));
    assert_eq!(exceeded.retry_after_seconds(), 10);

    let problem = json(response).await;
    assert_eq!(problem["type"], "https://iana.org/assignments/http-problem-types#quota-exceeded");
    assert_eq!(problem["status"], 429);
    assert_eq!(problem["violated-policies"], serde_json::json!(["requests"]));
    assert_eq!(problem["code"], "quota_exceeded");
    assert_eq!(problem["instance"], "/patients");
    assert_eq!(problem["request_id"], "req-7");
    assert!(problem["fix"].as_str().unwrap().starts_with("wait 10 s"));
    assert!(problem["title"].is_string() && problem["detail"].is_string());

    service.clock.advance(Duration::from_secs(10));
    assert_eq!(send(&service, request("/", Some(&tenant))).await.status(), 200);
}

#[tokio::test]
async fn a_401_of_the_inner_service_stays_as_it_was() {
    let service = Service::new(&[("free", limit("6/m"))]);
    let tenant = service.tenant(TenantId::new(), "free");
    let response = send(&service, request("/401", Some(&tenant))).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(response.headers().is_empty(), "{:?}", response.headers());
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "inner");
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_served() {
    let service = Service::new(&[("free", limit("6/m"))]);
    let foreign = Service::new(&[("free", limit("6/m"))]).tenant(TenantId::new(), "free");
    for (tenant, kind) in
        [(None, QuotaRejectionKind::TenantMissing), (Some(&foreign), QuotaRejectionKind::Misconfigured)]
    {
        let response = send(&service, request("/", tenant)).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert!(!response.headers().contains_key("ratelimit") && !response.headers().contains_key("ratelimit-policy"));
        assert!(!response.headers().contains_key(header::RETRY_AFTER));
        assert_eq!(response.extensions().get::<QuotaRejection>().unwrap().kind(), kind);
        let problem = json(response).await;
        assert_eq!(problem["status"], 500);
        assert_eq!(problem["code"], "quota_unavailable");
        assert_eq!(problem["request_id"], "req-7");
        assert!(problem.get("violated-policies").is_none());
    }
}

#[tokio::test]
async fn no_refusal_names_the_tenant_or_its_plan() {
    let service = Service::new(&[("secretplan", limit("1/h"))]);
    let id = TenantId::new();
    let tenant = service.tenant(id, "secretplan");
    send(&service, request("/", Some(&tenant))).await;
    let response = send(&service, request("/", Some(&tenant))).await;
    let headers = format!("{:?}", response.headers());
    let text = format!("{headers}{}", json(response).await);
    for secret in ["secretplan", "north", &id.to_string()] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn the_layer_decides_as_the_limiter_does() {
    let service = Service::new(&[("free", limit("60/m burst 5"))]);
    let (through, beside) = (service.tenant(TenantId::new(), "free"), service.tenant(TenantId::new(), "free"));
    for step in 0..200u64 {
        service.clock.advance(Duration::from_millis(step * 37 % 1_900));
        let response = send(&service, request("/", Some(&through))).await;
        match service.limiter.check(&beside) {
            Ok(allowed) => {
                assert_eq!(response.status(), 200);
                let reset = allowed.reset().as_millis().div_ceil(1_000) as u64;
                assert_eq!(parse_list(&response, "ratelimit"), item(("r", allowed.remaining().into()), ("t", reset)));
            }
            Err(exceeded) => {
                assert_eq!(response.status(), 429);
                assert_eq!(response.extensions().get::<QuotaRejection>().unwrap().limit_exceeded(), Some(&exceeded));
            }
        }
    }
}

#[tokio::test]
async fn one_tenants_flood_leaves_the_other_alone() {
    let service = Service::new(&[("free", limit("3/h"))]);
    let (flood, calm) = (service.tenant(TenantId::new(), "free"), service.tenant(TenantId::new(), "free"));
    for _ in 0..50 {
        send(&service, request("/", Some(&flood))).await;
    }
    let response = send(&service, request("/", Some(&calm))).await;
    assert_eq!(response.status(), 200);
    assert_eq!(parse_list(&response, "ratelimit")[0].1[0], ("r".to_owned(), 2));
}

#[tokio::test]
async fn another_responder_writes_the_body_and_the_layer_the_fields() {
    let service = Service::new(&[("free", limit("6/m burst 1"))]);
    let tenant = service.tenant(TenantId::new(), "free");
    let answer = |retry_after: u64| {
        let respond = move |_: &Parts, rejection: &QuotaRejection| {
            let response = Response::builder().status(rejection.status()).header(header::RETRY_AFTER, retry_after);
            response.body(Body::from("slow down")).unwrap()
        };
        QuotaLayer::new(service.limiter.clone()).with_responder(respond).layer(service_fn(echo))
    };
    assert_eq!(answer(0).oneshot(request("/", Some(&tenant))).await.unwrap().status(), 200);
    for (asked, told) in [(1, 10), (10, 10), (99, 99)] {
        let response = answer(asked).oneshot(request("/", Some(&tenant))).await.unwrap();
        assert_eq!(retry_after(&response), told);
        assert_eq!(parse_list(&response, "ratelimit"), item(("r", 0), ("t", 10)));
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "slow down");
    }
}

#[tokio::test]
async fn fields_of_an_inner_limit_stay_beside_the_layers() {
    let service = Service::new(&[("free", limit("6/m"))]);
    let tenant = service.tenant(TenantId::new(), "free");
    let inner = service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(
            Response::builder().header("ratelimit", r#""inner";r=1;t=2"#).body(Body::default()).unwrap(),
        )
    });
    let layer = QuotaLayer::new(service.limiter.clone());
    let response = layer.layer(inner).oneshot(request("/", Some(&tenant))).await.unwrap();
    let names: Vec<_> = parse_list(&response, "ratelimit").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["inner", "requests"]);
}

#[tokio::test]
async fn the_inner_error_stays_as_it_was() {
    #[derive(Debug, PartialEq)]
    struct Broken;
    let service = Service::new(&[("free", limit("6/m"))]);
    let tenant = service.tenant(TenantId::new(), "free");
    let inner = service_fn(|_: Request<()>| async { Err::<Response<Body>, _>(Broken) });
    let outcome = QuotaLayer::new(service.limiter.clone()).layer(inner).oneshot(request("/", Some(&tenant))).await;
    assert_eq!(outcome.unwrap_err(), Broken);
}

#[tokio::test]
async fn a_refused_request_does_not_reach_the_inner_service() {
    let service = Service::new(&[("free", limit("6/m"))]);
    let inner = service_fn(|_: Request<()>| async { panic!("reached") as Result<Response<Body>, Infallible> });
    let mut stack = QuotaLayer::new(service.limiter.clone()).layer(inner);
    let response = stack.ready().await.unwrap().call(request("/", None)).await.unwrap();
    assert_eq!(response.status(), 500);
}
