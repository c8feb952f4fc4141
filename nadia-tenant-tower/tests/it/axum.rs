//! The extractor, in axum.

use axum::{Router, body::Body, routing::get};
use http::{Request, header::HOST};
use nadia_tenant_tower::{SubdomainResolver, Tenant, TenantLayer};
use tower::ServiceExt;

use crate::support::{cached, neighbourhood, read};

async fn slug(Tenant(tenant): Tenant) -> String {
    tenant.tenant().slug().to_string()
}

fn request(host: &str) -> Request<Body> {
    Request::builder().header(HOST, host).header("x-request-id", "r-1").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_handler_gets_its_tenant() {
    let layer = TenantLayer::new(cached(&neighbourhood())).add_resolver(SubdomainResolver::new("example.com").unwrap());
    let app = Router::new().route("/", get(slug)).layer(layer);
    for host in ["north.example.com", "south.example.com", "north.example.com"] {
        let answer = read(app.clone().oneshot(request(host)).await.unwrap()).await;
        assert_eq!(answer.body, host.trim_end_matches(".example.com"));
    }
    let answer = read(app.oneshot(request("nobody.example.com")).await.unwrap()).await;
    assert_eq!(answer.status.as_u16(), 404);
}

#[tokio::test]
async fn a_handler_without_the_layer_does_not_run() {
    let app = Router::new().route("/", get(slug));
    let answer = read(app.oneshot(request("north.example.com")).await.unwrap()).await;
    assert_eq!(answer.status.as_u16(), 500);
    assert!(answer.body.contains(r#""code":"tenant_layer_missing""#), "{}", answer.body);
    assert!(answer.body.contains(r#""request_id":"r-1""#), "{}", answer.body);
    assert!(answer.headers.contains("application/problem+json"));
}
