use std::sync::Arc;

use nadia_tenant_core::{Tenant, TenantContext, TenantId};

use super::{AnySession, NestedTx, Query, SharedRouter};
use crate::{ConnectionStats, Error, TenantDb, backend::Backend, router::Who, scope::OUTERMOST};

/// Opens scopes for tenants on either database; the counterpart of [`TenantDb`]. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Tenants(SharedRouter);

/// A connection bound to one tenant, on either database; the counterpart of [`TenantConn`](crate::TenantConn).
#[derive(Debug)]
pub struct Conn {
    tenant: TenantId,
    session: Box<dyn AnySession>,
}

/// A transaction bound to one tenant, on either database; the counterpart of [`TenantTx`](crate::TenantTx).
#[derive(Debug)]
pub struct Tx {
    tenant: TenantId,
    session: Box<dyn AnySession>,
}

impl Tenants {
    /// Opens a connection scope for the tenant of `ctx`.
    ///
    /// # Errors
    /// As [`TenantDb::conn`].
    pub async fn conn(&self, ctx: &TenantContext) -> Result<Conn, Error> {
        let session = self.0.conn(Who::Tenant(ctx.tenant())).await?;
        Ok(Conn { tenant: ctx.tenant().id(), session })
    }

    /// Opens a transaction scope for the tenant of `ctx`.
    ///
    /// # Errors
    /// As [`TenantDb::begin`].
    pub async fn begin(&self, ctx: &TenantContext) -> Result<Tx, Error> {
        let session = self.0.begin(Who::Tenant(ctx.tenant())).await?;
        Ok(Tx { tenant: ctx.tenant().id(), session })
    }

    /// Closes the connections to a tenant's own database, which is about to go.
    pub(crate) async fn forget(&self, tenant: &Tenant) -> Result<(), Error> {
        self.0.forget(tenant).await
    }

    pub(crate) fn connections(&self) -> ConnectionStats {
        self.0.stats()
    }

    /// Closes the installation's parked connections, and those in scopes when they end. Later scopes are refused.
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// Returns the same connections with the guard taken away, so that a test sees the walls behind it.
    #[cfg(feature = "test-kit")]
    #[must_use]
    pub fn dangerous_without_guard(&self) -> Self {
        Self(self.0.without_guard())
    }
}

impl<DB: Backend> From<TenantDb<DB>> for Tenants {
    fn from(db: TenantDb<DB>) -> Self {
        Self(Arc::new(db.into_router()))
    }
}

impl Conn {
    /// Starts a statement that sees the tenant's rows only.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query::new(&mut *self.session, OUTERMOST, sql)
    }

    /// Starts a statement whose text a test made up.
    #[cfg(feature = "test-kit")]
    pub(crate) fn generated(&mut self, sql: &str) -> Query<'_> {
        Query::new(&mut *self.session, OUTERMOST, sqlx::AssertSqlSafe(sql))
    }

    /// Returns the tenant that the connection is bound to.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }
}

impl Tx {
    /// Starts a statement that sees the tenant's rows only.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query::new(&mut *self.session, OUTERMOST, sql)
    }

    /// Starts a statement whose text a test made up.
    #[cfg(feature = "test-kit")]
    pub(crate) fn generated(&mut self, sql: &str) -> Query<'_> {
        Query::new(&mut *self.session, OUTERMOST, sqlx::AssertSqlSafe(sql))
    }

    /// Returns the tenant that the transaction is bound to.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Opens a transaction inside of this one, by a savepoint.
    ///
    /// # Errors
    /// As [`TenantTx::begin`](crate::TenantTx::begin).
    pub async fn begin(&mut self) -> Result<NestedTx<'_>, Error> {
        NestedTx::open(self.tenant, &mut *self.session, OUTERMOST).await
    }

    /// Commits.
    ///
    /// # Errors
    /// As [`TenantTx::commit`](crate::TenantTx::commit).
    pub async fn commit(self) -> Result<(), Error> {
        self.session.commit().await
    }

    /// Rolls back and keeps the connection.
    ///
    /// # Errors
    /// As [`TenantTx::rollback`](crate::TenantTx::rollback).
    pub async fn rollback(self) -> Result<(), Error> {
        self.session.rollback().await
    }
}
