//! How the tenant reaches the inner service, its tasks and its logs.

use std::{
    convert::Infallible,
    fmt,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use nadia_tenant_core::{ResolvedBy, TenantContext, current_tenant};
use nadia_tenant_tower::{HeaderResolver, SubdomainResolver, TenantLayer};
use tower::{Layer, Service, ServiceExt, service_fn};
use tracing::field::{Field, Visit};
use tracing_subscriber::{Registry, layer::SubscriberExt, registry::LookupSpan};

use crate::support::{Memory, cached, neighbourhood, read, to};

fn layer(store: &Arc<Memory>) -> TenantLayer<Arc<Memory>> {
    TenantLayer::new(cached(store))
        .add_resolver(SubdomainResolver::new("example.com").unwrap())
        .add_resolver(HeaderResolver::default())
}

fn current_slug() -> String {
    current_tenant().map_or_else(|| "nobody".to_owned(), |tenant| tenant.tenant().slug().to_string())
}

#[tokio::test]
async fn the_extension_says_what_named_the_tenant() {
    let store = neighbourhood();
    let id = store.tenants.lock().unwrap()[0].id();
    let service = layer(&store).layer(service_fn(|request: Request<()>| async move {
        let by = request.extensions().get::<TenantContext>().unwrap().by();
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(format!("{by:?}"))))
    }));
    let by_header = Request::builder().header("x-tenant-id", id.to_string()).body(()).unwrap();
    for (request, expected) in [(to("north.example.com"), ResolvedBy::Host), (by_header, ResolvedBy::Header)] {
        for _ in ["loaded", "cached"] {
            let answer = service.clone().oneshot(request.clone()).await.unwrap();
            assert_eq!(read(answer).await.body, format!("{expected:?}"));
        }
    }
}

#[tokio::test]
async fn the_tenant_is_current_in_the_service_across_waits_and_in_tasks_it_spawns() {
    async fn handle(_: Request<()>) -> Result<Response<Full<Bytes>>, Infallible> {
        let before = current_slug();
        tokio::task::yield_now().await;
        let after = current_slug();
        let spawned = nadia_tenant_core::spawn(async {
            tokio::task::yield_now().await;
            current_slug()
        });
        let plain = tokio::spawn(async { current_slug() });
        let body = format!("{before} {after} {} {}", spawned.await.unwrap(), plain.await.unwrap());
        Ok(Response::new(Full::from(body)))
    }
    let service = layer(&neighbourhood()).layer(service_fn(handle));
    let requests = ["north", "south", "north", "south"].map(|slug| (slug, to(&format!("{slug}.example.com"))));
    let running = requests.map(|(slug, request)| (slug, tokio::spawn(service.clone().oneshot(request))));
    for (slug, running) in running {
        let answer = read(running.await.unwrap().unwrap()).await;
        assert_eq!(answer.body, format!("{slug} {slug} {slug} nobody"));
    }
    assert_eq!(current_slug(), "nobody");
}

/// Does its work in `call` itself, and must be polled ready before each call.
#[derive(Default)]
struct Eager {
    ready: bool,
}

impl Clone for Eager {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<Request<()>> for Eager {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without being ready");
        std::future::ready(Ok(Response::new(Full::from(current_slug()))))
    }
}

#[tokio::test]
async fn the_ready_service_is_the_one_called_and_has_the_tenant_in_call() {
    let mut service = layer(&neighbourhood()).layer(Eager::default());
    for _ in ["loaded", "cached", "cached"] {
        let answer = service.ready().await.unwrap().call(to("north.example.com")).await.unwrap();
        assert_eq!(read(answer).await.body, "north");
    }
}

/// Keeps the fields of each span.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> tracing_subscriber::Layer<S> for Spans {
    fn on_new_span(
        &self,
        attributes: &tracing::span::Attributes<'_>,
        _: &tracing::span::Id,
        _: tracing_subscriber::layer::Context<'_, S>,
    ) {
        struct Fields(String);
        impl Visit for Fields {
            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                self.0.push_str(&format!(" {}={value:?}", field.name()));
            }
        }
        let mut fields = Fields(attributes.metadata().name().to_owned());
        attributes.record(&mut fields);
        self.0.lock().unwrap().push(fields.0);
    }
}

#[tokio::test]
async fn the_span_around_the_service_names_the_tenant() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(Registry::default().with(spans.clone()));
    let store = neighbourhood();
    let id = store.tenants.lock().unwrap()[0].id();
    let service = layer(&store).layer(service_fn(|_: Request<()>| async {
        let inside = tracing::Span::current().metadata().map(|span| span.name());
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(inside.unwrap_or("none"))))
    }));
    let answer = service.oneshot(to("north.example.com")).await.unwrap();
    assert_eq!(read(answer).await.body, "tenant");
    let expected = format!("tenant nadia.tenant.id={id} nadia.tenant.slug=north nadia.tenant.plan=starter");
    assert_eq!(*spans.0.lock().unwrap(), [expected]);
}
