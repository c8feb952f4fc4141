//! Connections and transactions bound to one tenant: the only things Nadia hands out that run SQL.

mod nested;
mod pooled;
mod savepoint;
mod session;

use std::{fmt::Debug, marker::PhantomData};

use futures_core::{future::BoxFuture, stream::BoxStream};
use nadia_tenant_core::TenantId;
use sqlx::{Execute, Executor, SqlStr};

pub use self::nested::NestedTx;
pub(crate) use self::{
    savepoint::Level,
    session::{Access, Check, Session},
};
use crate::{
    Error,
    backend::{Backend, Step},
};

/// The level of a scope of its own.
pub(crate) const OUTERMOST: Level = 0;

/// A connection or transaction bound to one tenant; see [`TenantConn`] and [`TenantTx`].
///
/// `&mut` of it is a sqlx [`Executor`]: `query`, `query_as`, `query_scalar`, streams and `query!` work
/// unchanged, and every statement first goes through the [`Guard`](crate::Guard). A refused statement is an
/// [`sqlx::Error::Configuration`] that holds the [`Refusal`](crate::Refusal).
///
/// On drop its connection is parked for the next scope if its last operation completed and no transaction
/// is open; otherwise the connection is closed.
#[derive(Debug)]
pub struct Scope<DB: Backend, Mode> {
    tenant: TenantId,
    session: Session<DB>,
    mode: PhantomData<fn() -> Mode>,
}

/// The mode of a [`Scope`] whose statements each commit on their own.
#[derive(Debug)]
pub enum Autocommit {}

/// The mode of a [`Scope`] whose statements commit together.
#[derive(Debug)]
pub enum Transaction {}

/// A connection bound to one tenant. Made by [`TenantDb::conn`](crate::TenantDb::conn).
pub type TenantConn<DB> = Scope<DB, Autocommit>;

/// A transaction bound to one tenant. Made by [`TenantDb::begin`](crate::TenantDb::begin).
///
/// Dropped without [`commit`](Self::commit) it rolls back, at the price of its connection;
/// [`rollback`](Self::rollback) keeps the connection.
pub type TenantTx<DB> = Scope<DB, Transaction>;

/// An executor that sees a single tenant: `&mut TenantConn`, `&mut TenantTx` or `&mut NestedTx`. Sealed.
///
/// Take it where you would take sqlx's `PgExecutor`, so that a pool doesn't compile:
///
/// ```
/// # #[cfg(feature = "postgres")] {
/// use nadia_tenant_sqlx::{Error, TenantScope};
/// use sqlx::Postgres;
///
/// async fn patients<'c>(scope: impl TenantScope<'c, Postgres>) -> Result<i64, Error> {
///     Ok(sqlx::query_scalar("SELECT count(*) FROM patients").fetch_one(scope).await?)
/// }
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not bound to one tenant",
    label = "a tenant's scope is wanted here",
    note = "open a scope with `db.conn(&ctx).await?` or `db.begin(&ctx).await?` and pass `&mut scope`",
    note = "pools and bare connections see every tenant's rows, so Nadia hands out none"
)]
pub trait TenantScope<'c, DB: Backend>: Executor<'c, Database = DB> + sealed::Sealed {
    /// Returns the tenant that the scope is bound to.
    fn tenant(&self) -> TenantId;
}

mod sealed {
    pub trait Sealed {}
    impl<DB: super::Backend, Mode> Sealed for &mut super::Scope<DB, Mode> {}
}

impl<'c, DB: Backend, Mode> TenantScope<'c, DB> for &'c mut Scope<DB, Mode>
where
    Mode: Debug,
{
    fn tenant(&self) -> TenantId {
        Scope::tenant(self)
    }
}

impl<DB: Backend, Mode> Scope<DB, Mode> {
    pub(crate) fn new(tenant: TenantId, session: Session<DB>) -> Self {
        Self { tenant, session, mode: PhantomData }
    }

    /// Returns the tenant that the scope is bound to.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }
}

impl<DB: Backend> TenantTx<DB> {
    /// Opens a transaction inside of this one, by a savepoint.
    ///
    /// # Errors
    /// [`Error::RolledBack`] when a statement of this one had failed, [`Error::Sqlx`] by the database.
    pub async fn begin(&mut self) -> Result<NestedTx<'_, DB>, Error> {
        NestedTx::open(self.tenant, &mut self.session, OUTERMOST).await
    }

    /// Commits.
    ///
    /// # Errors
    /// [`Error::RolledBack`] when a statement of the transaction had failed, or was given up before its end, so that nobody
    /// knows whether it did: PostgreSQL would answer the
    /// commit with a silent rollback, so it is rolled back on every database and said. Otherwise what the
    /// database reports; whether the commit took place is unknown when the connection broke.
    pub async fn commit(self) -> Result<(), Error> {
        self.session.commit().await
    }

    /// Rolls back and keeps the connection.
    ///
    /// # Errors
    /// What the database reports; the transaction is rolled back all the same, with its connection closed.
    pub async fn rollback(self) -> Result<(), Error> {
        self.session.rollback().await
    }
}

impl<'c, DB: Backend, Mode: Debug> Executor<'c> for &'c mut Scope<DB, Mode> {
    type Database = DB;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, sqlx::Result<Step<DB>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        self.session.fetch_many(OUTERMOST, query)
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<DB::Row>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, DB>,
    {
        self.session.fetch_optional(OUTERMOST, query)
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [DB::TypeInfo]) -> BoxFuture<'e, sqlx::Result<DB::Statement>>
    where
        'c: 'e,
    {
        self.session.prepare_with(OUTERMOST, sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, sqlx::Result<sqlx_core::describe::Describe<DB>>>
    where
        'c: 'e,
    {
        self.session.describe(OUTERMOST, sql)
    }
}
