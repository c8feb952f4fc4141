//! The control database: the registry of tenants, and the application's own platform-wide tables.

mod store;

use nadia_tenant_core::{Tenant, TenantId, TenantStatus};
use time::OffsetDateTime;

pub use self::store::SqlTenantStore;
use crate::{
    Error,
    portable::{AnySession, Query, SharedPlace},
    scope::{Access, OUTERMOST},
};

/// The control database of an installation. Clones share the connections.
///
/// Statements in its scopes see control tables only: no tenant's rows, and no other table.
#[derive(Clone, Debug)]
pub struct ControlDb(SharedPlace);

/// A connection that runs statements on control tables. Made by [`ControlDb::conn`] only.
#[derive(Debug)]
pub struct ControlScope(Box<dyn AnySession>);

/// A transaction that runs statements on control tables. Made by [`ControlDb::begin`] only.
#[derive(Debug)]
pub struct ControlTx(Box<dyn AnySession>);

impl ControlDb {
    pub(crate) fn new(place: SharedPlace) -> Self {
        Self(place)
    }

    /// Opens a connection scope.
    ///
    /// # Errors
    /// [`Error::Timeout`] when no connection comes free in time, [`Error::Sqlx`] when the database can't be reached.
    pub async fn conn(&self) -> Result<ControlScope, Error> {
        Ok(ControlScope(self.0.conn(Access::Control).await?))
    }

    /// Opens a transaction scope; on SQLite it waits for its turn to write.
    ///
    /// # Errors
    /// As [`conn`](Self::conn).
    pub async fn begin(&self) -> Result<ControlTx, Error> {
        Ok(ControlTx(self.0.begin(Access::Control).await?))
    }

    /// Returns the store that finds tenants in this registry.
    #[must_use]
    pub fn store(&self) -> SqlTenantStore {
        SqlTenantStore::new(self.clone())
    }

    /// Enters a tenant into the registry, in a transaction of its own.
    ///
    /// # Errors
    /// [`Error::SlugTaken`]; nothing was entered then.
    pub async fn create(&self, tenant: &Tenant) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        match self.register(&mut tx, tenant).await {
            Ok(()) => tx.commit().await,
            Err(error) => {
                tx.rollback().await?;
                Err(error)
            }
        }
    }

    /// Enters a tenant into the registry, in the caller's transaction.
    ///
    /// # Errors
    /// [`Error::SlugTaken`]; the transaction can then only be rolled back.
    pub async fn register(&self, tx: &mut ControlTx, tenant: &Tenant) -> Result<(), Error> {
        let now = OffsetDateTime::now_utc();
        let inserted = tx
            .query(
                "INSERT INTO tenants (id, slug, name, status, plan, isolation, revision, created_at, updated_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
            )
            .bind(tenant.id().as_uuid())
            .bind(tenant.slug().as_str().to_owned())
            .bind(tenant.name().to_owned())
            .bind(tenant.status().as_str().to_owned())
            .bind(tenant.plan().as_str().to_owned())
            .bind(tenant.isolation().as_str().to_owned())
            .bind(1_i64)
            .bind(now)
            .execute()
            .await;
        match inserted {
            Ok(_) => Ok(()),
            Err(error) if error.is_unique_violation() => Err(Error::SlugTaken),
            Err(error) => Err(error),
        }
    }

    /// Moves a tenant to another status, if it still has the status `from` and may become `to`.
    ///
    /// Returns whether a tenant was moved. Caches in front learn of it by their time to live, or by their own
    /// invalidation.
    ///
    /// # Errors
    /// [`Error::Transition`] when `to` can't follow `from`.
    pub async fn transition(&self, id: TenantId, from: TenantStatus, to: TenantStatus) -> Result<bool, Error> {
        let to = from.transition(to).map_err(Error::Transition)?;
        let mut scope = self.conn().await?;
        let moved = scope
            .query(
                "UPDATE tenants SET status = $1, revision = revision + 1, updated_at = $2 \
                 WHERE id = $3 AND status = $4",
            )
            .bind(to.as_str().to_owned())
            .bind(OffsetDateTime::now_utc())
            .bind(id.as_uuid())
            .bind(from.as_str().to_owned())
            .execute()
            .await?;
        Ok(moved == 1)
    }

    pub(crate) async fn close(&self) {
        self.0.close().await;
    }
}

impl ControlScope {
    /// Starts a statement that sees control tables only.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query::new(&mut *self.0, OUTERMOST, sql)
    }
}

impl ControlTx {
    /// Starts a statement that sees control tables only.
    pub fn query(&mut self, sql: &'static str) -> Query<'_> {
        Query::new(&mut *self.0, OUTERMOST, sql)
    }

    /// Commits.
    ///
    /// # Errors
    /// [`Error::RolledBack`] when a statement of the transaction had failed; what the database reports.
    pub async fn commit(self) -> Result<(), Error> {
        self.0.commit().await
    }

    /// Rolls back and keeps the connection.
    ///
    /// # Errors
    /// What the database reports; the transaction is rolled back all the same.
    pub async fn rollback(self) -> Result<(), Error> {
        self.0.rollback().await
    }
}
