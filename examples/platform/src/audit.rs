//! The audit: what was done, when, by whom, to what. Entries are only ever added, and each chain of them is hashed.
//!
//! Each clinic has a chain, the platform another. An entry's hash is that of its parts and of the entry before it, and the
//! chain's head says which one is the last: what was changed, removed or put in between is found by [`verify`].

mod chain;
mod verify;

use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, ControlTx, Error};
use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) use self::verify::{Broken, Verified, verify};

/// What was done, as `subject.verb`: a closed set, spread over the modules that do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Action(&'static str);

impl Action {
    /// A clinic signed up.
    pub(crate) const SIGNED_UP: Self = Self::new("tenant.signed_up");
    /// An operator made a clinic.
    pub(crate) const CREATED: Self = Self::new("tenant.created");
    /// An operator removed a clinic and all that it kept.
    pub(crate) const DELETED: Self = Self::new("tenant.deleted");
    /// An operator suspended a clinic.
    pub(crate) const SUSPENDED: Self = Self::new("tenant.suspended");
    /// An operator resumed a clinic.
    pub(crate) const RESUMED: Self = Self::new("tenant.resumed");
    /// The demo made a clinic.
    pub(crate) const DEMO_MADE: Self = Self::new("demo.made");
    /// The demo filled its clinic.
    pub(crate) const DEMO_FILLED: Self = Self::new("demo.filled");

    pub(crate) const fn new(name: &'static str) -> Self {
        Self(name)
    }

    pub(crate) const fn as_str(self) -> &'static str {
        self.0
    }
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actor {
    /// A member of the clinic.
    Person(Uuid),
    /// One of its API keys.
    Key(Uuid),
    /// Somebody who runs the platform.
    Operator(Uuid),
    /// A command on the server's machine.
    Command,
    /// The platform itself.
    Platform,
}

impl Actor {
    const fn parts(self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::Person(id) => ("person", Some(id)),
            Self::Key(id) => ("key", Some(id)),
            Self::Operator(id) => ("operator", Some(id)),
            Self::Command => ("command", None),
            Self::Platform => ("platform", None),
        }
    }
}

/// An entry that is to be made. It must hold nothing of a patient but an id.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    action: Action,
    actor: Actor,
    /// The clinic whose chain it stands in; without one it is the platform's.
    tenant: Option<TenantId>,
    subject: Option<String>,
    detail: Option<String>,
}

impl Entry {
    /// Makes an entry of a clinic's chain.
    pub(crate) const fn of(tenant: TenantId, action: Action, actor: Actor) -> Self {
        Self { action, actor, tenant: Some(tenant), subject: None, detail: None }
    }

    /// Makes an entry of the platform's chain.
    pub(crate) const fn of_platform(action: Action, actor: Actor) -> Self {
        Self { action, actor, tenant: None, subject: None, detail: None }
    }

    /// Says what it was done to, as `kind:id`.
    pub(crate) fn with_subject(mut self, kind: &str, id: impl std::fmt::Display) -> Self {
        self.subject = Some(format!("{kind}:{id}"));
        self
    }

    /// Says more, in a few words.
    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    fn chain_id(&self) -> Uuid {
        self.tenant.map_or(Uuid::nil(), |tenant| tenant.as_uuid())
    }
}

/// Writes an entry, which stands if the rest of the transaction does.
///
/// The chain's head keeps the next entry of the same chain waiting until the transaction ends, so this comes last in it.
pub(crate) async fn record(tx: &mut ControlTx, entry: Entry) -> Result<(), Error> {
    chain::append(tx, entry, OffsetDateTime::now_utc()).await
}

/// Keeps what else the audit of this clinic tells of waiting until the transaction ends.
///
/// For what is looked at before it is changed: read after this, it stays as it is until the commit.
pub(crate) async fn hold(tx: &mut ControlTx, tenant: TenantId) -> Result<(), Error> {
    chain::hold(tx, tenant.as_uuid()).await
}

/// Writes an entry in a transaction of its own, for what is done elsewhere than in the control database.
pub(crate) async fn record_alone(control: &ControlDb, entry: Entry) -> Result<(), Error> {
    let mut tx = control.begin().await?;
    record(&mut tx, entry).await?;
    tx.commit().await
}

/// Tells whether an entry says that this was done to the tenant.
pub(crate) async fn is_recorded(tx: &mut ControlTx, action: Action, tenant: TenantId) -> Result<bool, Error> {
    let read = tx.query("SELECT id FROM audit WHERE tenant_id = $1 AND action = $2 LIMIT 1");
    Ok(read.bind(tenant.as_uuid()).bind(action.as_str().to_owned()).fetch_optional().await?.is_some())
}

/// Tells whether this was ever done to the tenant with this slug.
pub(crate) async fn happened(control: &ControlDb, action: Action, slug: &'static str) -> Result<bool, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT audit.id FROM tenants JOIN audit ON audit.tenant_id = tenants.id \
             WHERE tenants.slug = $1 AND audit.action = $2 LIMIT 1",
        )
        .bind(slug.to_owned())
        .bind(action.as_str().to_owned())
        .fetch_optional()
        .await?;
    Ok(row.is_some())
}

/// An entry as it is shown.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct Recorded {
    pub(crate) number: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
    pub(crate) actor_kind: String,
    pub(crate) actor_id: Option<Uuid>,
    /// The actor's address, while somebody has it.
    pub(crate) actor: Option<String>,
    pub(crate) action: String,
    pub(crate) subject: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) hash: String,
}

/// Lists up to `limit` entries of a chain before `before`, the newest first; the platform's without a tenant.
pub(crate) async fn list(
    control: &ControlDb,
    tenant: Option<TenantId>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Recorded>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT audit.number, audit.at, audit.actor_kind, audit.actor_id, audit.action, audit.subject, audit.detail, \
             audit.hash, coalesce(identities.email, operators.email) AS actor FROM audit \
             LEFT JOIN identities ON identities.id = audit.actor_id AND audit.actor_kind = 'person' \
             LEFT JOIN operators ON operators.id = audit.actor_id AND audit.actor_kind = 'operator' \
             WHERE audit.chain_id = $1 AND audit.number < $2 ORDER BY audit.number DESC LIMIT $3",
        )
        .bind(tenant.map_or(Uuid::nil(), |tenant| tenant.as_uuid()))
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all()
        .await?;
    let read = |row: &nadia_tenant_sqlx::portable::Row| {
        Ok(Recorded {
            number: row.get("number")?,
            at: row.get("at")?,
            actor_kind: row.get("actor_kind")?,
            actor_id: row.get("actor_id")?,
            actor: row.get("actor")?,
            action: row.get("action")?,
            subject: row.get("subject")?,
            detail: row.get("detail")?,
            hash: row.get("hash")?,
        })
    };
    rows.iter().map(read).collect()
}
