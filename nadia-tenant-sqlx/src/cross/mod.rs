//! Reads over all tenants: with a reason, audited before anything is read, and on connections that can't write.

mod audit;
mod conn;
mod reason;
#[cfg(all(test, feature = "sqlite"))]
mod tests;

use std::{any::Any, sync::Arc};

use futures_util::{StreamExt, stream};
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
    place::Place,
    portable::{self, Query, Row, SharedPlace},
    scope::Access,
};

/// How many places are read at once.
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
    reason: Reason,
    actor: Option<String>,
}

/// What reads over all tenants are made of. Clones share the connections.
#[derive(Clone, Debug)]
pub(crate) struct CrossParts {
    audit: Audit,
    /// The shared one first.
    places: Arc<[CrossPlace]>,
}

/// A place with connections that only read.
#[derive(Clone, Debug)]
pub(crate) struct CrossPlace {
    name: PlaceName,
    place: SharedPlace,
}

impl CrossParts {
    pub(crate) fn new(
        control: ControlDb,
        hooks: &[Arc<dyn AuditHook>],
        places: impl IntoIterator<Item = CrossPlace>,
    ) -> Self {
        Self { audit: Audit { control, hooks: hooks.into() }, places: places.into_iter().collect() }
    }

    pub(crate) async fn close(&self) {
        for CrossPlace { place, .. } in &*self.places {
            place.close().await;
        }
    }
}

impl CrossPlace {
    /// The name of the place that every installation has.
    pub(crate) const SHARED: &'static str = "shared";

    /// Takes connections that can't write.
    pub(crate) fn new<DB: Backend>(name: &str, place: Place<DB>) -> Self {
        Self { name: PlaceName::new(name), place: Arc::new(place) }
    }

    /// Returns the budget of a place: two connections, whatever the scopes have, so that reports don't stand in their way.
    pub(crate) fn limits(limits: &ConnectionLimits) -> ConnectionLimits {
        ConnectionLimits { max_connections: 2, ..limits.clone() }
    }
}

impl CrossTenant {
    pub(crate) fn new(parts: CrossParts, reason: Reason) -> Self {
        Self { parts, reason, actor: None }
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
        let CrossPlace { name, place } = self.shared()?;
        let any: &dyn Any = &**place;
        let Some(place) = any.downcast_ref::<Place<DB>>() else {
            return Err(Error::Config(format!(
                "place {:?} is not on {:?}; open it on its own database, or by `portable`",
                name.as_str(),
                DB::DIALECT
            )));
        };
        self.admit(name).await?;
        Ok(CrossConn::new(name.clone(), place.conn(Access::CrossTenant).await?))
    }

    /// Opens the shared place for statements that run on either database.
    ///
    /// # Errors
    /// As [`conn`](Self::conn).
    pub async fn portable(&self) -> Result<portable::CrossConn, Error> {
        self.open(self.shared()?).await
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
        let places = self.parts.places.iter().cloned().map(|place| async move {
            let rows = async { bind(self.open(&place).await?.query(sql)).fetch_all().await }.await;
            (place.name, rows)
        });
        stream::iter(places).buffered(FAN_OUT).collect().await
    }

    /// Returns the same reads with the guard taken away, so that a test sees the walls behind it.
    #[cfg(feature = "test-kit")]
    #[must_use]
    pub fn dangerous_without_guard(&self) -> Self {
        let open = |at: &CrossPlace| CrossPlace { name: at.name.clone(), place: at.place.without_guard() };
        let parts =
            CrossParts { audit: self.parts.audit.clone(), places: self.parts.places.iter().map(open).collect() };
        Self { parts, ..self.clone() }
    }

    fn shared(&self) -> Result<&CrossPlace, Error> {
        self.parts.places.first().ok_or_else(|| Error::Config("the installation has no place to read".to_owned()))
    }

    /// The only way to a portable connection: the audit comes first.
    async fn open(&self, CrossPlace { name, place }: &CrossPlace) -> Result<portable::CrossConn, Error> {
        self.admit(name).await?;
        Ok(portable::CrossConn::new(name.clone(), place.conn(Access::CrossTenant).await?))
    }

    async fn admit(&self, place: &PlaceName) -> Result<(), Error> {
        let access = CrossTenantAccess {
            reason: self.reason.clone(),
            actor: self.actor.clone(),
            at: OffsetDateTime::now_utc(),
            place: place.clone(),
        };
        self.parts.audit.admit(&access).await
    }
}
