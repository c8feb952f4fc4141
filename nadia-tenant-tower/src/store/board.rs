use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use nadia_tenant_core::TenantId;

use super::{flight::Flight, key::Key};

/// What the cache keeps beside its entries, under one lock that hits never take.
#[derive(Default)]
pub(super) struct Board {
    flights: HashMap<Key, Airborne>,
    departures: u64,
    /// The keys under which each cached tenant is found. No larger than the cache of present tenants.
    keys: HashMap<TenantId, Vec<Key>>,
}

struct Airborne {
    number: u64,
    flight: Weak<Flight>,
}

impl Board {
    /// Returns the look-up of `key` in progress, unless all its waiters left.
    pub(super) fn flight(&self, key: &Key) -> Option<Arc<Flight>> {
        self.flights.get(key)?.flight.upgrade()
    }

    /// Returns the number for the next look-up.
    pub(super) fn depart(&mut self) -> u64 {
        self.departures += 1;
        self.departures
    }

    pub(super) fn announce(&mut self, key: Key, number: u64, flight: &Arc<Flight>) {
        self.flights.insert(key, Airborne { number, flight: Arc::downgrade(flight) });
    }

    /// Takes a look-up off the board; `false` if an invalidation, or a later look-up, took its place.
    pub(super) fn land(&mut self, key: &Key, number: u64) -> bool {
        let airborne = self.flights.get(key).is_some_and(|airborne| airborne.number == number);
        if airborne {
            self.flights.remove(key);
        }
        airborne
    }

    /// Forgets the look-ups in progress: who waits is still answered, but nobody joins and nothing is cached.
    ///
    /// All of them, since none tells before it lands which tenant it will find.
    pub(super) fn divert(&mut self) {
        self.flights.clear();
    }

    pub(super) fn index(&mut self, tenant: TenantId, key: &Key) {
        let keys = self.keys.entry(tenant).or_default();
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }

    pub(super) fn unindex(&mut self, tenant: TenantId, key: &Key) {
        if let Some(keys) = self.keys.get_mut(&tenant) {
            keys.retain(|other| other != key);
            if keys.is_empty() {
                self.keys.remove(&tenant);
            }
        }
    }

    pub(super) fn take_keys(&mut self, tenant: TenantId) -> Vec<Key> {
        self.keys.remove(&tenant).unwrap_or_default()
    }

    /// Returns the number of look-ups in progress and of tenants with keys.
    pub(super) fn sizes(&self) -> (usize, usize) {
        (self.flights.len(), self.keys.len())
    }

    pub(super) fn clear(&mut self) {
        self.flights.clear();
        self.keys.clear();
    }
}
