//! Group `resolve`: what it costs to find the tenant of a request, in nanoseconds per request.
//!
//! A case builds a request with a Host or `x-tenant-id` header out of shared bytes, waits for the service to be ready,
//! calls it, and drops the response of an inner service that answers at once. All tenants are cached or in the map
//! beforehand, and requests come in a mixed order, each tenant as often as any other. No tracing subscriber is
//! installed, so spans cost no more than the question whether they are wanted.
//!
//! What is compared:
//! - `floor: bare` is the inner service alone; `floor: by hand` and the peer are compared with it.
//! - `floor: by hand` is the least that does the work: cut the host (or parse the id), look it up in one `HashMap` that
//!   never changes, put the record into the extensions. Ours are compared with it, on the same number of tenants,
//!   since somebody who doesn't use the crate writes this. Ours checks the host's grammar, the record's age and status
//!   and whether the sources agree, runs the service in a span and with a task-local tenant, and can forget tenants.
//! - `peer: tower-http request id` is a common layer of another purpose, to tell what layers cost.

use std::{collections::HashMap, convert::Infallible, hash::Hash, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header::HOST};
use nadia_benches::{Cases, Effort, Error, Ring};
use nadia_tenant_core::{CellLayout, StoreError, Tenant, TenantRef, TenantStore};
use nadia_tenant_tower::{CachedStore, HeaderResolver, Resolve, SubdomainResolver, TenantLayer};
use tower::{Layer, Service, service_fn};
use tower_http::request_id::{MakeRequestUuid, SetRequestIdLayer};
use uuid::Uuid;

use super::tenants::{Body, add, answer, tenants};

const BASE: &str = "example.com";
const TENANT_ID: HeaderName = HeaderName::from_static("x-tenant-id");
const BARE: &str = "floor: bare service, 10000 tenants";

pub(crate) fn prepare(cases: &mut Cases) -> Result<(), Error> {
    let plan = "starter".parse()?;
    let sizes: &[usize] = if cases.effort() == Effort::Full { &[100, 10_000, 1_000_000] } else { &[100, 10_000] };
    for size in sizes {
        let tenants: Arc<[Tenant]> = tenants(*size, &plan)?.into();
        let hosts = headers(&tenants, |tenant| format!("{}.{BASE}", tenant.slug()))?;
        let store = CachedStore::builder(Listed(Arc::clone(&tenants)), CellLayout::empty())
            // By id and by slug, and as many again, since the cache's shards don't fill evenly.
            .with_capacity(4 * size)
            .with_time_to_live(Duration::from_secs(86_400))
            .build();
        if *size == 10_000 {
            add(cases, BARE, BARE, service_fn(answer), hosts.clone(), host);
            let request_id = SetRequestIdLayer::x_request_id(MakeRequestUuid).layer(service_fn(answer));
            add(cases, "peer: tower-http request id, 10000 tenants", BARE, request_id, hosts.clone(), host);

            let ids = headers(&tenants, |tenant| tenant.id().to_string())?;
            let floor = format!("floor: by hand, header, {size} tenants");
            add(cases, &floor, BARE, by_hand(by_id, &tenants, |tenant| tenant.id().as_uuid()), ids.clone(), id);
            fill(cases, &store, tenants.iter().map(|tenant| TenantRef::Id(tenant.id())))?;
            let name = format!("nadia: header, cached, {size} tenants");
            add(cases, &name, &floor, layered(&store, HeaderResolver::default()), ids, id);
        }
        let floor = format!("floor: by hand, subdomain, {size} tenants");
        let service = by_hand(by_subdomain, &tenants, |tenant| tenant.slug().as_str().to_owned());
        add(cases, &floor, BARE, service, hosts.clone(), host);
        fill(cases, &store, tenants.iter().map(|tenant| TenantRef::Slug(tenant.slug().clone())))?;
        let name = format!("nadia: subdomain, cached, {size} tenants");
        add(cases, &name, &floor, layered(&store, SubdomainResolver::new(BASE)?), hosts, host);
    }
    Ok(())
}

