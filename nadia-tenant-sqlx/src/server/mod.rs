//! The servers that tenants' places are on, as those see them who make, migrate and remove places.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;

use async_trait::async_trait;
use nadia_tenant_core::{Isolation, Placement, Tenant, TenantId};
use uuid::Uuid;

#[cfg(feature = "postgres")]
pub(crate) use self::postgres::{Pooler, PostgresServer, database_name};
#[cfg(feature = "sqlite")]
pub(crate) use self::sqlite::{SqliteServer, control_file, tenant_file};
use crate::{Error, Finding, migrate::PlaceMigrations};

/// Where tables are that migrations must reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) placement: Placement,
    pub(crate) kind: PlaceKind,
}

/// Whose tables a place holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlaceKind {
    /// Those of all tenants of a server whose isolation is `Shared`.
    Shared,
    /// One tenant's schema.
    Schema(TenantId),
    /// One tenant's database or file.
    Database(TenantId),
}

impl Place {
    /// Returns where a tenant's rows are.
    pub(crate) fn of(tenant: &Tenant) -> Result<Self, Error> {
        Self::new(tenant.placement().clone(), tenant.isolation(), Some(tenant.id()))
    }

    /// Returns the place of this isolation on a server.
    pub(crate) fn new(placement: Placement, isolation: Isolation, tenant: Option<TenantId>) -> Result<Self, Error> {
        let kind = match (isolation, tenant) {
            (Isolation::Shared, _) => PlaceKind::Shared,
            (Isolation::Schema, Some(tenant)) => PlaceKind::Schema(tenant),
            (Isolation::Database, Some(tenant)) => PlaceKind::Database(tenant),
            _ => return Err(Error::Config(format!("isolation {isolation} has no place here"))),
        };
        Ok(Self { placement, kind })
    }

    /// Returns the place's id in the ledger.
    pub(crate) fn id(&self) -> Uuid {
        match self.kind {
            PlaceKind::Shared => Uuid::new_v5(&Uuid::NAMESPACE_OID, self.placement.as_str().as_bytes()),
            PlaceKind::Schema(tenant) | PlaceKind::Database(tenant) => tenant.as_uuid(),
        }
    }

    /// Returns its isolation.
    pub(crate) fn isolation(&self) -> Isolation {
        match self.kind {
            PlaceKind::Shared => Isolation::Shared,
            PlaceKind::Schema(_) => Isolation::Schema,
            PlaceKind::Database(_) => Isolation::Database,
        }
    }

    /// Returns whose place it is; a shared one is nobody's.
    pub(crate) fn tenant(&self) -> Option<TenantId> {
        match self.kind {
            PlaceKind::Shared => None,
            PlaceKind::Schema(tenant) | PlaceKind::Database(tenant) => Some(tenant),
        }
    }

    /// Returns its id in its own database, where only schemas have neighbours.
    #[cfg(feature = "postgres")]
    fn local_id(&self) -> Uuid {
        match self.kind {
            PlaceKind::Shared | PlaceKind::Database(_) => Uuid::nil(),
            PlaceKind::Schema(tenant) => tenant.as_uuid(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tenant() {
            None => write!(f, "shared place of {}", self.placement),
            Some(tenant) => write!(f, "{} of tenant {tenant} on {}", self.isolation(), self.placement),
        }
    }
}

/// A server with tenants' places on it, with the rights to make and remove them.
///
/// Each method can be called again after it was cut short anywhere, and then finishes what it had begun.
#[async_trait]
pub(crate) trait Server: Send + Sync + fmt::Debug {
    /// Refuses an isolation that this database doesn't have.
    fn check(&self, isolation: Isolation) -> Result<(), Error>;

    /// Returns somebody who makes and migrates one place after the other.
    fn worker(&self) -> Box<dyn Worker>;

    /// Compares what is on the server with what the catalog says: each database or file by its name. `places` are those
    /// that tenants have to themselves; `main` says whether the control tables are here.
    async fn examine(&self, places: &[Place], main: bool) -> Result<Vec<(String, Vec<Finding>)>, Error>;

    /// Removes a tenant's own place.
    async fn remove(&self, place: &Place) -> Result<(), Error>;

    /// Deletes some of a tenant's rows from the shared place; returns whether there may be more.
    async fn delete_rows(&self, tenant: TenantId) -> Result<bool, Error>;
}

/// A migration as a place has it: its version, and the checksum of its text.
pub(crate) type Applied = (i64, String);

/// Who makes and migrates places of one server, one after the other, on connections that it opens when it needs them and
/// keeps for the next place.
#[async_trait]
pub(crate) trait Worker: Send {
    /// Makes a place that stands empty, or with all migrations where copying one is faster. Cut short anywhere, it can be
    /// called again, and then finishes what it had begun.
    async fn make(&mut self, place: &Place, migrations: &PlaceMigrations) -> Result<(), Error>;

    /// Checks that the walls of a place stand; the error says which doesn't.
    async fn verify(&mut self, place: &Place) -> Result<(), Error>;

    /// Connects to a place, so that what fails later is not that it can't be reached.
    async fn reach(&mut self, place: &Place) -> Result<(), Error>;

    /// Returns what was applied to a place, in its order.
    async fn applied(&mut self, place: &Place) -> Result<Vec<Applied>, Error>;

    /// Applies one migration, and notes it, in one transaction if it may.
    ///
    /// # Errors
    /// A unique violation if it was applied before; nothing changes then.
    async fn apply(&mut self, place: &Place, migration: &crate::migrate::PlaceMigration) -> Result<(), Error>;
}
