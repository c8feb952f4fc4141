//! Owns the connections of a place: hands them out by the tenant they last served, and parks only those
//! whose state is known.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use nadia_tenant_core::TenantId;
use sqlx::{ConnectOptions, Connection};
use sqlx_core::transaction::TransactionManager;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    Error,
    backend::{Backend, Options},
};

/// How many connections a place opens and how long they live.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// The most connections open at once; at least one.
    pub max_connections: usize,
    /// How long a scope waits for a connection.
    pub acquire_timeout: Duration,
    /// A connection parked for longer is asked whether it still lives before it is handed out.
    pub ping_after: Duration,
    /// A connection older than this is closed instead of handed out.
    pub max_lifetime: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            max_connections: 10,
            acquire_timeout: Duration::from_secs(10),
            ping_after: Duration::from_secs(30),
            max_lifetime: Duration::from_secs(30 * 60),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Park<DB: Backend>(Arc<Shared<DB>>);

impl<DB: Backend> Clone for Park<DB> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Shared<DB: Backend> {
    options: Options<DB>,
    binding: Binding,
    limits: ConnectionLimits,
    permits: Arc<Semaphore>,
    writer: Arc<Semaphore>,
    // The last parked at the end, so that a busy tenant finds its warm connection first.
    parked: Mutex<Vec<Open<DB>>>,
    // Grows when a connection breaks: those parked before are asked whether they still live.
    breaks: AtomicU64,
}

/// What makes a connection serve one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// A setting of its session, which stays until the next tenant's.
    Session,
    /// Settings of each transaction, because a pooler hands the server's session to others in between.
    #[cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "SQLite has no server and so no pooler"))]
    Transaction { search_path: &'static str },
}

/// What the session's tenant setting is known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Unknown,
    Tenant(TenantId),
}

struct Open<DB: Backend> {
    connection: DB::Connection,
    label: Label,
    opened: Instant,
    parked: Instant,
    breaks: u64,
}

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
    open: Option<Open<DB>>,
    progress: Progress,
    tenant: Option<TenantId>,
    park: Park<DB>,
    writer: Option<OwnedSemaphorePermit>,
    // The turn to write, above, and the place in the budget are given back after the connection.
    _permit: OwnedSemaphorePermit,
}

impl<DB: Backend> Park<DB> {
    pub(crate) fn new(options: Options<DB>, binding: Binding, limits: ConnectionLimits) -> Self {
        let permits = Arc::new(Semaphore::new(limits.max_connections.max(1)));
        let writer = Arc::new(Semaphore::new(1));
        let (parked, breaks) = (Mutex::default(), AtomicU64::new(0));
        Self(Arc::new(Shared { options, binding, limits, permits, writer, parked, breaks }))
    }

    /// Waits for a connection whose session belongs to `tenant`, or, with `None`, to nobody in particular.
    pub(crate) async fn acquire(&self, tenant: Option<TenantId>) -> Result<Lease<DB>, Error> {
        self.in_time(self.lease(tenant)).await
    }

    /// Waits for a connection as [`acquire`](Self::acquire) does, and opens a transaction on it.
    pub(crate) async fn begin(&self, tenant: Option<TenantId>) -> Result<Lease<DB>, Error> {
        self.in_time(async {
            // First in line to write, then a connection: those who wait to write keep none from those who read.
            let writer = if DB::ONE_WRITER { Some(turn(&self.0.writer).await?) } else { None };
            let mut lease = self.lease(tenant).await?;
            lease.writer = writer;
            lease.begin().await?;
            Ok(lease)
        })
        .await
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let timeout = self.0.limits.acquire_timeout;
        tokio::time::timeout(timeout, work).await.map_err(|_| Error::Timeout(timeout))?
    }

    async fn lease(&self, tenant: Option<TenantId>) -> Result<Lease<DB>, Error> {
        let permit = turn(&self.0.permits).await?;
        let session = tenant.filter(|_| self.0.binding == Binding::Session);
        let open = loop {
            let Some(parked) = self.take(session) else {
                let mut fresh = self.open().await?;
                fresh.belong(session).await?;
                break fresh;
            };
            // A parked connection that turns out dead is replaced; nothing of the caller's ran on it yet.
            if let Some(ready) = self.revive(parked, session).await {
                break ready;
            }
        };
        let (open, progress, park) = (Some(open), Progress::Completed, self.clone());
        Ok(Lease { open, progress, tenant, park, writer: None, _permit: permit })
    }