fn host(request: &mut Request<()>, value: HeaderValue) {
    request.headers_mut().insert(HOST, value);
}

fn id(request: &mut Request<()>, value: HeaderValue) {
    request.headers_mut().insert(TENANT_ID, value);
}

/// Makes a header value for each tenant, in a mixed order.
///
/// They lie one behind the other in one allocation, so that reading them costs little, as with a server's buffer.
fn headers(tenants: &[Tenant], text: impl Fn(&Tenant) -> String) -> Result<Ring<HeaderValue>, Error> {
    let texts = Ring::new(tenants).map(|tenant| text(tenant));
    let mut buffer = BytesMut::new();
    let places = texts.map(|text| {
        let start = buffer.len();
        buffer.extend_from_slice(text.as_bytes());
        start..buffer.len()
    });
    let buffer: Bytes = buffer.freeze();
    Ok(places
        .map(|place| HeaderValue::from_maybe_shared(buffer.slice(place.clone())).expect("hosts and ids are ASCII")))
}

fn layered<R: Resolve>(
    store: &CachedStore<Listed>,
    resolver: R,
) -> impl Service<Request<()>, Response = Response<Body>, Error = Infallible> + use<R> {
    TenantLayer::new(store.clone()).add_resolver(resolver).layer(service_fn(answer))
}

/// Has the cache look every tenant up.
fn fill(
    cases: &Cases,
    store: &CachedStore<Listed>,
    references: impl ExactSizeIterator<Item = TenantRef>,
) -> Result<(), Error> {
    let expected = store.present_entries() + references.len();
    cases.block_on(async {
        for reference in references {
            store.find(&reference).await?;
        }
        Ok::<_, StoreError>(())
    })?;
    match store.present_entries() {
        entries if entries == expected => Ok(()),
        entries => Err(format!("the cache keeps {entries} of {expected} entries; give it more room").into()),
    }
}

/// A store that finds tenants by their number: asked once for each, before anything is measured.
struct Listed(Arc<[Tenant]>);

#[async_trait]
impl TenantStore for Listed {
    async fn find(&self, reference: &TenantRef) -> Result<Option<Tenant>, StoreError> {
        let Self(tenants) = self;
        let at = match reference {
            TenantRef::Id(id) => tenants.binary_search_by_key(id, Tenant::id).ok(),
            TenantRef::Slug(slug) => tenants.binary_search_by_key(&slug, Tenant::slug).ok(),
            _ => None,
        };
        Ok(at.map(|at| tenants[at].clone()))
    }
}

type Find<K> = fn(&HashMap<K, Arc<Tenant>>, &Request<()>) -> Option<Arc<Tenant>>;

/// What somebody would write in an afternoon.
fn by_hand<K: Eq + Hash + 'static>(
    find: Find<K>,
    tenants: &[Tenant],
    key: fn(&Tenant) -> K,
) -> impl Service<Request<()>, Response = Response<Body>, Error = Infallible> + 'static {
    let tenants: HashMap<K, _> = tenants.iter().map(|tenant| (key(tenant), Arc::new(tenant.clone()))).collect();
    service_fn(move |mut request: Request<()>| {
        let found = find(&tenants, &request).map(|tenant| request.extensions_mut().insert(tenant));
        async move {
            if found.is_some() {
                return answer(request).await;
            }
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_FOUND;
            Ok(response)
        }
    })
}

fn by_subdomain(tenants: &HashMap<String, Arc<Tenant>>, request: &Request<()>) -> Option<Arc<Tenant>> {
    let host = request.headers().get(HOST)?.to_str().ok()?;
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    tenants.get(name.strip_suffix(BASE)?.strip_suffix('.')?).cloned()
}

fn by_id(tenants: &HashMap<Uuid, Arc<Tenant>>, request: &Request<()>) -> Option<Arc<Tenant>> {
    tenants.get(&request.headers().get(&TENANT_ID)?.to_str().ok()?.parse().ok()?).cloned()
}
