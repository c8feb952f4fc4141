use nadia_tenant_core::TenantId;

use super::{AnySession, Query};
use crate::{Error, scope::Level};

/// A transaction inside of another one, on either database; the counterpart of [`NestedTx`](crate::NestedTx), whose rules for
/// errors and for being dropped hold here.
#[derive(Debug)]
pub struct NestedTx<'t> {
    tenant: TenantId,
    session: &'t mut dyn AnySession,
    level: Level,
}

impl<'t> NestedTx<'t> {
    pub(super) async fn open(
        tenant: TenantId,
        session: &'t mut dyn AnySession,
        outer: Level,
    ) -> Result<NestedTx<'t>, Error> {
        let level = session.begin_nested(outer).await?;
        Ok(NestedTx { tenant, session, level })
    }

    /// Starts a statement that sees the tenant's rows only.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query::new(&mut *self.session, self.level, sql)
    }

    /// Returns the tenant that the transaction is bound to.
    #[must_use]
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Opens a transaction inside of this one.
    ///
    /// # Errors
    /// As [`NestedTx::begin`](crate::NestedTx::begin).
    pub async fn begin(&mut self) -> Result<NestedTx<'_>, Error> {
        NestedTx::open(self.tenant, &mut *self.session, self.level).await
    }

    /// Commits into the transaction around it.
    ///
    /// # Errors
    /// As [`NestedTx::commit`](crate::NestedTx::commit).
    pub async fn commit(self) -> Result<(), Error> {
        self.session.commit_nested(self.level).await
    }

    /// Rolls back; the transaction around it goes on.
    ///
    /// # Errors
    /// As [`NestedTx::rollback`](crate::NestedTx::rollback).
    pub async fn rollback(self) -> Result<(), Error> {
        self.session.rollback_nested(self.level).await
    }
}
