//! Reads over all tenants: with a reason, audited before anything is read, and on connections that can't write.

mod audit;
mod conn;
mod reason;
#[cfg(all(test, feature = "sqlite"))]
mod tests;

use std::{any::Any, sync::Arc};

use futures_util::{StreamExt, stream};
use nadia_tenant_core::Placement;
use time::OffsetDateTime;

use self::audit::Audit;
pub use self::{
    audit::{AuditHook, CrossTenantAccess, PlaceName},
    conn::CrossConn,
    reason::{InvalidAuditText, Reason},
};
use crate::{
    ConnectionLimits, ControlDb, Error,
    backend::Backend,
    portable::{self, Query, Row, SharedRouter},
    router::{Router, Who},
    server::{Place, PlaceKind},
};

/// How many places are read at once, and how many connections that takes.
const FAN_OUT: usize = 4;

/// Reads the rows of all tenants, for one reason. Made by [`Installation::cross_tenant`](crate::Installation::cross_tenant).
///
/// Each opening of a place is first written to the control table `cross_tenant_reads` in a transaction of its own, and
/// then told to the hooks of [`InstallationConfig::add_audit_hook`](crate::InstallationConfig::add_audit_hook). If any of
/// that fails, nothing is read. The record takes a connection of the control database, so open none while a
/// [`ControlTx`](crate::ControlTx) of the same task is open: on SQLite the two would wait for one another.
///
/// # Security
/// This is the only way past the walls between tenants, and it leads to reading alone: statements are SELECTs on tenant
/// and reference tables, PostgreSQL is asked as the role `nadia_report_DATABASE`, which has no other right, in read-only
/// transactions; SQLite's files are opened read-only.
#[derive(Clone, Debug)]
pub struct CrossTenant {
    parts: CrossParts,
    /// The shared one of the first server first.
    places: Arc<[Place]>,
    reason: Reason,
    actor: Option<String>,
}

/// What reads over all tenants are made of. Clones share the connections.
#[derive(Clone, Debug)]
pub(crate) struct CrossParts {
    audit: Audit,
    // To all places, by connections that only read.
    router: SharedRouter,
}

impl CrossParts {
    pub(crate) fn new<DB: Backend>(control: ControlDb, hooks: &[Arc<dyn AuditHook>], router: Router<DB>) -> Self {
        Self { audit: Audit { control, hooks: hooks.into() }, router: Arc::new(router) }
    }

    /// Returns the budget: some connections, whatever the scopes have, so that reports don't stand in their way.
    pub(crate) fn limits(limits: &ConnectionLimits) -> ConnectionLimits {
        ConnectionLimits { max_connections: FAN_OUT, max_per_tenant: Some(FAN_OUT), ..limits.clone() }
    }

    pub(crate) async fn close(&self) {
        self.router.close().await;
    }
}

impl CrossTenant {
    pub(crate) fn new(parts: CrossParts, places: impl IntoIterator<Item = Place>, reason: Reason) -> Self {
        let shared = Place { placement: Placement::default(), kind: PlaceKind::Shared };
        let others = places.into_iter().filter(|place| *place != shared).collect::<Vec<_>>();
        Self { parts, places: std::iter::once(shared).chain(others).collect(), reason, actor: None }
    }

    /// Says who reads, for the audit: one line of 1 to 200 characters.
    ///
    /// # Errors
    /// [`InvalidAuditText`] when it is another text.
    pub fn by(mut self, actor: &str) -> Result<Self, InvalidAuditText> {
        self.actor = Some(reason::checked("the actor", actor, 1, 200)?.to_owned());
        Ok(self)
    }

    /// Opens the shared place for plain sqlx.
    ///
    /// # Errors
    /// [`Error::Config`] when the place is on another database, [`Error::Audit`] when the access is not audited,
    /// [`Error::Timeout`] when no connection comes free in time, [`Error::Sqlx`] when the database can't be reached.
    pub async fn conn<DB: Backend>(&self) -> Result<CrossConn<DB>, Error> {
        let (place, any): (_, &dyn Any) = (self.shared(), &*self.parts.router);
        let Some(router) = any.downcast_ref::<Router<DB>>() else {
            return Err(Error::Config(format!(
                "the {place} is not on {:?}; open it on its own database, or by `portable`",
                DB::DIALECT
            )));
        };
        let name = self.admit(place).await?;
        Ok(CrossConn::new(name, router.conn(Who::Reader(place)).await?))
    }

    /// Opens the shared place for statements that run on either database.
    ///
    /// # Errors
    /// As [`conn`](Self::conn).
    pub async fn portable(&self) -> Result<portable::CrossConn, Error> {
        self.open(self.shared()).await
    }

    /// Runs a statement at each place, and returns what each gave: its rows, or why it gave none.
    ///
    /// Each place is audited on its own, before it is read.
    pub async fn each(&self, sql: &'static str) -> Vec<(PlaceName, Result<Vec<Row>, Error>)> {
        self.each_with(sql, |query| query).await
    }

    /// Runs a statement as [`each`](Self::each) does, with the parameters that `bind` adds to it at each place.
    pub async fn each_with(
        &self,
        sql: &'static str,
        bind: impl for<'q> Fn(Query<'q>) -> Query<'q>,
    ) -> Vec<(PlaceName, Result<Vec<Row>, Error>)> {
        let bind = &bind;
        // By value: of a borrowed place, the future would not be `Send` for every lifetime that the compiler asks about.
        let places = self.places.iter().cloned().map(|place| async move {
            let rows = async { bind(self.open(&place).await?.query(sql)).fetch_all().await }.await;
            (PlaceName::new(place.to_string()), rows)
        });
        stream::iter(places).buffered(FAN_OUT).collect().await
    }

    /// Returns the same reads with the guard taken away, so that a test sees the walls behind it.
    #[cfg(feature = "test-kit")]
    #[must_use]
    pub fn dangerous_without_guard(&self) -> Self {
        let parts = CrossParts { audit: self.parts.audit.clone(), router: self.parts.router.without_guard() };
        Self { parts, ..self.clone() }
    }

    fn shared(&self) -> &Place {
        self.places.first().expect("the shared place of the first server is always there")
    }

    /// The only way to a portable connection: the audit comes first.
    async fn open(&self, place: &Place) -> Result<portable::CrossConn, Error> {
        let name = self.admit(place).await?;
        Ok(portable::CrossConn::new(name, self.parts.router.conn(Who::Reader(place)).await?))
    }

    async fn admit(&self, place: &Place) -> Result<PlaceName, Error> {
        let place = PlaceName::new(place.to_string());
        let access = CrossTenantAccess {
            reason: self.reason.clone(),
            actor: self.actor.clone(),
            at: OffsetDateTime::now_utc(),
            place: place.clone(),
        };
        self.parts.audit.admit(&access).await?;
        Ok(place)
    }
}
