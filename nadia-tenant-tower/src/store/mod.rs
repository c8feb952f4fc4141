use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use nadia_tenant_core::{
    CellLayout, ResolvedBy, StoreError, TenantCells, TenantContext, TenantRef, TenantStatus, TenantStore,
};
use tokio::sync::watch;
use tracing::Instrument;

use crate::resolve::Named;

mod board;
mod builder;
mod entries;
mod flight;
mod key;

use board::Board;
pub use builder::CachedStoreBuilder;
use entries::{Bounds, Entries};
use flight::{Flight, Outcome};
use key::{Key, KeyRef};

/// Remembers what a [`TenantStore`] answered, for a while and within bounds. Clones share the cache.
///
/// - A tenant is kept for the time to live (60 s unless told otherwise); that a reference names none is kept for the
///   negative one (5 s). Each kind has its own bound, so that made-up references never push out a tenant.
/// - Requests that miss the same reference at once share one look-up. It runs in a task of its own, so that a waiter
///   that goes away, or a store that panics, holds up nobody; it is aborted when all waiters are gone, and given up
///   as unavailable after the load time-out (5 s). Errors are not kept.
/// - After [`invalidate`](Self::invalidate) returns, nobody is answered from before: entries are dropped under all of
///   the tenant's references, and a look-up in progress is neither kept nor joined.
/// - A tenant has one [`TenantCell`](nadia_tenant_core::TenantCell), whatever reference finds it and however often its
///   record is loaded anew.
///
/// A hit takes a shared lock for the length of a hash look-up, and neither allocates nor waits. Look-ups need a Tokio
/// runtime with its timer enabled.
///
/// ```
/// use async_trait::async_trait;
/// use nadia_tenant_core::{CellLayout, StoreError, Tenant, TenantId, TenantRef, TenantStore};
/// use nadia_tenant_tower::CachedStore;
///
/// struct One(Tenant);
///
/// #[async_trait]
/// impl TenantStore for One {
///     async fn find(&self, reference: &TenantRef) -> Result<Option<Tenant>, StoreError> {
///         let Self(tenant) = self;
///         let found = *reference == TenantRef::Slug(tenant.slug().clone());
///         Ok(found.then(|| tenant.clone()))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = One(Tenant::new(TenantId::new(), "north".parse()?, "starter".parse()?));
/// let tenants = CachedStore::new(store, CellLayout::empty());
/// assert!(tenants.find(&TenantRef::Slug("north".parse()?)).await?.is_some());
/// assert!(tenants.find(&TenantRef::Slug("south".parse()?)).await?.is_none());
/// # Ok(())
/// # }
/// ```
pub struct CachedStore<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    store: S,
    entries: Entries,
    cells: TenantCells,
    load_timeout: Duration,
    state: Mutex<State>,
}

struct State {
    board: Board,
    /// How many cells there may be before the idle ones are looked for.
    cells_limit: usize,
}

impl<S: TenantStore> CachedStore<S> {
    /// Puts a cache with the default bounds and times in front of `store`.
    ///
    /// `layout` gives the slots that the cells of its tenants have.
    #[must_use]
    pub fn new(store: S, layout: CellLayout) -> Self {
        Self::builder(store, layout).build()
    }

    /// Finds the tenant that `reference` names, whatever its status but purged.
    ///
    /// The context says [`ResolvedBy::Job`] until told otherwise.
    ///
    /// # Errors
    /// [`StoreError`] if the tenant is not cached and the store could not be asked, did not answer in time, or
    /// answered with a tenant other than the one asked for.
    pub async fn find(&self, reference: &TenantRef) -> Result<Option<TenantContext>, StoreError> {
        // A kind of reference that the cache doesn't know is an unknown tenant, as it is to a store.
        let Some(key) = Key::of(reference) else { return Ok(None) };
        if let Some(found) = self.shared.entries.get(&key.borrowed()) {
            return Ok(found);
        }
        match self.board_flight(key) {
            Boarding::Arrived(found) => Ok(found),
            Boarding::Joined(flight) => flight.landed().await,
        }
    }

    /// Joins the look-up of `key` in progress, or starts one.
    fn board_flight(&self, key: Key) -> Boarding {
        let mut state = self.shared.lock();
        if let Some(flight) = state.board.flight(&key) {
            return Boarding::Joined(flight);
        }
        // A look-up may have landed between the caller's miss and the lock.
        if let Some(found) = self.shared.entries.get(&key.borrowed()) {
            return Boarding::Arrived(found);
        }
        let number = state.board.depart();
        let (sender, outcome) = watch::channel(None);
        let landing = Landing { shared: Arc::clone(&self.shared), key: key.clone(), number };
        let task = tokio::spawn(fly(landing, sender).in_current_span());
        let flight = Arc::new(Flight::new(outcome, task.abort_handle()));
        state.board.announce(key, number, &flight);
        Boarding::Joined(flight)
    }
}

