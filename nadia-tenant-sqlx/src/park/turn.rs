use nadia_tenant_core::TenantId;

use super::{Park, home::HomeKey};
use crate::backend::Backend;

/// The turn to write in a home that has one writer at a time. Dropped, it goes to the next who waits for it.
///
/// It comes with the right to one more connection under the tenant's cap, until a place in the budget takes that over: who has
/// the turn never waits for a scope of its own tenant while others wait for the turn.
pub(super) struct WriteTurn<DB: Backend> {
    park: Park<DB>,
    home: HomeKey,
    tenant: Option<TenantId>,
    /// Whether the right to a connection is still with the turn. Changes with the state locked only.
    pub(super) reserves: bool,
}

impl<DB: Backend> WriteTurn<DB> {
    /// Makes the turn; the state counts it.
    pub(super) fn new(park: Park<DB>, home: HomeKey, tenant: Option<TenantId>) -> Self {
        Self { park, home, tenant, reserves: true }
    }
}

impl<DB: Backend> Drop for WriteTurn<DB> {
    fn drop(&mut self) {
        self.park.change(|state| {
            if self.reserves {
                state.release(self.tenant);
            }
            state.homes.end_write(self.home);
            state.homes.leave(self.home);
        });
    }
}
