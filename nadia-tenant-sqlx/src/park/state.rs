use std::collections::HashMap;

use nadia_tenant_core::TenantId;
use tokio::{sync::oneshot, time::Instant};

use super::{
    ConnectionLimits, ConnectionStats, Park,
    connection::Open,
    home::{HomeKey, Homes},
    ring::Ring,
    seat::{Grant, Seat},
    turn::WriteTurn,
    waiting::{Handed, Left, Line},
};
use crate::backend::Backend;

/// Those who take turns: a tenant's scopes, and apart from them its writers, whose right to a connection is reserved already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Party {
    pub(super) tenant: Option<TenantId>,
    pub(super) reserved: bool,
}

struct Waiter<DB: Backend> {
    home: HomeKey,
    to: oneshot::Sender<Grant<DB>>,
}

/// What the park's lock guards.
///
/// Whenever the lock is free, nobody waits who could be served. No connection, place or turn is dropped with it held.
pub(super) struct State<DB: Backend> {
    pub(super) homes: Homes<DB>,
    /// Whether the reaper runs.
    pub(super) reaping: bool,
    pub(super) closed: bool,
    // The last used at the end.
    parked: Vec<Open<DB>>,
    seats: usize,
    held: HashMap<TenantId, usize>,
    waiting: Ring<Party, Waiter<DB>>,
    limits: ConnectionLimits,
}

