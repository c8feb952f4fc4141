use nadia_tenant_core::TenantId;
use tokio::sync::oneshot;

use super::{Park, closed, home::HomeKey, seat::Grant, state::Party, turn::WriteTurn};
use crate::{Error, backend::Backend};

/// Somebody in a line. Dropped, it leaves the line, and gives back what it was handed meanwhile.
pub(super) struct Waiting<DB: Backend, T> {
    ticket: Ticket<DB>,
    receiver: oneshot::Receiver<T>,
}

struct Ticket<DB: Backend> {
    park: Park<DB>,
    line: Line,
    number: u64,
}

/// Where somebody waits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Line {
    Seats(Party),
    Writers(HomeKey, Option<TenantId>),
}

/// What was handed to somebody who waits, and the way there. Whoever doesn't wait any more gives it back.
pub(super) enum Handed<DB: Backend> {
    Seat(oneshot::Sender<Grant<DB>>, Grant<DB>),
    Turn(oneshot::Sender<WriteTurn<DB>>, WriteTurn<DB>),
}

/// The way to somebody who left a line. Not to be dropped with the state locked.
#[allow(dead_code, reason = "held to be dropped")]
pub(super) enum Left<DB: Backend> {
    Seat(oneshot::Sender<Grant<DB>>),
    Turn(oneshot::Sender<WriteTurn<DB>>),
}

impl<DB: Backend, T> Waiting<DB, T> {
    pub(super) fn new(park: Park<DB>, line: Line, number: u64, receiver: oneshot::Receiver<T>) -> Self {
        Self { ticket: Ticket { park, line, number }, receiver }
    }

    pub(super) async fn served(mut self) -> Result<T, Error> {
        let served = (&mut self.receiver).await.map_err(|_| closed());
        // The line is left before what it was for is used.
        drop(self.ticket);
        served
    }
}

impl<DB: Backend> Drop for Ticket<DB> {
    fn drop(&mut self) {
        let left = self.park.change(|state| state.withdraw(self.line, self.number));
        drop(left);
    }
}

impl<DB: Backend> Handed<DB> {
    /// Delivers it. Must not be called, or dropped, with the state locked.
    pub(super) fn deliver(self) {
        // What can't be delivered comes back, and gives itself back when dropped.
        match self {
            Self::Seat(to, grant) => drop(to.send(grant)),
            Self::Turn(to, turn) => drop(to.send(turn)),
        }
    }
}
