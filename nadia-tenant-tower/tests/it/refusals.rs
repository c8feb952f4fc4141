//! The responses to refused requests.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header::HOST, request::Parts};
use http_body_util::Full;
use nadia_tenant_tower::{SubdomainResolver, TenantLayer, TenantRejection, TenantRejectionKind as Kind};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{Memory, cached, neighbourhood, read, send, tell_tenant, to};

fn layer(store: &std::sync::Arc<Memory>) -> TenantLayer<std::sync::Arc<Memory>> {
    TenantLayer::new(cached(store)).add_resolver(SubdomainResolver::new("example.com").unwrap())
}

#[tokio::test]
async fn malformed_unknown_and_purged_are_answered_alike() {
    let layer = layer(&neighbourhood());
    let unknown = send(&layer, to("nobody.example.com")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(
        unknown.body,
        r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"there is no such tenant","instance":"/","#
            .to_owned()
            + r#""code":"tenant_unknown","fix":"check the tenant's name in the address","request_id":"r-1"}"#
    );
    for host in [
        "is-purged.example.com",
        "Nobody.example.com",
        "ab.example.com",
        "-nobody.example.com",
        "no--body.example.com",
        "xn--nrth-zqa.example.com",
        "admin.example.com",
        "4dmin.example.com",
        "a.north.example.com",
        "example.org",
        "127.0.0.1",
    ] {
        let answer = send(&layer, to(host)).await;
        assert_eq!((answer.status, &answer.headers, &answer.body), (unknown.status, &unknown.headers, &unknown.body));
        // And again, now that the answer may come from the cache.
        assert_eq!(send(&layer, to(host)).await, answer, "{host}");
    }
    assert_eq!(send(&layer, to("ab.example.com")).await.kind, Some(Kind::Malformed));
    assert_eq!(send(&layer, to("is-purged.example.com")).await.kind, Some(Kind::Unknown));
}

#[tokio::test]
async fn each_status_is_answered_as_documented() {
    let layer = layer(&neighbourhood());
    for (status, method, expected) in [
        ("active", Method::POST, None),
        ("active", Method::GET, None),
        ("read-only", Method::GET, None),
        ("read-only", Method::HEAD, None),
        ("read-only", Method::OPTIONS, None),
        ("read-only", Method::POST, Some((403, Kind::ReadOnly, "tenant_read_only"))),
        ("read-only", Method::DELETE, Some((403, Kind::ReadOnly, "tenant_read_only"))),
        ("read-only", Method::from_bytes(b"REPORT").unwrap(), Some((403, Kind::ReadOnly, "tenant_read_only"))),
        ("suspended", Method::GET, Some((403, Kind::Suspended, "tenant_suspended"))),
        ("closing", Method::GET, Some((403, Kind::Closing, "tenant_closing"))),
        ("provisioning", Method::GET, Some((503, Kind::Provisioning, "tenant_provisioning"))),
        ("moving", Method::GET, Some((503, Kind::Moving, "tenant_moving"))),
        ("purged", Method::GET, Some((404, Kind::Unknown, "tenant_unknown"))),
    ] {
        for cache in ["cold", "warm"] {
            let mut request = to(&format!("is-{status}.example.com"));
            *request.method_mut() = method.clone();
            let answer = send(&layer, request).await;
            let Some((code, kind, name)) = expected else {
                assert_eq!(answer.status, StatusCode::OK, "{method} {status}, {cache}");
                continue;
            };
            assert_eq!((answer.status.as_u16(), answer.kind), (code, Some(kind)), "{method} {status}, {cache}");
            assert!(answer.body.contains(&format!(r#""code":"{name}""#)), "{}", answer.body);
            assert_eq!(answer.headers.contains(r#""retry-after": "5""#), code == 503, "{}", answer.headers);
            assert!(answer.headers.contains(r#""content-type": "application/problem+json""#));
            assert!(answer.headers.contains(r#""cache-control": "no-store""#));
        }
    }
}

#[tokio::test]
async fn a_quarantined_tenant_serves_nothing_unless_it_serves_nothing_for_good() {
    let store = neighbourhood();
    for tenant in &mut *store.tenants.lock().unwrap() {
        *tenant = tenant.clone().with_quarantine(tenant.slug().as_str() != "south");
    }
    let layer = layer(&store);
    for (status, expected) in [
        ("active", (503, Kind::Quarantined)),
        ("read-only", (503, Kind::Quarantined)),
        ("provisioning", (503, Kind::Quarantined)),
        ("moving", (503, Kind::Quarantined)),
        ("suspended", (403, Kind::Suspended)),
        ("closing", (403, Kind::Closing)),
        ("purged", (404, Kind::Unknown)),
    ] {
        for (method, cache) in [(Method::GET, "cold"), (Method::GET, "warm"), (Method::POST, "warm")] {
            let mut request = to(&format!("is-{status}.example.com"));
            *request.method_mut() = method;
            let answer = send(&layer, request).await;
            assert_eq!((answer.status.as_u16(), answer.kind), (expected.0, Some(expected.1)), "{status}, {cache}");
            if expected.1 == Kind::Quarantined {
                assert!(answer.body.contains(r#""code":"tenant_quarantined""#), "{}", answer.body);
                assert!(answer.headers.contains(r#""retry-after": "30""#), "{}", answer.headers);
            }
        }
    }
    assert_eq!(send(&layer, to("south.example.com")).await.body, "south");
}

#[tokio::test]
async fn an_application_says_which_requests_write() {
    let layer = layer(&neighbourhood()).with_writes(|request| request.uri.path() != "/log-in");
    for cache in ["cold", "warm"] {
        for (path, method, expected) in [
            ("/log-in", Method::POST, StatusCode::OK),
            ("/patients", Method::POST, StatusCode::FORBIDDEN),
            ("/export", Method::GET, StatusCode::FORBIDDEN),
        ] {
            let mut request = to("is-read-only.example.com");
            *request.method_mut() = method;
            *request.uri_mut() = path.parse().unwrap();
            assert_eq!(send(&layer, request).await.status, expected, "{path}, {cache}");
        }
    }
    // It says nothing of a tenant that serves nothing.
    let mut request = to("is-suspended.example.com");
    *request.uri_mut() = "/log-in".parse().unwrap();
    assert_eq!(send(&layer, request).await.kind, Some(Kind::Suspended));
}

#[tokio::test]
async fn a_store_that_is_down_is_told_from_an_unknown_tenant_and_says_nothing_of_itself() {
    let store = neighbourhood();
    let layer = layer(&store);
    store.down.store(true, Ordering::SeqCst);
    let answer = send(&layer, to("north.example.com")).await;
    assert_eq!((answer.status.as_u16(), answer.kind), (503, Some(Kind::Unavailable)));
    assert!(answer.headers.contains(r#""retry-after": "5""#));
    assert!(!answer.body.contains("nadia_app") && !answer.body.contains("refused by"), "{}", answer.body);
    // The failure is not remembered.
    store.down.store(false, Ordering::SeqCst);
    assert_eq!(send(&layer, to("north.example.com")).await.body, "north");
}

#[tokio::test]
async fn a_problem_repeats_only_a_plain_request_id_and_never_the_query() {
    let layer = layer(&neighbourhood());
    let long = "a".repeat(129);
    for (id, repeated) in [
        ("0193-abc", true),
        ("req_1:2/3+4=", true),
        (r#"a"b"#, false),
        ("<script>", false),
        ("a b", false),
        ("", false),
        (&long, false),
    ] {
        let request = Request::builder()
            .uri("/patients?search=secret")
            .header(HOST, "nobody.example.com")
            .header("x-request-id", id)
            .body(())
            .unwrap();
        let answer = send(&layer, request).await;
        assert_eq!(answer.body.contains(&format!(r#""request_id":"{id}""#)), repeated, "{}", answer.body);
        assert!(answer.body.contains(r#""instance":"/patients""#), "{}", answer.body);
        assert!(!answer.body.contains("secret"));
    }
}

#[tokio::test]
async fn a_responder_of_ones_own_gives_the_body_and_the_kind_is_added() {
    let plain = |rejection: &TenantRejection, _request: &Parts| -> Response<Full<Bytes>> {
        Response::new(Full::from(rejection.kind().code()))
    };
    let service = layer(&neighbourhood()).with_responder(plain).layer(service_fn(tell_tenant));
    let answer = read(service.clone().oneshot(to("nobody.example.com")).await.unwrap()).await;
    assert_eq!((&*answer.body, answer.kind), ("tenant_unknown", Some(Kind::Unknown)));
    let answer = read(service.oneshot(to("north.example.com")).await.unwrap()).await;
    assert_eq!((&*answer.body, answer.kind), ("north", None));
}

#[tokio::test]
async fn the_error_of_the_inner_service_stays_as_it_was() {
    #[derive(Debug, PartialEq)]
    struct Inner;
    let layer = layer(&neighbourhood());
    let service = layer.layer(service_fn(|_: Request<()>| async { Err::<Response<String>, _>(Inner) }));
    assert_eq!(service.oneshot(to("north.example.com")).await.unwrap_err(), Inner);
}
