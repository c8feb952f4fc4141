use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use nadia_tenant_core::{CellLayout, CellState, ResolvedBy, Slot, Tenant, TenantCells, TenantContext, TenantId};

/// Counts, and is disposable at zero.
struct Count(AtomicU64);

/// Remembers for whom it was made; always disposable.
struct Owner(TenantId);

impl CellState for Count {
    fn is_disposable(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

impl CellState for Owner {
    fn is_disposable(&self) -> bool {
        true
    }
}

impl Count {
    fn add(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn cells() -> (TenantCells, Slot<Count>, Slot<Owner>) {
    let mut layout = CellLayout::builder();
    let count = layout.slot(|_| Count(AtomicU64::new(0)));
    let owner = layout.slot(Owner);
    (TenantCells::new(layout.build()), count, owner)
}

fn record(id: TenantId) -> Tenant {
    Tenant::new(id, "north".parse().unwrap(), "free".parse().unwrap())
}

#[test]
fn a_tenant_has_one_cell_and_two_tenants_never_share_one() {
    let (cells, count, owner) = cells();
    let ids: Vec<_> = (0..50).map(|_| TenantId::new()).collect();
    for round in 1..=3 {
        for id in &ids {
            let cell = cells.cell(*id);
            assert_eq!(cell.tenant(), *id);
            assert_eq!(cell.state(&owner).unwrap().0, *id);
            assert_eq!(cell.state(&count).unwrap().add(), round);
        }
    }
    assert_eq!(cells.len(), 50);
}

#[test]
fn threads_that_ask_at_once_get_one_cell_with_one_state() {
    let made = Arc::new(AtomicU64::new(0));
    let mut layout = CellLayout::builder();
    let slot = layout.slot({
        let made = Arc::clone(&made);
        move |_| {
            made.fetch_add(1, Ordering::Relaxed);
            Count(AtomicU64::new(0))
        }
    });
    let cells = TenantCells::new(layout.build());
    let id = TenantId::new();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..1_000 {
                    cells.cell(id).state(&slot).unwrap().add();
                }
            });
        }
    });
    assert_eq!(cells.cell(id).state(&slot).unwrap().0.load(Ordering::Relaxed), 8_000);
    assert_eq!(made.load(Ordering::Relaxed), 1);
}

#[test]
fn a_slot_of_another_layout_opens_nothing() {
    let (ours, count, _) = cells();
    let (theirs, their_count, _) = cells();
    let id = TenantId::new();
    assert!(ours.cell(id).state(&count).is_some());
    assert!(ours.cell(id).state(&their_count).is_none());
    assert!(theirs.cell(id).state(&count).is_none());

    let mut unbuilt = CellLayout::builder();
    let early = unbuilt.slot(|_| Count(AtomicU64::new(0)));
    assert!(ours.cell(id).state(&early).is_none());
    assert!(TenantCells::new(CellLayout::empty()).cell(id).state(&count).is_none());
}

#[test]
fn two_slots_of_one_type_are_two_states() {
    let mut layout = CellLayout::builder();
    let first = layout.slot(|_| Count(AtomicU64::new(0)));
    let second = layout.slot(|_| Count(AtomicU64::new(100)));
    let cell = TenantCells::new(layout.build()).cell(TenantId::new());
    assert_eq!(cell.state(&first).unwrap().add(), 1);
    assert_eq!(cell.state(&second.clone()).unwrap().add(), 101);
    assert_eq!(cell.state(&first).unwrap().add(), 2);
}

#[test]
fn only_an_idle_cell_whose_states_are_disposable_is_evicted() {
    let (cells, count, _) = cells();
    let (held, used, idle) = (TenantId::new(), TenantId::new(), TenantId::new());
    let holder = cells.cell(held);
    cells.cell(used).state(&count).unwrap().add();
    assert!(cells.cell(idle).state(&count).unwrap().is_disposable());

    assert_eq!(cells.evict_disposable(), 1);
    assert_eq!(cells.len(), 2);
    assert_eq!(cells.cell(used).state(&count).unwrap().add(), 2, "what was used is still known");

    cells.cell(used).state(&count).unwrap().0.store(0, Ordering::Relaxed);
    assert_eq!(cells.evict_disposable(), 1);
    drop(holder);
    assert_eq!(cells.evict_disposable(), 1);
    assert!(cells.is_empty());
}

#[test]
fn a_context_keeps_its_cell_from_eviction() {
    let (cells, _, _) = cells();
    let id = TenantId::new();
    let context = TenantContext::new(record(id), cells.cell(id), ResolvedBy::Host);
    let copy = context.clone();
    drop(context);
    assert_eq!(cells.evict_disposable(), 0);
    drop(copy);
    assert_eq!(cells.evict_disposable(), 1);
}

#[test]
#[should_panic(expected = "the cell belongs to another tenant")]
fn a_context_is_not_made_with_a_foreign_cell() {
    let (cells, _, _) = cells();
    let _ = TenantContext::new(record(TenantId::new()), cells.cell(TenantId::new()), ResolvedBy::Header);
}
