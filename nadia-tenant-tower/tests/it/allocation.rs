//! What a hit costs in allocations.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::pin,
    task::{Context, Poll, Waker},
};

use http::{Request, Response};
use nadia_tenant_core::TenantContext;
use nadia_tenant_tower::{SubdomainResolver, TenantLayer};
use tower::{Layer, Service, service_fn};

use crate::support::{cached, neighbourhood, send, to};

/// Calls `service` with `request` and returns the allocations made by that alone.
fn allocations<S>(service: &mut S, request: Request<()>) -> u64
where
    S: Service<Request<()>, Response = Response<String>, Error = Infallible>,
{
    let mut request = Some(request);
    let measured = allocation_counter::measure(|| {
        let mut future = pin!(service.call(request.take().expect("measured once")));
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(response)) => assert_eq!(response.status().as_u16(), 200),
            _ => panic!("a hit does not wait"),
        }
    });
    measured.count_total
}

#[tokio::test]
async fn a_hit_allocates_only_what_the_extension_does() {
    fn inner(_: Request<()>) -> Ready<Result<Response<String>, Infallible>> {
        ready(Ok(Response::new(String::new())))
    }
    let store = neighbourhood();
    let tenants = cached(&store);
    let layer = TenantLayer::new(tenants.clone()).add_resolver(SubdomainResolver::new("example.com").unwrap());
    // Loads the tenant and registers what is registered once.
    assert_eq!(send(&layer, to("north.example.com")).await.body, "north");
    let context = tenants.find(&crate::support::by_slug("north")).await.unwrap().unwrap();

    let mut by_hand = service_fn(|mut request: Request<()>| {
        request.extensions_mut().insert::<TenantContext>(context.clone());
        inner(request)
    });
    let floor = allocations(&mut by_hand, to("north.example.com"));
    assert!(floor > 0, "the extension allocates");
    let mut ours = layer.layer(service_fn(inner));
    assert_eq!(allocations(&mut ours, to("north.example.com")), floor);
    assert_eq!(allocations(&mut ours, to("north.example.com:8080")), floor);
}
