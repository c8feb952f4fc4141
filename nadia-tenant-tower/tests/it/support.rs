//! A store in memory that counts, waits, fails and panics as told, and a service behind the layer. All data is made up.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header::HOST};
use http_body_util::{BodyExt, Full};
use nadia_tenant_core::{
    CellLayout, StoreError, Tenant, TenantContext, TenantId, TenantRef, TenantSlug, TenantStatus, TenantStore,
};
use nadia_tenant_tower::{CachedStore, TenantLayer, TenantRejectionKind};
use tokio::sync::Semaphore;
use tower::{Layer, ServiceExt, service_fn};

pub(crate) fn tenant(slug: &str) -> Tenant {
    Tenant::new(TenantId::new(), slug.parse().unwrap(), "starter".parse().unwrap())
}

pub(crate) fn by_slug(slug: &str) -> TenantRef {
    TenantRef::Slug(slug.parse().unwrap())
}

#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) tenants: Mutex<Vec<Tenant>>,
    pub(crate) finds: AtomicUsize,
    pub(crate) down: AtomicBool,
    pub(crate) panics: AtomicBool,
    slow: Mutex<Option<TenantSlug>>,
    gate: Gate,
}

struct Gate {
    arrived: Semaphore,
    open: Semaphore,
}

impl Default for Gate {
    fn default() -> Self {
        Self { arrived: Semaphore::new(0), open: Semaphore::new(0) }
    }
}

impl Memory {
    pub(crate) fn with(tenants: impl IntoIterator<Item = Tenant>) -> Arc<Self> {
        Arc::new(Self { tenants: Mutex::new(tenants.into_iter().collect()), ..Self::default() })
    }

    pub(crate) fn finds(&self) -> usize {
        self.finds.load(Ordering::SeqCst)
    }

    /// Makes look-ups of `slug` read the record, then wait until let through.
    pub(crate) fn hold(&self, slug: &str) {
        *self.slow.lock().unwrap() = Some(slug.parse().unwrap());
    }

    pub(crate) fn release(&self) {
        *self.slow.lock().unwrap() = None;
    }

    /// Waits until `count` more look-ups wait.
    pub(crate) async fn held(&self, count: u32) {
        let arrived = tokio::time::timeout(Duration::from_secs(20), self.gate.arrived.acquire_many(count));
        arrived.await.expect("a look-up begins").unwrap().forget();
    }

    /// Lets `count` look-ups through.
    pub(crate) fn let_through(&self, count: usize) {
        self.gate.open.add_permits(count);
    }

    pub(crate) fn put(&self, tenant: Tenant) {
        let mut tenants = self.tenants.lock().unwrap();
        tenants.retain(|other| other.id() != tenant.id());
        tenants.push(tenant);
    }
}

#[async_trait]
impl TenantStore for Memory {
    async fn find(&self, reference: &TenantRef) -> Result<Option<Tenant>, StoreError> {
        self.finds.fetch_add(1, Ordering::SeqCst);
        if self.down.load(Ordering::SeqCst) {
            return Err(StoreError::unavailable("connection refused by db.internal, user nadia_app"));
        }
        let matches = |tenant: &&Tenant| match reference {
            TenantRef::Id(id) => tenant.id() == *id,
            TenantRef::Slug(slug) => tenant.slug() == slug,
            _ => false,
        };
        let found = self.tenants.lock().unwrap().iter().find(matches).cloned();
        let held = self.slow.lock().unwrap().clone().is_some_and(|slow| *reference == TenantRef::Slug(slow));
        if held {
            self.gate.arrived.add_permits(1);
            self.gate.open.acquire().await.unwrap().forget();
        }
        assert!(!self.panics.load(Ordering::SeqCst), "the store panics as told");
        Ok(found)
    }
}

pub(crate) fn cached(store: &Arc<Memory>) -> CachedStore<Arc<Memory>> {
    CachedStore::new(Arc::clone(store), CellLayout::empty())
}

/// Tells whether the cache keeps nothing of look-ups that ended.
pub(crate) fn is_at_rest(tenants: &CachedStore<Arc<Memory>>) -> bool {
    format!("{tenants:?}").contains("lookups_in_progress: 0,")
}

/// A store with an active tenant `north`, an active `south`, and one tenant of each other status, named `is-{status}`.
pub(crate) fn neighbourhood() -> Arc<Memory> {
    let others = TenantStatus::ALL.into_iter().map(|status| tenant(&format!("is-{status}")).with_status(status));
    Memory::with([tenant("north"), tenant("south")].into_iter().chain(others))
}

pub(crate) fn to(host: &str) -> Request<()> {
    Request::builder().header(HOST, host).header("x-request-id", "r-1").body(()).unwrap()
}

/// What came back: the status, the headers' text, the body, and the kind of the refusal if it is one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: String,
    pub(crate) body: String,
    pub(crate) kind: Option<TenantRejectionKind>,
}

/// Sends `request` through `layer` to a service that answers with the slug of the tenant it was given.
pub(crate) async fn send<St: TenantStore>(layer: &TenantLayer<St>, request: Request<()>) -> Answer {
    let service = layer.layer(service_fn(tell_tenant));
    read(service.oneshot(request).await.unwrap()).await
}

pub(crate) async fn tell_tenant(request: Request<()>) -> Result<Response<Full<Bytes>>, Infallible> {
    let tenant = request.extensions().get::<TenantContext>().expect("the layer gives the context");
    Ok(Response::new(Full::from(tenant.tenant().slug().to_string())))
}

pub(crate) async fn read<B>(response: Response<B>) -> Answer
where
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let kind = response.extensions().get().copied();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status,
        headers: format!("{:?}", head.headers),
        body: String::from_utf8(body.to_vec()).unwrap(),
        kind,
    }
}