impl<S> CachedStore<S> {
    /// Starts a cache in front of `store` whose bounds and times are set.
    pub fn builder(store: S, layout: CellLayout) -> CachedStoreBuilder<S> {
        CachedStoreBuilder::new(store, layout)
    }

    /// Drops what is cached of the tenant that `reference` names, since it changed, came or went.
    ///
    /// By id, the tenant's entries go under all its references, former slugs included, and so does every remembered
    /// absence: the tenant may be new. By slug, the same happens to the tenant that is cached for it. The tenant's
    /// cell stays. Cheap enough to be called for each change, and safe to be called for tenants that are not cached.
    pub fn invalidate(&self, reference: &TenantRef) {
        let mut state = self.shared.lock();
        state.board.divert();
        let tenant = match reference {
            TenantRef::Id(id) => Some(*id),
            other => Key::of(other).and_then(|key| self.shared.entries.remove(&mut state.board, &key)),
        };
        if let Some(tenant) = tenant {
            self.shared.entries.remove_tenant(&mut state.board, tenant);
        }
    }

    /// Drops what is cached of all tenants, for a node that may have missed changes.
    pub fn invalidate_all(&self) {
        self.shared.entries.clear(&mut self.shared.lock().board);
    }

    /// Returns the number of references cached with their tenant, expired ones included.
    #[must_use]
    pub fn present_entries(&self) -> usize {
        self.shared.entries.present_len()
    }

    /// Returns the number of references cached as naming no tenant, expired ones included.
    #[must_use]
    pub fn absent_entries(&self) -> usize {
        self.shared.entries.absent_len()
    }

    /// Returns what is cached for `named`: a tenant, none (`Some(None)`), or nothing known.
    pub(crate) fn cached(&self, named: &Named<'_>) -> Option<Option<TenantContext>> {
        self.shared.entries.get(&KeyRef::of(named))
    }
}

impl<S> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, State> {
        // What is written under the lock are maps of their own; each is whole after a panic between them, and the
        // worst that is lost is an index entry of a tenant whose entry expires.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Clone for CachedStore<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S> fmt::Debug for CachedStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lookups, tenants) = self.shared.lock().board.sizes();
        f.debug_struct("CachedStore")
            .field("present_entries", &self.present_entries())
            .field("absent_entries", &self.absent_entries())
            .field("lookups_in_progress", &lookups)
            .field("indexed_tenants", &tenants)
            .finish_non_exhaustive()
    }
}

enum Boarding {
    Arrived(Option<TenantContext>),
    Joined(Arc<Flight>),
}

/// Asks the store and hands the answer to all who wait.
async fn fly<S: TenantStore>(landing: Landing<S>, outcome: watch::Sender<Option<Outcome>>) {
    let reference = landing.key.reference();
    let answer = tokio::time::timeout(landing.shared.load_timeout, landing.shared.store.find(&reference)).await;
    let answer = answer.unwrap_or_else(|elapsed| Err(StoreError::unavailable(elapsed)));
    let answer = match answer {
        Ok(Some(tenant)) if tenant.status() == TenantStatus::Purged => Ok(None),
        Ok(Some(tenant)) if !landing.key.names(&tenant) => {
            Err(StoreError::corrupt("the store answered with a tenant other than the one asked for"))
        }
        answer => answer,
    };
    if let Err(error) = &answer {
        tracing::error!(error = error as &(dyn std::error::Error + 'static), "tenant look-up failed");
    }
    let answer = answer.map(|found| {
        found.map(|tenant| {
            let cell = landing.shared.cells.cell(tenant.id());
            TenantContext::new(tenant, cell, ResolvedBy::Job)
        })
    });
    if let Ok(found) = &answer {
        landing.keep(found.as_ref());
    }
    drop(landing);
    outcome.send_replace(Some(answer));
}

/// A look-up's entry on the board, taken off when it ends in whatever way.
struct Landing<S> {
    shared: Arc<Shared<S>>,
    key: Key,
    number: u64,
}

impl<S> Landing<S> {
    /// Keeps the answer, unless an invalidation came in between.
    fn keep(&self, found: Option<&TenantContext>) {
        let mut state = self.shared.lock();
        if !state.board.land(&self.key, self.number) {
            return;
        }
        self.shared.entries.put(&mut state.board, &self.key, found);
        if self.shared.cells.len() > state.cells_limit {
            self.shared.cells.evict_disposable();
            // Doubling keeps the scan's cost per cell constant when none could go.
            state.cells_limit = state.cells_limit.max(self.shared.cells.len() * 2);
        }
    }
}

impl<S> Drop for Landing<S> {
    fn drop(&mut self) {
        self.shared.lock().board.land(&self.key, self.number);
    }
}
