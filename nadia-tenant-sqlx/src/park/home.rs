use std::{collections::HashMap, fmt, sync::Arc};

use nadia_tenant_core::TenantId;
use sqlx::SqlStr;
use tokio::sync::oneshot;

use super::{ring::Ring, turn::WriteTurn};
use crate::{
    backend::{Backend, Options, TxAccess},
    schema,
};

/// One of the servers that hold tenants' rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ServerId(pub(crate) u16);

/// What a connection is connected to. Connections of one home are interchangeable once they belong to the same tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum HomeKey {
    Control,
    /// A shared place, for those who read over all tenants and so belong to none.
    Readers(ServerId),
    Shared(ServerId),
    /// A database in which each tenant has a schema of its own.
    Schemas(ServerId),
    Database(ServerId, TenantId),
}

/// What makes a connection serve one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// A setting of its session, which stays until the next tenant's.
    Session,
    /// Settings of each transaction, because a pooler hands the server's session to others in between.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "SQLite has no server and so no pooler"))]
    Transaction(TxAccess),
}

/// A home and how to connect to it; a tenant's own database is beside the one that the options lead to.
pub(crate) struct Home<DB: Backend> {
    pub(crate) key: HomeKey,
    pub(crate) options: Arc<Options<DB>>,
    pub(crate) binding: Binding,
}

impl<DB: Backend> Clone for Home<DB> {
    fn clone(&self) -> Self {
        Self { key: self.key, options: Arc::clone(&self.options), binding: self.binding }
    }
}

impl<DB: Backend> Home<DB> {
    /// Returns what opens each transaction for the tenant, where the session doesn't keep whose it is.
    pub(super) fn opening(&self, tenant: Option<TenantId>) -> Option<SqlStr> {
        let Binding::Transaction(access) = self.binding else { return None };
        let path = match (self.key, tenant) {
            (HomeKey::Schemas(_), Some(tenant)) => &*schema::search_path(tenant),
            // Nobody comes here without a tenant; the path leads to none's tables.
            (HomeKey::Schemas(_), None) => schema::NOBODYS_PATH,
            (HomeKey::Control, _) => schema::CONTROL_PATH,
            (HomeKey::Readers(_) | HomeKey::Shared(_) | HomeKey::Database(..), _) => schema::PLACE_PATH,
        };
        Some(DB::begin_bound(access, tenant, path))
    }
}

impl<DB: Backend> fmt::Debug for Home<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The options hold a password.
        f.debug_struct("Home").field("key", &self.key).field("binding", &self.binding).finish_non_exhaustive()
    }
}

/// What was known of a home when a connection of it was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Changes when the home is forgotten.
    pub(super) generation: u64,
    /// Grows when a connection breaks: those parked before are asked whether they still live.
    pub(super) breaks: u64,
}

/// The homes that are in use: those with a connection, or with somebody who writes or waits to write.
pub(super) struct Homes<DB: Backend> {
    known: HashMap<HomeKey, Known<DB>>,
    // Homes that nobody writes in though somebody waits to: all who wait hold as many connections as they may.
    held_up: Vec<HomeKey>,
    generations: u64,
}

struct Known<DB: Backend> {
    users: usize,
    stamp: Stamp,
    writing: bool,
    writers: Ring<Option<TenantId>, oneshot::Sender<WriteTurn<DB>>>,
}

impl<DB: Backend> Default for Homes<DB> {
    fn default() -> Self {
        Self { known: HashMap::new(), held_up: Vec::new(), generations: 0 }
    }
}

impl<DB: Backend> Homes<DB> {
    /// Counts one more user of the home: a connection, a writer, or somebody who waits to write.
    pub(super) fn enter(&mut self, key: HomeKey) -> Stamp {
        let stamp = Stamp { generation: self.generations, breaks: 0 };
        let known = self.known.entry(key).or_insert_with(|| Known {
            users: 0,
            stamp,
            writing: false,
            writers: Ring::default(),
        });
        known.users += 1;
        known.stamp
    }

    /// Counts one user less; a home without users is dropped.
    pub(super) fn leave(&mut self, key: HomeKey) {
        let Some(known) = self.known.get_mut(&key) else { return };
        known.users -= 1;
        if known.users == 0 {
            self.known.remove(&key);
        }
    }

    pub(super) fn stamp(&self, key: HomeKey) -> Option<Stamp> {
        self.known.get(&key).map(|known| known.stamp)
    }

    pub(super) fn broke(&mut self, key: HomeKey) {
        if let Some(known) = self.known.get_mut(&key) {
            known.stamp.breaks += 1;
        }
    }

    /// Makes every stamp given out before an old one.
    pub(super) fn forget(&mut self, key: HomeKey) {
        // The next use of a home that isn't known gets the new generation, too.
        self.generations += 1;
        if let Some(known) = self.known.get_mut(&key) {
            known.stamp.generation = self.generations;
        }
    }

    /// Takes the turn to write in a home in use, if nobody has it.
    pub(super) fn try_write(&mut self, key: HomeKey) -> bool {
        let Some(known) = self.known.get_mut(&key).filter(|known| !known.writing) else { return false };
        known.writing = true;
        self.held_up.retain(|held_up| *held_up != key);
        true
    }

    pub(super) fn end_write(&mut self, key: HomeKey) {
        if let Some(known) = self.known.get_mut(&key) {
            known.writing = false;
            if !known.writers.is_empty() {
                self.held_up.push(key);
            }
        }
    }

    /// Waits to write in a home in use.
    pub(super) fn join(
        &mut self,
        key: HomeKey,
        tenant: Option<TenantId>,
        waiter: oneshot::Sender<WriteTurn<DB>>,
    ) -> u64 {
        let known = self.known.get_mut(&key).expect("who waits to write uses the home");
        if !known.writing && known.writers.is_empty() {
            self.held_up.push(key);
        }
        known.writers.join(tenant, waiter)
    }

    pub(super) fn withdraw(
        &mut self,
        key: HomeKey,
        tenant: Option<TenantId>,
        number: u64,
    ) -> Option<oneshot::Sender<WriteTurn<DB>>> {
        let known = self.known.get_mut(&key)?;
        let waiter = known.writers.leave(tenant, number);
        if known.writers.is_empty() {
            self.held_up.retain(|held_up| *held_up != key);
        }
        waiter
    }

    /// Gives the turn to write, where nobody has it, to the next who may have it.
    pub(super) fn serve_writer(
        &mut self,
        may: impl Fn(Option<TenantId>) -> bool,
    ) -> Option<(HomeKey, Option<TenantId>, oneshot::Sender<WriteTurn<DB>>)> {
        for at in 0..self.held_up.len() {
            let key = self.held_up[at];
            let known = self.known.get_mut(&key)?;
            if let Some((tenant, waiter)) = known.writers.serve(&may) {
                known.writing = true;
                self.held_up.remove(at);
                return Some((key, tenant, waiter));
            }
        }
        None
    }

    /// Sends away all who wait to write.
    pub(super) fn drain(&mut self) -> Vec<oneshot::Sender<WriteTurn<DB>>> {
        self.held_up.clear();
        let mut all = Vec::new();
        for known in self.known.values_mut() {
            let drained = known.writers.drain();
            // Each waiter counted as a user; who writes or has a connection still does.
            known.users -= drained.len();
            all.extend(drained.into_iter().map(|(_, waiter)| waiter));
        }
        self.known.retain(|_, known| known.users > 0);
        all
    }

    pub(super) fn waiting(&self) -> usize {
        self.known.values().map(|known| known.writers.len()).sum()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}
