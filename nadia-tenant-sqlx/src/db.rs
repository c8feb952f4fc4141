use std::sync::Arc;

use nadia_tenant_core::{Placement, TenantContext};

use crate::{
    ConnectionLimits, Error, Guard, TenantConn, TenantTx,
    backend::{Backend, Options},
    park::{Binding, Park},
    router::{Route, Router, Who},
    scope::Scope,
};

/// Opens scopes for tenants, each where its isolation and placement say that its rows are.
///
/// Clones share the connections. The connections are its own and can't be had otherwise than in a scope.
#[derive(Debug)]
pub struct TenantDb<DB: Backend>(Router<DB>);

impl<DB: Backend> Clone for TenantDb<DB> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<DB: Backend> TenantDb<DB> {
    /// Makes a handle on one shared place; connections are opened when scopes ask for them. An
    /// [`Installation`](crate::Installation) has one that leads to all places.
    ///
    /// The catalog's tables are the only ones that statements may name; a [`Guard`] over it may allow further functions, or
    /// longer statements.
    ///
    /// # Security
    /// On PostgreSQL the role in `options` must be one that row-level security binds; an
    /// [`Installation`](crate::Installation) makes that role and sees to it.
    ///
    /// # Errors
    /// [`Error::Config`] when the catalog is of another database: the guard would read statements otherwise than
    /// this one does.
    pub fn new(options: Options<DB>, guard: impl Into<Guard>, limits: ConnectionLimits) -> Result<Self, Error> {
        let guard = guard.into();
        if guard.catalog().dialect() != DB::DIALECT {
            return Err(Error::Config(format!(
                "the catalog is of {:?} and the connection of {:?}; read the catalog with the connection's dialect",
                guard.catalog().dialect(),
                DB::DIALECT
            )));
        }
        let route = Route { shared: options, schemas: None, binding: Binding::Session };
        let park = Park::new(limits, Vec::new());
        Ok(Self(Router::tenants(park, [(Placement::default(), route)], Arc::new(guard))))
    }

    /// Returns the same connections with the guard taken away, so that a test sees the walls behind it.
    #[cfg(feature = "test-kit")]
    #[must_use]
    pub fn dangerous_without_guard(&self) -> Self {
        Self(self.0.without_guard())
    }

    /// Opens a connection scope for the tenant of `ctx`.
    ///
    /// Costs no round trip when a parked connection last served the same tenant, else one.
    ///
    /// # Errors
    /// [`Error::Timeout`] when no connection comes free in time, [`Error::Isolation`] when the tenant's rows
    /// aren't in a shared place, [`Error::Quarantined`] when a migration of its place failed, [`Error::Sqlx`] when the database can't be reached.
    pub async fn conn(&self, ctx: &TenantContext) -> Result<TenantConn<DB>, Error> {
        let session = self.0.conn(Who::Tenant(ctx.tenant())).await?;
        Ok(Scope::new(ctx.tenant().id(), session))
    }

    /// Opens a transaction scope for the tenant of `ctx`.
    ///
    /// # Errors
    /// As [`conn`](Self::conn).
    pub async fn begin(&self, ctx: &TenantContext) -> Result<TenantTx<DB>, Error> {
        let session = self.0.begin(Who::Tenant(ctx.tenant())).await?;
        Ok(Scope::new(ctx.tenant().id(), session))
    }

    /// Closes the installation's parked connections, and those in scopes when they end. Later scopes are refused.
    pub async fn close(&self) {
        self.0.close().await;
    }

    pub(crate) fn over(router: Router<DB>) -> Self {
        Self(router)
    }

    pub(crate) fn into_router(self) -> Router<DB> {
        self.0
    }
}
