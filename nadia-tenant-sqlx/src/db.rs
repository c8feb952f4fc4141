use std::sync::Arc;

use nadia_tenant_core::TenantContext;

use crate::{
    Catalog, ConnectionLimits, Error, Guard, TenantConn, TenantTx,
    backend::{Backend, Options},
    park::Binding,
    place::{Place, in_shared_place},
    scope::{Access, Scope},
};

/// Opens scopes for tenants whose rows are in one shared place.
///
/// Clones share the connections. The connections are its own and can't be had otherwise than in a scope.
#[derive(Debug)]
pub struct TenantDb<DB: Backend>(Place<DB>);

impl<DB: Backend> Clone for TenantDb<DB> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<DB: Backend> TenantDb<DB> {
    /// Makes a handle; connections are opened when scopes ask for them.
    ///
    /// The catalog's tables are the only ones that statements may name.
    ///
    /// # Security
    /// On PostgreSQL the role in `options` must be one that row-level security binds; an
    /// [`Installation`](crate::Installation) makes that role and sees to it.
    ///
    /// # Errors
    /// [`Error::Config`] when the catalog is of another database: the guard would read statements otherwise than
    /// this one does.
    pub fn new(options: Options<DB>, catalog: Catalog, limits: ConnectionLimits) -> Result<Self, Error> {
        if catalog.dialect() != DB::DIALECT {
            return Err(Error::Config(format!(
                "the catalog is of {:?} and the connection of {:?}; read the catalog with the connection's dialect",
                catalog.dialect(),
                DB::DIALECT
            )));
        }
        Ok(Self(Place::new(options, Binding::Session, Arc::new(Guard::new(catalog)), limits)))
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
    /// aren't in a shared place, [`Error::Sqlx`] when the database can't be reached.
    pub async fn conn(&self, ctx: &TenantContext) -> Result<TenantConn<DB>, Error> {
        let tenant = in_shared_place(ctx.tenant())?;
        Ok(Scope::new(tenant, self.0.conn(Access::Tenant(tenant)).await?))
    }

    /// Opens a transaction scope for the tenant of `ctx`.
    ///
    /// # Errors
    /// As [`conn`](Self::conn).
    pub async fn begin(&self, ctx: &TenantContext) -> Result<TenantTx<DB>, Error> {
        let tenant = in_shared_place(ctx.tenant())?;
        Ok(Scope::new(tenant, self.0.begin(Access::Tenant(tenant)).await?))
    }

    /// Closes the parked connections, and those in scopes when they end. Later scopes are refused.
    pub async fn close(&self) {
        self.0.close().await;
    }

    pub(crate) fn over(place: Place<DB>) -> Self {
        Self(place)
    }

    pub(crate) fn into_place(self) -> Place<DB> {
        self.0
    }
}
