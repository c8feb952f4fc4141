use std::time::Duration;

use nadia_tenant_core::{TenantContext, TenantId};
use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter, sync::Cache};
use tokio::time::Instant;

use super::{
    board::Board,
    key::{Key, KeyRef},
};

/// The cached answers: tenants that are there and references to none, each bounded on its own, so that
/// references which clients make up never push out a tenant.
pub(super) struct Entries {
    present: Cache<Key, Present, UnitWeighter, DefaultHashBuilder, Evictions>,
    absent: Cache<Key, Instant>,
    present_lifetime: Duration,
    absent_lifetime: Duration,
}

/// How many references of a kind are kept, and for how long.
#[derive(Debug)]
pub(super) struct Bounds {
    pub(super) capacity: usize,
    pub(super) time_to_live: Duration,
}

#[derive(Clone)]
struct Present {
    context: TenantContext,
    until: Instant,
}

/// Collects what an insertion pushed out, so that the index can follow.
#[derive(Clone)]
struct Evictions;

impl Lifecycle<Key, Present> for Evictions {
    type RequestState = Vec<(Key, TenantId)>;

    fn on_evict(&self, evicted: &mut Self::RequestState, key: Key, present: Present) {
        evicted.push((key, present.context.tenant().id()));
    }
}

impl Entries {
    pub(super) fn new(present: &Bounds, absent: &Bounds) -> Self {
        let Bounds { capacity, time_to_live } = *present;
        Self {
            present: Cache::with(capacity, capacity as u64, UnitWeighter, DefaultHashBuilder::default(), Evictions),
            absent: Cache::new(absent.capacity),
            present_lifetime: time_to_live,
            absent_lifetime: absent.time_to_live,
        }
    }

    /// Returns the cached answer: a tenant, none (`Some(None)`), or nothing known.
    pub(super) fn get(&self, key: &KeyRef<'_>) -> Option<Option<TenantContext>> {
        let now = Instant::now();
        if let Some(present) = self.present.get(key) {
            return (now < present.until).then_some(Some(present.context));
        }
        let until = self.absent.get(key)?;
        (now < until).then_some(None)
    }

    pub(super) fn put(&self, board: &mut Board, key: &Key, found: Option<&TenantContext>) {
        self.remove(board, key);
        let Some(context) = found else {
            self.absent.insert(key.clone(), deadline(self.absent_lifetime));
            return;
        };
        board.index(context.tenant().id(), key);
        let mut evicted = Vec::new();
        let present = Present { context: context.clone(), until: deadline(self.present_lifetime) };
        self.present.insert_with_lifecycle(key.clone(), present, &mut evicted);
        for (key, tenant) in evicted {
            board.unindex(tenant, &key);
        }
    }

    /// Drops what is known of `key` and returns the tenant it named.
    pub(super) fn remove(&self, board: &mut Board, key: &Key) -> Option<TenantId> {
        self.absent.remove(key);
        let (_, present) = self.present.remove(key)?;
        let tenant = present.context.tenant().id();
        board.unindex(tenant, key);
        Some(tenant)
    }

    /// Drops a tenant's entries under all its references, and all references to none: the tenant may be new, and
    /// which of them it answers is not known here.
    pub(super) fn remove_tenant(&self, board: &mut Board, tenant: TenantId) {
        for key in board.take_keys(tenant) {
            self.present.remove(&key);
        }
        self.absent.clear();
    }

    pub(super) fn clear(&self, board: &mut Board) {
        board.clear();
        self.present.clear();
        self.absent.clear();
    }

    pub(super) fn present_len(&self) -> usize {
        self.present.len()
    }

    pub(super) fn absent_len(&self) -> usize {
        self.absent.len()
    }
}

fn deadline(lifetime: Duration) -> Instant {
    let now = Instant::now();
    // A lifetime that the clock can't hold means for ever; a century is.
    now.checked_add(lifetime).unwrap_or_else(|| now + Duration::from_secs(100 * 365 * 86_400))
}
