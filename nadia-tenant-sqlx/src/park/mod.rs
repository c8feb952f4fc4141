//! Owns connections to many homes, of all tenants, under one budget: hands them out by the tenant
//! they last served, and parks only those whose state is known.
//!
//! Whoever wants a connection asks for a place in the budget (`seat.rs`) and waits in line for it (`ring.rs`, `waiting.rs`).
//! Places, turns and what was handed to somebody who waits give themselves back when they are dropped, so a future can be
//! given up anywhere. `state.rs` is what the one lock guards; it isn't held while anything is awaited or dropped.

mod connection;
mod home;
mod hooks;
mod lease;
mod limits;
mod reaper;
mod ring;
mod seat;
mod state;
#[cfg(all(test, feature = "sqlite"))]
mod tests;
mod turn;
mod waiting;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use nadia_tenant_core::TenantId;
use tokio::sync::oneshot;

use self::{
    connection::{Open, Revived},
    seat::Grant,
    state::{Party, State},
    turn::WriteTurn,
    waiting::{Line, Waiting},
};
pub(crate) use self::{
    home::{Binding, Home, HomeKey, ServerId},
    lease::{Lease, Progress},
};
pub use self::{
    hooks::{FreshConnection, OnConnect},
    limits::{ConnectionLimits, ConnectionStats},
};
use crate::{Error, backend::Backend};

/// Clones share the connections.
#[derive(Debug)]
pub(crate) struct Park<DB: Backend>(Arc<Shared<DB>>);

impl<DB: Backend> Clone for Park<DB> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Shared<DB: Backend> {
    limits: ConnectionLimits,
    hooks: Vec<Arc<dyn OnConnect>>,
    state: Mutex<State<DB>>,
}

/// What somebody gets who asks for a place in the budget.
enum Claim<DB: Backend> {
    Granted(Grant<DB>),
    Waiting(Waiting<DB, Grant<DB>>),
}

impl<DB: Backend> Park<DB> {
    pub(crate) fn new(limits: ConnectionLimits, hooks: Vec<Arc<dyn OnConnect>>) -> Self {
        let state = Mutex::new(State::new(limits.clone()));
        Self(Arc::new(Shared { limits, hooks, state }))
    }

    /// Waits for a connection of `home` that serves `tenant`, or, in the control database, nobody.
    pub(crate) async fn acquire(&self, home: &Home<DB>, tenant: Option<TenantId>) -> Result<Lease<DB>, Error> {
        let claim = match self.claim(home.key, tenant, None)? {
            // Nothing to wait for, so no timer either.
            Claim::Granted(grant) if grant.is_warm(tenant, &self.0.limits) => {
                return Ok(grant.into_lease(home, tenant));
            }
            claim => claim,
        };
        self.in_time(self.lease(claim, home, tenant)).await
    }

    /// Waits for a connection as [`acquire`](Self::acquire) does, and opens a transaction on it.
    pub(crate) async fn begin(&self, home: &Home<DB>, tenant: Option<TenantId>) -> Result<Lease<DB>, Error> {
        self.in_time(async {
            // First in line to write, then a connection: those who wait to write keep none from those who read.
            let mut turn = if DB::ONE_WRITER { Some(self.turn_to_write(home.key, tenant).await?) } else { None };
            let claim = self.claim(home.key, tenant, turn.as_mut())?;
            let mut lease = self.lease(claim, home, tenant).await?;
            lease.keep_turn(turn);
            lease.begin().await?;
            Ok(lease)
        })
        .await
    }

    /// Closes the parked connections of a home, and those on loan when they come back.
    ///
    /// Whoever opens a scope there meanwhile or later opens a new connection.
    pub(crate) async fn forget(&self, key: HomeKey) {
        let retired = self.change(|state| {
            state.homes.forget(key);
            state.retire(self, |open| open.home == key)
        });
        for (open, seat) in retired {
            open.close().await;
            drop(seat);
        }
    }

    /// Closes the parked connections, and those on loan when they come back. Later scopes are refused, and those that wait.
    pub(crate) async fn close(&self) {
        let (left, retired) = self.change(|state| (state.close(), state.retire(self, |_| true)));
        drop(left);
        for (open, seat) in retired {
            open.close().await;
            drop(seat);
        }
    }

