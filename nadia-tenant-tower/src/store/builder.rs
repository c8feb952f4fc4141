use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use nadia_tenant_core::{CellLayout, TenantCells};

use super::{Board, Bounds, CachedStore, Entries, Shared, State};

/// Sets the bounds and times of a [`CachedStore`].
///
/// ```
/// use std::time::Duration;
/// # use nadia_tenant_core::{CellLayout, TenantStore};
/// use nadia_tenant_tower::CachedStore;
///
/// # fn example<S: TenantStore>(store: S) {
/// let tenants = CachedStore::builder(store, CellLayout::empty())
///     .with_capacity(1_000_000)
///     .with_time_to_live(Duration::from_secs(300))
///     .build();
/// # }
/// ```
#[must_use]
pub struct CachedStoreBuilder<S> {
    store: S,
    layout: CellLayout,
    present: Bounds,
    absent: Bounds,
    load_timeout: Duration,
}

impl<S> CachedStoreBuilder<S> {
    pub(super) fn new(store: S, layout: CellLayout) -> Self {
        Self {
            store,
            layout,
            present: Bounds { capacity: 100_000, time_to_live: Duration::from_secs(60) },
            absent: Bounds { capacity: 10_000, time_to_live: Duration::from_secs(5) },
            load_timeout: Duration::from_secs(5),
        }
    }

    /// Bounds the references that are cached with their tenant: 100,000 by default. A tenant that is found by its slug
    /// and by its id takes two. Memory is taken as entries come, a few hundred bytes each.
    pub const fn with_capacity(mut self, entries: usize) -> Self {
        self.present.capacity = entries;
        self
    }

    /// Sets for how long a tenant is served from the cache: 60 s by default.
    ///
    /// That is how late a change is seen which nobody [invalidates](CachedStore::invalidate). Zero asks the store for
    /// each request.
    pub const fn with_time_to_live(mut self, lifetime: Duration) -> Self {
        self.present.time_to_live = lifetime;
        self
    }

    /// Bounds the references that are cached as naming no tenant: 10,000 by default.
    pub const fn with_negative_capacity(mut self, entries: usize) -> Self {
        self.absent.capacity = entries;
        self
    }

    /// Sets for how long a reference that named no tenant is refused without asking again: 5 s by default.
    pub const fn with_negative_time_to_live(mut self, lifetime: Duration) -> Self {
        self.absent.time_to_live = lifetime;
        self
    }

    /// Sets after how long a look-up is given up, and answered as a store that is unavailable: 5 s by default.
    pub const fn with_load_timeout(mut self, limit: Duration) -> Self {
        self.load_timeout = limit;
        self
    }

    /// Makes the cache, empty.
    #[must_use]
    pub fn build(self) -> CachedStore<S> {
        CachedStore {
            shared: Arc::new(Shared {
                store: self.store,
                entries: Entries::new(&self.present, &self.absent),
                cells: TenantCells::new(self.layout),
                load_timeout: self.load_timeout,
                state: Mutex::new(State { board: Board::default(), cells_limit: self.present.capacity }),
            }),
        }
    }
}

impl<S> fmt::Debug for CachedStoreBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedStoreBuilder")
            .field("layout", &self.layout)
            .field("present", &self.present)
            .field("absent", &self.absent)
            .field("load_timeout", &self.load_timeout)
            .finish_non_exhaustive()
    }
}
