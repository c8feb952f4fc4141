use sqlx::{SqlSafeStr, SqlStr};
use sqlx_core::transaction::TransactionManager;
use tokio::time::Instant;

use super::{connection::Open, seat::Seat, turn::WriteTurn};
use crate::{Error, backend::Backend};

/// How the last operation on a connection went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It was answered: the connection's state is known.
    Completed,
    /// It was started. A future dropped before its end leaves this.
    Pending,
    /// It failed in a way that the connection doesn't survive, and others may not have, either.
    Broken,
}

impl Progress {
    /// Settles how an operation ended. An answer, or an error that the database itself reported and survives, leaves the
    /// connection's state known; anything else (a broken wire, a broken protocol, a fatal error) does not.
    pub(crate) fn settle<DB: Backend, T>(&mut self, outcome: &sqlx::Result<T>) {
        *self = match outcome {
            Ok(_) | Err(sqlx::Error::RowNotFound) => Self::Completed,
            Err(sqlx::Error::Database(error)) if DB::survives(&**error) => Self::Completed,
            Err(_) => Self::Broken,
        };
    }
}

/// A connection on loan. Dropped while an operation is unfinished or a transaction open, it closes the
/// connection; otherwise it parks it.
pub(crate) struct Lease<DB: Backend> {
    // Both are there until the lease is dropped.
    open: Option<Open<DB>>,
    seat: Option<Seat<DB>>,
    progress: Progress,
    // What opens each transaction, where the session doesn't keep whose it is.
    opening: Option<SqlStr>,
    // The turn to write is given back after the connection.
    turn: Option<WriteTurn<DB>>,
}

impl<DB: Backend> Lease<DB> {
    pub(super) fn new(open: Open<DB>, seat: Seat<DB>, opening: Option<SqlStr>) -> Self {
        Self { open: Some(open), seat: Some(seat), progress: Progress::Completed, opening, turn: None }
    }

    pub(super) fn keep_turn(&mut self, turn: Option<WriteTurn<DB>>) {
        self.turn = turn;
    }

    /// Gives the connection for one operation, and the place to settle how that went.
    pub(crate) fn operate(&mut self) -> (&mut DB::Connection, &mut Progress) {
        let open = self.open.as_mut().expect("the connection is taken only when the lease is dropped");
        self.progress = Progress::Pending;
        (&mut open.connection, &mut self.progress)
    }

    /// Tells how the last operation went.
    pub(crate) const fn progress(&self) -> Progress {
        self.progress
    }

    /// Settles how the last operation ended; tells whether the connection goes on.
    pub(crate) fn settle<T>(&mut self, outcome: &sqlx::Result<T>) -> bool {
        self.progress.settle::<DB, T>(outcome);
        self.progress == Progress::Completed
    }

    /// Tells whether only a transaction is bound to the tenant, and not the session.
    pub(crate) const fn is_bound_by_transaction(&self) -> bool {
        self.opening.is_some()
    }

    pub(crate) fn in_transaction(&self) -> bool {
        let open = self.open.as_ref();
        open.is_some_and(|open| DB::TransactionManager::get_transaction_depth(&open.connection) != 0)
    }

    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        let begin = self.opening.clone().unwrap_or_else(|| DB::BEGIN.into_sql_str());
        let (connection, progress) = self.operate();
        let outcome = DB::TransactionManager::begin(connection, Some(begin)).await;
        // A message that fails after its BEGIN leaves a transaction of which sqlx knows nothing: then it stays pending.
        progress.settle::<DB, _>(&outcome);
        if outcome.is_err() && *progress == Progress::Completed {
            *progress = Progress::Pending;
        }
        Ok(outcome?)
    }

    /// Opens a transaction on a connection handed out without one. Behind a pooler this may wait for the server.
    pub(crate) async fn begin_in_time(&mut self) -> Result<(), Error> {
        let seat = self.seat.as_ref().expect("the place is taken only when the lease is dropped");
        let park = seat.park().clone();
        park.in_time(self.begin()).await
    }

    pub(crate) async fn commit(&mut self) -> sqlx::Result<()> {
        let (connection, progress) = self.operate();
        let outcome = DB::TransactionManager::commit(connection).await;
        progress.settle::<DB, _>(&outcome);
        outcome
    }

    pub(crate) async fn rollback(&mut self) -> sqlx::Result<()> {
        let (connection, progress) = self.operate();
        let outcome = DB::TransactionManager::rollback(connection).await;
        progress.settle::<DB, _>(&outcome);
        outcome
    }

    /// Runs a statement that manages the transaction, as it is.
    pub(crate) async fn manage(&mut self, sql: SqlStr) -> sqlx::Result<()> {
        let (connection, progress) = self.operate();
        let outcome = DB::run(connection, sql).await;
        progress.settle::<DB, _>(&outcome);
        outcome
    }
}

impl<DB: Backend> Drop for Lease<DB> {
    fn drop(&mut self) {
        let in_transaction = self.in_transaction();
        let (Some(mut open), Some(seat)) = (self.open.take(), self.seat.take()) else { return };
        if self.progress == Progress::Broken {
            seat.broke();
        }
        if self.progress == Progress::Completed && !in_transaction {
            open.parked = Instant::now();
            seat.end(open);
        } else {
            // Dropping the connection closes it; its server side ends the transaction. Then the place is free.
            drop(open);
            drop(seat);
        }
    }
}

impl<DB: Backend> std::fmt::Debug for Lease<DB> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").field("progress", &self.progress).finish_non_exhaustive()
    }
}
