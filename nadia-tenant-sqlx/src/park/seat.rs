use nadia_tenant_core::TenantId;
use tokio::time::Instant;

use super::{
    ConnectionLimits, Lease, Park,
    connection::Open,
    home::{Home, HomeKey, Stamp},
    reaper,
};
use crate::backend::Backend;

/// A place in the budget: the right to have one connection of a home outside the park. Dropped, it is free for others.
pub(super) struct Seat<DB: Backend> {
    park: Park<DB>,
    home: HomeKey,
    tenant: Option<TenantId>,
    stamp: Stamp,
    spent: bool,
}

/// A place in the budget for somebody who asked for one, with a parked connection that goes with it: of the same home, to be
/// used, or of another home, to be closed.
///
/// Dropped untouched, it parks what can be used and gives the place back.
pub(super) struct Grant<DB: Backend> {
    open: Option<Open<DB>>,
    seat: Option<Seat<DB>>,
}

impl<DB: Backend> Seat<DB> {
    /// Makes the place; the state counts it.
    pub(super) fn new(park: Park<DB>, home: HomeKey, tenant: Option<TenantId>, stamp: Stamp) -> Self {
        Self { park, home, tenant, stamp, spent: false }
    }

    pub(super) const fn park(&self) -> &Park<DB> {
        &self.park
    }

    pub(super) const fn home(&self) -> HomeKey {
        self.home
    }

    pub(super) const fn tenant(&self) -> Option<TenantId> {
        self.tenant
    }

    pub(super) const fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Tells all that a connection of this home broke.
    pub(super) fn broke(&self) {
        self.park.change(|state| state.homes.broke(self.home));
    }

    /// Gives the place back together with its connection, whose state is known: it is parked, unless it isn't wanted any more.
    pub(super) fn end(mut self, open: Open<DB>) {
        let (unwanted, unwatched) = self.park.change(|state| match state.admit(open, &self) {
            None => (None, !std::mem::replace(&mut state.reaping, true)),
            unwanted => (unwanted, false),
        });
        self.spent = unwanted.is_none();
        // Closed first; then the place is free.
        drop(unwanted);
        if unwatched {
            reaper::start(&self.park);
        }
    }
}

impl<DB: Backend> Drop for Seat<DB> {
    fn drop(&mut self) {
        if !self.spent {
            self.park.change(|state| state.vacate(self.home, self.tenant));
        }
    }
}

impl<DB: Backend> Grant<DB> {
    pub(super) fn new(seat: Seat<DB>, open: Option<Open<DB>>) -> Self {
        Self { open, seat: Some(seat) }
    }

    /// Tells whether its connection needs no message to serve the tenant.
    pub(super) fn is_warm(&self, tenant: Option<TenantId>, limits: &ConnectionLimits) -> bool {
        self.seat.as_ref().zip(self.open.as_ref()).is_some_and(|(seat, open)| {
            open.home == seat.home && open.belongs_to(tenant) && open.is_warm(limits, seat.stamp, Instant::now())
        })
    }

    /// Makes a lease of its connection, which is warm.
    pub(super) fn into_lease(self, home: &Home<DB>, tenant: Option<TenantId>) -> Lease<DB> {
        let (seat, open) = self.split();
        Lease::new(open.expect("a warm grant has a connection"), seat, home.opening(tenant))
    }

    pub(super) fn split(mut self) -> (Seat<DB>, Option<Open<DB>>) {
        let seat = self.seat.take().expect("a grant is split once");
        (seat, self.open.take())
    }
}

impl<DB: Backend> Drop for Grant<DB> {
    fn drop(&mut self) {
        let (open, seat) = (self.open.take(), self.seat.take());
        match (open, seat) {
            (Some(open), Some(seat)) if open.home == seat.home => seat.end(open),
            (open, seat) => {
                drop(open);
                drop(seat);
            }
        }
    }
}
