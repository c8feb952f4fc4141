use std::{
    any::Any,
    fmt,
    marker::PhantomData,
    sync::{Arc, OnceLock},
};

use crate::TenantId;

/// What a component keeps for a tenant as long as the tenant is in use in this process: a limiter,
/// meters, a place.
pub trait CellState: Any + Send + Sync {
    /// Tells whether nothing is lost by dropping this state now and making it anew later.
    ///
    /// A limiter says so only when its bucket is full, a meter when it is flushed: otherwise eviction
    /// would refill the one and forget the other.
    fn is_disposable(&self) -> bool;
}

type Init = dyn Fn(TenantId) -> Box<dyn CellState> + Send + Sync;

/// The slots that every [`TenantCell`] of a service has, fixed when the service is built.
///
/// ```
/// use nadia_tenant_core::{CellLayout, CellState, TenantCells, TenantId};
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// struct Hits(AtomicU64);
/// impl CellState for Hits {
///     fn is_disposable(&self) -> bool { self.0.load(Ordering::Relaxed) == 0 }
/// }
///
/// let mut layout = CellLayout::builder();
/// let hits = layout.slot(|_tenant| Hits(AtomicU64::new(0)));
/// let cells = TenantCells::new(layout.build());
///
/// let cell = cells.cell(TenantId::new());
/// cell.state(&hits).expect("the slot is of this layout").0.fetch_add(1, Ordering::Relaxed);
/// ```
#[derive(Clone)]
pub struct CellLayout(Arc<[Box<Init>]>);

/// Collects slots for a [`CellLayout`].
pub struct CellLayoutBuilder {
    inits: Vec<Box<Init>>,
    // Every slot shares this allocation with its layout, so that a slot of another layout is told apart.
    token: Arc<OnceLock<CellLayout>>,
}

/// The key to one kind of state in every cell of one [`CellLayout`]. Clones are the same key.
pub struct Slot<T> {
    index: usize,
    layout: Arc<OnceLock<CellLayout>>,
    state: PhantomData<fn() -> T>,
}

/// What lives as long as a tenant is in use in this process, shared by all ways to reach its record.
///
/// One per [`TenantId`] and [`TenantCells`](crate::TenantCells); clones share it. State is made on its first use.
#[derive(Clone)]
pub struct TenantCell(Arc<Inner>);

struct Inner {
    tenant: TenantId,
    layout: CellLayout,
    states: Box<[OnceLock<Box<dyn CellState>>]>,
}

impl CellLayout {
    /// Starts a layout.
    #[must_use]
    pub fn builder() -> CellLayoutBuilder {
        CellLayoutBuilder { inits: Vec::new(), token: Arc::new(OnceLock::new()) }
    }

    /// Makes a layout without slots, for services whose layers keep no state.
    #[must_use]
    pub fn empty() -> Self {
        Self::builder().build()
    }
}

impl CellLayoutBuilder {
    /// Adds a slot whose state `init` makes for a tenant on first use.
    pub fn slot<T: CellState>(&mut self, init: impl Fn(TenantId) -> T + Send + Sync + 'static) -> Slot<T> {
        self.inits.push(Box::new(move |tenant| Box::new(init(tenant))));
        Slot { index: self.inits.len() - 1, layout: Arc::clone(&self.token), state: PhantomData }
    }

    /// Fixes the layout.
    #[must_use]
    pub fn build(self) -> CellLayout {
        let layout = CellLayout(self.inits.into());
        // The builder is consumed, so nobody else can have set the token.
        let _ = self.token.set(layout.clone());
        layout
    }
}

impl TenantCell {
    pub(crate) fn new(tenant: TenantId, layout: &CellLayout) -> Self {
        let states = layout.0.iter().map(|_| OnceLock::new()).collect();
        Self(Arc::new(Inner { tenant, layout: layout.clone(), states }))
    }

    /// Returns the tenant that this cell belongs to.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.0.tenant
    }

    /// Returns the state behind `slot`, made now if this is its first use.
    ///
    /// `None` means that the slot was made for another layout: a mistake in how the service is put
    /// together. Callers that enforce something refuse then.
    #[must_use]
    pub fn state<T: CellState>(&self, slot: &Slot<T>) -> Option<&T> {
        let layout = slot.layout.get()?;
        if !Arc::ptr_eq(&layout.0, &self.0.layout.0) {
            return None;
        }
        let state = self.0.states.get(slot.index)?.get_or_init(|| self.0.layout.0[slot.index](self.0.tenant));
        (&**state as &dyn Any).downcast_ref()
    }

    /// Tells whether nothing is lost by dropping this cell: nobody else holds it and every state is
    /// disposable.
    pub(crate) fn is_disposable(&self) -> bool {
        Arc::strong_count(&self.0) == 1
            && self.0.states.iter().filter_map(OnceLock::get).all(|state| state.is_disposable())
    }
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self { index: self.index, layout: Arc::clone(&self.layout), state: PhantomData }
    }
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("index", &self.index).finish_non_exhaustive()
    }
}

impl fmt::Debug for CellLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CellLayout").field("slots", &self.0.len()).finish()
    }
}

impl fmt::Debug for CellLayoutBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CellLayoutBuilder").field("slots", &self.inits.len()).finish()
    }
}

impl fmt::Debug for TenantCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantCell").field("tenant", &self.0.tenant).finish_non_exhaustive()
    }
}
