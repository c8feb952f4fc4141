use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{CellLayout, TenantCell, TenantId};

/// Keeps the one [`TenantCell`] of each tenant in use.
///
/// Asked only when a record is loaded, never on a hit of the cache in front, so one lock serves. It
/// holds cells of tenants that exist, so its size is bounded by their number, and
/// [`evict_disposable`](Self::evict_disposable) keeps it near the number in use.
#[derive(Debug)]
pub struct TenantCells {
    layout: CellLayout,
    cells: Mutex<HashMap<TenantId, TenantCell>>,
}

impl TenantCells {
    /// Makes an empty registry whose cells have the slots of `layout`.
    #[must_use]
    pub fn new(layout: CellLayout) -> Self {
        Self { layout, cells: Mutex::default() }
    }

    /// Returns the cell of `tenant`, the same one for every caller.
    ///
    /// Call it for tenants that were found, never for ids that a client merely sent.
    #[must_use]
    pub fn cell(&self, tenant: TenantId) -> TenantCell {
        self.lock().entry(tenant).or_insert_with(|| TenantCell::new(tenant, &self.layout)).clone()
    }

    /// Drops the cells that nobody holds and whose states are all disposable; returns how many.
    pub fn evict_disposable(&self) -> usize {
        let mut cells = self.lock();
        let before = cells.len();
        cells.retain(|_, cell| !cell.is_disposable());
        before - cells.len()
    }

    /// Returns the number of cells held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Tells whether no cell is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, TenantCell>> {
        // No code that can panic runs between two writes of the map, so it is whole after a poisoning.
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