    pub(crate) fn stats(&self) -> ConnectionStats {
        self.lock().stats()
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let timeout = self.0.limits.acquire_timeout;
        tokio::time::timeout(timeout, work).await.map_err(|_| Error::Timeout(timeout))?
    }

    /// Takes a place in the budget or joins the line for one. A turn to write hands its right to a connection over.
    fn claim(
        &self,
        home: HomeKey,
        tenant: Option<TenantId>,
        turn: Option<&mut WriteTurn<DB>>,
    ) -> Result<Claim<DB>, Error> {
        if tenant.is_none() && !matches!(home, HomeKey::Control | HomeKey::Readers(_)) {
            // The session would still belong to whomever it served last.
            return Err(Error::Config("a tenant's place was opened without a tenant; name one".to_owned()));
        }
        let mut state = self.lock();
        if state.closed {
            return Err(closed());
        }
        let party = Party { tenant, reserved: turn.is_some() };
        if let Some(turn) = turn {
            turn.reserves = false;
        }
        if let Some(grant) = state.take(self, home, party) {
            return Ok(Claim::Granted(grant));
        }
        let (to, receiver) = oneshot::channel();
        let number = state.join(home, party, to);
        Ok(Claim::Waiting(Waiting::new(self.clone(), Line::Seats(party), number, receiver)))
    }

    async fn turn_to_write(&self, home: HomeKey, tenant: Option<TenantId>) -> Result<WriteTurn<DB>, Error> {
        let waiting = {
            let mut state = self.lock();
            if state.closed {
                return Err(closed());
            }
            state.homes.enter(home);
            if let Some(turn) = state.take_turn(self, home, tenant) {
                return Ok(turn);
            }
            let (to, receiver) = oneshot::channel();
            let number = state.homes.join(home, tenant, to);
            Waiting::new(self.clone(), Line::Writers(home, tenant), number, receiver)
        };
        waiting.served().await
    }

    /// Makes a connection ready for the tenant. Dropped at any point, it closes a connection that it touched.
    async fn lease(&self, claim: Claim<DB>, home: &Home<DB>, tenant: Option<TenantId>) -> Result<Lease<DB>, Error> {
        let grant = match claim {
            Claim::Granted(grant) => grant,
            Claim::Waiting(waiting) => waiting.served().await?,
        };
        let (seat, open) = grant.split();
        let ready = match open {
            Some(open) if open.home == home.key => match open.revive(tenant, &self.0.limits, seat.stamp()).await {
                Revived::Ready(open) => Some(open),
                Revived::Old => None,
                Revived::Dead => {
                    seat.broke();
                    None
                }
            },
            Some(yielded) => {
                Box::pin(yielded.close()).await;
                None
            }
            None => None,
        };
        let open = match ready {
            Some(open) => open,
            // Boxed, as closing is above: opening is rare, and its large future would be moved at each hand-out.
            None => Box::pin(Open::new(home, tenant, &self.0.hooks, seat.stamp())).await?,
        };
        Ok(Lease::new(open, seat, home.opening(tenant)))
    }

    /// Changes the state, and then serves those who wait and now can be served.
    fn change<T>(&self, change: impl FnOnce(&mut State<DB>) -> T) -> T {
        let mut state = self.lock();
        let changed = change(&mut state);
        let mut handed = state.hand_out(self);
        drop(state);
        while let Some(next) = handed {
            next.deliver();
            handed = self.lock().hand_out(self);
        }
        changed
    }

    fn lock(&self) -> MutexGuard<'_, State<DB>> {
        // Each change of the state is whole before anything that could panic, so a poisoned lock can be used.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn downgrade(&self) -> Weak<Shared<DB>> {
        Arc::downgrade(&self.0)
    }
}

fn closed() -> Error {
    Error::Config("the installation was closed; open it again".to_owned())
}

impl<DB: Backend> fmt::Debug for Shared<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("limits", &self.limits).field("hooks", &self.hooks).finish_non_exhaustive()
    }
}