    fn take(&self, tenant: Option<TenantId>) -> Option<Open<DB>> {
        let mut parked = self.parked();
        let wanted = tenant.map_or(Label::Unknown, Label::Tenant);
        match parked.iter().rposition(|open| open.label == wanted) {
            Some(at) => Some(parked.remove(at)),
            // The one that waited longest is the least likely to be wanted again by its tenant.
            None if parked.is_empty() => None,
            None => Some(parked.remove(0)),
        }
    }

    async fn revive(&self, mut open: Open<DB>, tenant: Option<TenantId>) -> Option<Open<DB>> {
        if open.opened.elapsed() > self.0.limits.max_lifetime {
            return None;
        }
        let breaks = self.0.breaks.load(Ordering::Relaxed);
        let doubtful = open.breaks != breaks || open.parked.elapsed() > self.0.limits.ping_after;
        if doubtful && open.connection.ping().await.is_err() {
            return None;
        }
        open.breaks = breaks;
        open.belong(tenant).await.is_ok().then_some(open)
    }

    async fn open(&self) -> Result<Open<DB>, Error> {
        let breaks = self.0.breaks.load(Ordering::Relaxed);
        let connection = self.0.options.connect().await?;
        let now = Instant::now();
        Ok(Open { connection, label: Label::Unknown, opened: now, parked: now, breaks })
    }

    fn parked(&self) -> std::sync::MutexGuard<'_, Vec<Open<DB>>> {
        // The list is whole between any two of its operations, so a poisoned lock can be used.
        self.0.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the parked connections, and those on loan when they come back.
    pub(crate) async fn close(&self) {
        self.0.permits.close();
        let parked = std::mem::take(&mut *self.parked());
        for open in parked {
            // It is going away; a failed farewell changes nothing.
            let _ = open.connection.close().await;
        }
    }
}

impl<DB: Backend> Open<DB> {
    /// Makes the session belong to `tenant`. The label is unknown from before the message until it succeeded.
    async fn belong(&mut self, tenant: Option<TenantId>) -> sqlx::Result<()> {
        let Some(tenant) = tenant else { return Ok(()) };
        if self.label == Label::Tenant(tenant) {
            return Ok(());
        }
        self.label = Label::Unknown;
        DB::set_tenant(&mut self.connection, tenant).await?;
        self.label = Label::Tenant(tenant);
        Ok(())
    }
}

impl<DB: Backend> Lease<DB> {
    /// Gives the connection for one operation, and the place to settle how that went.
    pub(crate) fn operate(&mut self) -> (&mut DB::Connection, &mut Progress) {
        let open = self.open.as_mut().expect("the connection is taken only when the lease is dropped");
        self.progress = Progress::Pending;
        (&mut open.connection, &mut self.progress)
    }

    /// Settles how the last operation ended; tells whether the connection goes on.
    pub(crate) fn settle<T>(&mut self, outcome: &sqlx::Result<T>) -> bool {
        self.progress.settle::<DB, T>(outcome);
        self.progress == Progress::Completed
    }

    pub(crate) fn in_transaction(&self) -> bool {
        let open = self.open.as_ref();
        open.is_some_and(|open| DB::TransactionManager::get_transaction_depth(&open.connection) != 0)
    }

    /// Tells whether only a transaction is bound to the tenant, and not the session.
    pub(crate) fn is_bound_by_transaction(&self) -> bool {
        self.park.0.binding != Binding::Session
    }

    async fn begin(&mut self) -> Result<(), Error> {
        let begin = match self.park.0.binding {
            Binding::Session => sqlx::SqlSafeStr::into_sql_str(DB::BEGIN),
            Binding::Transaction { search_path } => DB::begin_bound(self.tenant, search_path),
        };
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
        let park = self.park.clone();
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
}

impl<DB: Backend> Drop for Lease<DB> {
    fn drop(&mut self) {
        let in_transaction = self.in_transaction();
        let Some(mut open) = self.open.take() else { return };
        if self.progress == Progress::Broken {
            self.park.0.breaks.fetch_add(1, Ordering::Relaxed);
        }
        // Dropping the connection closes it; its server side ends the transaction.
        if self.progress == Progress::Completed && !in_transaction && !self.park.0.permits.is_closed() {
            open.parked = Instant::now();
            self.park.parked().push(open);
        }
    }
}

async fn turn(semaphore: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Error> {
    Arc::clone(semaphore).acquire_owned().await.map_err(|_| closed())
}

fn closed() -> Error {
    Error::Config("the installation was closed; open it again".to_owned())
}

impl<DB: Backend> std::fmt::Debug for Shared<DB> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The options hold a password.
        f.debug_struct("Shared").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl<DB: Backend> std::fmt::Debug for Lease<DB> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").field("progress", &self.progress).finish_non_exhaustive()
    }
}
