use futures_core::{future::BoxFuture, stream::BoxStream};
use sqlx::{Execute, Executor, SqlStr};

use super::PlaceName;
use crate::{
    backend::{Backend, Step},
    scope::{OUTERMOST, Session},
};

/// A connection that reads the rows of all tenants in one place. Made by [`CrossTenant::conn`](crate::CrossTenant::conn)
/// only.
///
/// `&mut` of it is a sqlx [`Executor`], but no [`TenantScope`](crate::TenantScope): functions written for one tenant
/// don't take it. Statements go through [`Guard::cross_tenant`](crate::Guard::cross_tenant), and the database gives no
/// right to write.
#[derive(Debug)]
pub struct CrossConn<DB: Backend> {
    place: PlaceName,
    session: Session<DB>,
}

impl<DB: Backend> CrossConn<DB> {
    pub(super) fn new(place: PlaceName, session: Session<DB>) -> Self {
        Self { place, session }
    }

    /// Returns the place that it reads.
    #[must_use]
    pub const fn place(&self) -> &PlaceName {
        &self.place
    }
}

impl<'c, DB: Backend> Executor<'c> for &'c mut CrossConn<DB> {
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
