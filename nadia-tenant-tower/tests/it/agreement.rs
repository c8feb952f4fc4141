//! Exactly one tenant: what several sources may say.

use http::{HeaderName, Request, StatusCode, header::HOST};
use nadia_tenant_core::{CellLayout, ResolvedBy, TenantCells, TenantContext, TenantId};
use nadia_tenant_tower::{HeaderResolver, SubdomainResolver, TenantLayer, TenantRejectionKind as Kind};

use crate::support::{Answer, Memory, cached, neighbourhood, send, tenant};

struct Edge {
    layer: TenantLayer<std::sync::Arc<Memory>>,
    north: TenantId,
    south: TenantId,
}

fn edge() -> Edge {
    let store = neighbourhood();
    let [north, south] = [0, 1].map(|at| store.tenants.lock().unwrap()[at].id());
    let layer = TenantLayer::new(cached(&store))
        .add_resolver(SubdomainResolver::new("example.com").unwrap())
        .add_resolver(HeaderResolver::default())
        .add_resolver(HeaderResolver::new(HeaderName::from_static("x-tenant")).by_slug());
    Edge { layer, north, south }
}

impl Edge {
    /// Sends it twice, so that the answer is the same whether the tenants are cached or not.
    async fn send(&self, headers: &[(&str, &str)]) -> Answer {
        let request = || {
            let request = Request::builder();
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(()).unwrap()
        };
        let first = send(&self.layer, request()).await;
        let second = send(&self.layer, request()).await;
        assert_eq!(first, second);
        first
    }

    #[track_caller]
    fn refused(answer: &Answer, kind: Kind) {
        assert_eq!(answer.kind, Some(kind), "{answer:?}");
        assert_eq!(answer.status, kind.status());
    }
}

const NORTH: (&str, &str) = ("host", "north.example.com");

#[tokio::test]
async fn each_source_alone_names_the_tenant() {
    let edge = edge();
    let id = edge.north.to_string();
    for headers in [NORTH, ("x-tenant-id", &id), ("x-tenant", "north")] {
        let answer = edge.send(&[headers]).await;
        assert_eq!((answer.status, &*answer.body, answer.kind), (StatusCode::OK, "north", None));
    }
    // The base host names none, so that a header may.
    assert_eq!(edge.send(&[("host", "example.com"), ("x-tenant", "north")]).await.body, "north");
}

#[tokio::test]
async fn sources_that_agree_pass_by_id_and_by_slug() {
    let edge = edge();
    let id = edge.north.to_string();
    let answer = edge.send(&[NORTH, ("x-tenant-id", &id), ("x-tenant", "north")]).await;
    assert_eq!(answer.body, "north");
}

#[tokio::test]
async fn sources_that_disagree_are_refused() {
    let edge = edge();
    let south = edge.south.to_string();
    Edge::refused(&edge.send(&[NORTH, ("x-tenant-id", &south)]).await, Kind::Ambiguous);
    Edge::refused(&edge.send(&[NORTH, ("x-tenant", "south")]).await, Kind::Ambiguous);
    Edge::refused(&edge.send(&[("x-tenant-id", &south), ("x-tenant", "north")]).await, Kind::Ambiguous);
}

#[tokio::test]
async fn a_second_source_does_not_tell_whether_its_tenant_exists() {
    let nobody = TenantId::new().to_string();
    for host in ["north.example.com", "nobody.example.com", "is-purged.example.com", "a.b.example.com"] {
        let known = edge().send(&[("host", host), ("x-tenant", "south")]).await;
        assert_ne!(known.status, StatusCode::OK);
        // Each on an edge of its own, where nothing is cached yet.
        for value in [nobody.as_str(), "malformed", "", "00000000-0000-0000-0000-000000000000"] {
            assert_eq!(edge().send(&[("host", host), ("x-tenant-id", value)]).await, known, "{host} with {value:?}");
        }
        for slug in ["nobody", "is-purged", "Malformed", "xn--a", ""] {
            assert_eq!(edge().send(&[("host", host), ("x-tenant", slug)]).await, known, "{host} with {slug:?}");
        }
    }
}

#[tokio::test]
async fn a_header_given_twice_or_as_a_list_is_refused() {
    let edge = edge();
    let id = edge.north.to_string();
    for name in ["x-tenant-id", "x-tenant"] {
        let value = if name == "x-tenant" { "north" } else { &id };
        Edge::refused(&edge.send(&[(name, value), (name, value)]).await, Kind::Ambiguous);
        Edge::refused(&edge.send(&[(name, &format!("{value}, {value}"))]).await, Kind::Ambiguous);
        Edge::refused(&edge.send(&[NORTH, (name, value), (name, value)]).await, Kind::Ambiguous);
    }
    Edge::refused(&edge.send(&[NORTH, NORTH]).await, Kind::Ambiguous);
}

#[tokio::test]
async fn an_id_header_takes_no_slug_and_a_slug_header_no_id() {
    let edge = edge();
    let id = edge.north.to_string();
    Edge::refused(&edge.send(&[("x-tenant-id", "north")]).await, Kind::Malformed);
    Edge::refused(&edge.send(&[("x-tenant", &id)]).await, Kind::Malformed);
}

#[tokio::test]
async fn a_foreign_host_is_refused_whatever_a_header_says() {
    let edge = edge();
    for host in ["example.org", "127.0.0.1:8080", "a.north.example.com"] {
        Edge::refused(&edge.send(&[("host", host), ("x-tenant", "north")]).await, Kind::Unknown);
    }
    Edge::refused(&edge.send(&[("host", "u@north.example.com"), ("x-tenant", "north")]).await, Kind::InvalidHost);
}

#[tokio::test]
async fn no_source_means_no_tenant() {
    let edge = edge();
    Edge::refused(&edge.send(&[]).await, Kind::Missing);
    Edge::refused(&edge.send(&[("host", "example.com")]).await, Kind::Missing);
    let without_resolvers = TenantLayer::new(cached(&neighbourhood()));
    let request = Request::builder().header(HOST, "north.example.com").body(()).unwrap();
    Edge::refused(&send(&without_resolvers, request).await, Kind::Missing);
}

#[tokio::test]
async fn a_context_of_an_outer_layer_must_agree() {
    let edge = edge();
    let outer = |tenant: nadia_tenant_core::Tenant| {
        let cell = TenantCells::new(CellLayout::empty()).cell(tenant.id());
        let mut request = Request::builder().header(HOST, "north.example.com").body(()).unwrap();
        request.extensions_mut().insert(TenantContext::new(tenant, cell, ResolvedBy::Custom));
        request
    };
    for _ in ["loaded", "cached"] {
        Edge::refused(&send(&edge.layer, outer(tenant("north"))).await, Kind::Ambiguous);
    }
    let same = nadia_tenant_core::Tenant::new(edge.north, "north".parse().unwrap(), "starter".parse().unwrap());
    assert_eq!(send(&edge.layer, outer(same)).await.body, "north");
}
