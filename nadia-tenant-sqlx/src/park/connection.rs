use std::{collections::HashSet, time::Duration};

use nadia_tenant_core::TenantId;
use sqlx::{ConnectOptions, Connection};
use tokio::time::Instant;

use super::{
    ConnectionLimits, OnConnect,
    home::{Binding, Home, HomeKey, Stamp},
    hooks,
};
use crate::{Error, backend::Backend, schema};

/// How long a connection that is closed may take to say farewell.
const FAREWELL: Duration = Duration::from_secs(1);

/// What the session's tenant setting is known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Unknown,
    Tenant(TenantId),
    /// Nothing: each transaction says for itself whose it is.
    OfTransactions,
}

/// A connection with what is known of it.
pub(super) struct Open<DB: Backend> {
    pub(super) connection: DB::Connection,
    pub(super) home: HomeKey,
    /// When it was last used.
    pub(super) parked: Instant,
    label: Label,
    opened: Instant,
    breaks: u64,
    // The tenants it served, in a home where the server remembers each.
    places: HashSet<TenantId>,
}

impl<DB: Backend> Open<DB> {
    /// Opens a connection that belongs to `tenant`; the hooks run before it does.
    pub(super) async fn new(
        home: &Home<DB>,
        tenant: Option<TenantId>,
        hooks: &[std::sync::Arc<dyn OnConnect>],
        stamp: Stamp,
    ) -> Result<Self, Error> {
        let mut connection = match home.key {
            HomeKey::Database(_, tenant) => DB::own_database(&home.options, tenant).connect().await?,
            HomeKey::Control | HomeKey::Readers(_) | HomeKey::Shared(_) | HomeKey::Schemas(_) => {
                home.options.connect().await?
            }
        };
        hooks::run::<DB>(&mut connection, hooks).await?;
        let now = Instant::now();
        let mut open = Self {
            connection,
            home: home.key,
            parked: now,
            label: match home.binding {
                Binding::Session => Label::Unknown,
                Binding::Transaction(_) => Label::OfTransactions,
            },
            opened: now,
            breaks: stamp.breaks,
            places: HashSet::new(),
        };
        open.belong(tenant).await?;
        Ok(open)
    }

    /// Tells whether it needs no message to serve the tenant.
    pub(super) fn belongs_to(&self, tenant: Option<TenantId>) -> bool {
        self.label == Label::OfTransactions || self.label == tenant.map_or(Label::Unknown, Label::Tenant)
    }

    /// Tells whether it served the tenant before, in a home where the server remembers each tenant's schema.
    pub(super) fn knows_place(&self, tenant: Option<TenantId>) -> bool {
        !self.places.is_empty() && tenant.is_some_and(|tenant| self.places.contains(&tenant))
    }

    /// Tells whether it can be handed out to its own tenant without a question.
    pub(super) fn is_warm(&self, limits: &ConnectionLimits, stamp: Stamp, now: Instant) -> bool {
        now.duration_since(self.opened) <= limits.max_lifetime && !self.is_doubtful(limits, stamp, now)
    }

    fn is_doubtful(&self, limits: &ConnectionLimits, stamp: Stamp, now: Instant) -> bool {
        self.breaks != stamp.breaks || now.duration_since(self.parked) > limits.ping_after
    }

    /// Tells whether it may be parked, as far as it is concerned.
    pub(super) fn is_worth_keeping(&self, limits: &ConnectionLimits) -> bool {
        self.places.len() < limits.max_places.max(1)
    }

    /// Returns when it is to be closed, if it stays parked.
    pub(super) fn expires(&self, limits: &ConnectionLimits) -> Option<Instant> {
        let idle = self.parked.checked_add(limits.idle_timeout);
        let old = self.opened.checked_add(limits.max_lifetime);
        [idle, old].into_iter().flatten().min()
    }

    /// Makes a parked connection ready for `tenant`. One that turns out dead is dropped; nothing of the caller's ran on it
    /// yet.
    pub(super) async fn revive(
        mut self,
        tenant: Option<TenantId>,
        limits: &ConnectionLimits,
        stamp: Stamp,
    ) -> Revived<DB> {
        let now = Instant::now();
        if now.duration_since(self.opened) > limits.max_lifetime {
            return Revived::Old;
        }
        if self.is_doubtful(limits, stamp, now) && self.connection.ping().await.is_err() {
            return Revived::Dead;
        }
        self.breaks = stamp.breaks;
        if self.belong(tenant).await.is_ok() { Revived::Ready(self) } else { Revived::Dead }
    }

    /// Makes the session belong to `tenant`. The label is unknown from before the message until it succeeded.
    async fn belong(&mut self, tenant: Option<TenantId>) -> sqlx::Result<()> {
        let Some(tenant) = tenant.filter(|_| !self.belongs_to(tenant)) else { return Ok(()) };
        self.label = Label::Unknown;
        let path = match self.home {
            HomeKey::Schemas(_) => {
                self.places.insert(tenant);
                Some(schema::search_path(tenant))
            }
            // There the path comes with the connection's options.
            HomeKey::Control | HomeKey::Readers(_) | HomeKey::Shared(_) | HomeKey::Database(..) => None,
        };
        DB::set_tenant(&mut self.connection, tenant, path.as_deref()).await?;
        self.label = Label::Tenant(tenant);
        Ok(())
    }

    /// Closes the connection and waits until it is, unless the other side doesn't answer.
    pub(super) async fn close(self) {
        // It is going away; a failed farewell changes nothing.
        let _ = tokio::time::timeout(FAREWELL, self.connection.close()).await;
    }
}

/// What became of a parked connection that was wanted.
pub(super) enum Revived<DB: Backend> {
    Ready(Open<DB>),
    Old,
    Dead,
}