impl<DB: Backend> State<DB> {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        Self {
            homes: Homes::default(),
            reaping: false,
            closed: false,
            parked: Vec::new(),
            seats: 0,
            held: HashMap::new(),
            waiting: Ring::default(),
            limits,
        }
    }

    /// Takes a place in the budget, with the parked connection that suits best, if one is free.
    pub(super) fn take(&mut self, park: &Park<DB>, home: HomeKey, party: Party) -> Option<Grant<DB>> {
        if !self.may_take(party) {
            return None;
        }
        let open = match self.suitable(home, party.tenant) {
            Some(at) => Some(self.parked.remove(at)),
            None if self.open() < self.limits.budget() => None,
            // The one that waited longest is the least likely to be wanted again.
            None if !self.parked.is_empty() => Some(self.parked.remove(0)),
            None => return None,
        };
        let stamp = match &open {
            // The parked connection counted as a user of the home, and now the place does.
            Some(open) if open.home == home => self.homes.stamp(home).expect("a home with a connection is known"),
            yielded => {
                if let Some(open) = yielded {
                    self.homes.leave(open.home);
                }
                self.homes.enter(home)
            }
        };
        self.seats += 1;
        if !party.reserved {
            self.hold(party.tenant);
        }
        Some(Grant::new(Seat::new(park.clone(), home, party.tenant, stamp), open))
    }

    /// Finds the parked connection of this home that last served the tenant, or else one that served its schema before, or
    /// else the one parked longest.
    fn suitable(&self, home: HomeKey, tenant: Option<TenantId>) -> Option<usize> {
        let of_home = |open: &Open<DB>| open.home == home;
        let warm = self.parked.iter().rposition(|open| of_home(open) && open.belongs_to(tenant));
        // What the server remembers of a schema it remembers for each connection, so each keeps to some of the tenants.
        let known = || self.parked.iter().rposition(|open| of_home(open) && open.knows_place(tenant));
        warm.or_else(known).or_else(|| self.parked.iter().position(of_home))
    }

    /// Parks a connection and ends its place, or returns it when it isn't wanted any more.
    pub(super) fn admit(&mut self, open: Open<DB>, seat: &Seat<DB>) -> Option<Open<DB>> {
        let known = self.homes.stamp(seat.home()).is_some_and(|now| now.generation == seat.stamp().generation);
        if self.closed || !known || !open.is_worth_keeping(&self.limits) {
            return Some(open);
        }
        self.seats -= 1;
        self.release(seat.tenant());
        let at = self.parked.partition_point(|parked| parked.parked <= open.parked);
        self.parked.insert(at, open);
        None
    }

    /// Ends a place whose connection is closed, or never was.
    pub(super) fn vacate(&mut self, home: HomeKey, tenant: Option<TenantId>) {
        self.seats -= 1;
        self.release(tenant);
        self.homes.leave(home);
    }

    /// Takes parked connections out, each with a place in the budget until it is closed.
    pub(super) fn retire(&mut self, park: &Park<DB>, which: impl Fn(&Open<DB>) -> bool) -> Vec<(Open<DB>, Seat<DB>)> {
        let retired: Vec<_> = self.parked.extract_if(.., |open| which(open)).collect();
        self.seats += retired.len();
        let with_seat = |open: Open<DB>| {
            let stamp = self.homes.stamp(open.home).expect("a home with a connection is known");
            let seat = Seat::new(park.clone(), open.home, None, stamp);
            (open, seat)
        };
        retired.into_iter().map(with_seat).collect()
    }

    /// Takes out what is parked for too long.
    pub(super) fn retire_expired(&mut self, park: &Park<DB>, now: Instant) -> Vec<(Open<DB>, Seat<DB>)> {
        let limits = self.limits.clone();
        self.retire(park, |open| open.expires(&limits).is_some_and(|at| at <= now))
    }

    /// Returns when the first parked connection is to be closed.
    pub(super) fn next_expiry(&self) -> Option<Instant> {
        self.parked.iter().filter_map(|open| open.expires(&self.limits)).min()
    }

    /// Joins the line for a place in the budget.
    pub(super) fn join(&mut self, home: HomeKey, party: Party, to: oneshot::Sender<Grant<DB>>) -> u64 {
        self.waiting.join(party, Waiter { home, to })
    }

    /// Leaves a line, if not served before.
    pub(super) fn withdraw(&mut self, line: Line, number: u64) -> Option<Left<DB>> {
        match line {
            Line::Seats(party) => {
                let waiter = self.waiting.leave(party, number)?;
                if party.reserved {
                    self.release(party.tenant);
                }
                Some(Left::Seat(waiter.to))
            }
            Line::Writers(home, tenant) => {
                let waiter = self.homes.withdraw(home, tenant, number)?;
                self.homes.leave(home);
                Some(Left::Turn(waiter))
            }
        }
    }

    /// Takes the turn to write, with the right to a connection, if it is free.
    pub(super) fn take_turn(
        &mut self,
        park: &Park<DB>,
        home: HomeKey,
        tenant: Option<TenantId>,
    ) -> Option<WriteTurn<DB>> {
        let taken = self.may_hold(tenant) && self.homes.try_write(home);
        taken.then(|| {
            self.hold(tenant);
            WriteTurn::new(park.clone(), home, tenant)
        })
    }

    /// Serves the next who waits and can be served.
    pub(super) fn hand_out(&mut self, park: &Park<DB>) -> Option<Handed<DB>> {
        if !self.waiting.is_empty() && (self.open() < self.limits.budget() || !self.parked.is_empty()) {
            let (held, cap) = (&self.held, self.limits.cap());
            let served = self.waiting.serve(|party| party.reserved || may_hold(held, cap, party.tenant));
            if let Some((party, Waiter { home, to })) = served {
                let grant = self.take(park, home, party).expect("there is room, and the party may have it");
                return Some(Handed::Seat(to, grant));
            }
        }
        let (held, cap) = (&self.held, self.limits.cap());
        let (home, tenant, to) = self.homes.serve_writer(|tenant| may_hold(held, cap, tenant))?;
        self.hold(tenant);
        Some(Handed::Turn(to, WriteTurn::new(park.clone(), home, tenant)))
    }

    /// Sends everybody away for good.
    pub(super) fn close(&mut self) -> Vec<Left<DB>> {
        self.closed = true;
        let mut left = Vec::new();
        for (party, waiter) in self.waiting.drain() {
            if party.reserved {
                self.release(party.tenant);
            }
            left.push(Left::Seat(waiter.to));
        }
        left.extend(self.homes.drain().into_iter().map(Left::Turn));
        left
    }

    fn may_take(&self, party: Party) -> bool {
        party.reserved || self.may_hold(party.tenant)
    }

    fn may_hold(&self, tenant: Option<TenantId>) -> bool {
        may_hold(&self.held, self.limits.cap(), tenant)
    }

    fn hold(&mut self, tenant: Option<TenantId>) {
        if let Some(tenant) = tenant {
            *self.held.entry(tenant).or_default() += 1;
        }
    }

    pub(super) fn release(&mut self, tenant: Option<TenantId>) {
        let Some(tenant) = tenant else { return };
        let held = self.held.get_mut(&tenant).expect("what is released was held");
        *held -= 1;
        if *held == 0 {
            self.held.remove(&tenant);
        }
    }

    fn open(&self) -> usize {
        self.parked.len() + self.seats
    }

    pub(super) fn stats(&self) -> ConnectionStats {
        ConnectionStats {
            open: self.open(),
            parked: self.parked.len(),
            in_use: self.seats,
            waiting: self.waiting.len() + self.homes.waiting(),
        }
    }

    /// Tells whether nothing is kept of anybody who has and wants nothing.
    #[cfg(test)]
    pub(super) fn is_tidy(&self) -> bool {
        let homes: std::collections::HashSet<_> = self.parked.iter().map(|open| open.home).collect();
        self.seats == 0 && self.held.is_empty() && self.waiting.is_empty() && self.homes.len() == homes.len()
    }
}

fn may_hold(held: &HashMap<TenantId, usize>, cap: usize, tenant: Option<TenantId>) -> bool {
    tenant.is_none_or(|tenant| held.get(&tenant).is_none_or(|held| *held < cap))
}
