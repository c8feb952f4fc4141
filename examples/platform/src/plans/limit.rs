//! Counted limits. What a clinic uses of a resource stands in `counters` in its own place, and is changed in the
//! transaction that uses it: a commit keeps it, a rollback gives it back. Seats are the control database's to count.

use axum::http::StatusCode;
use nadia_tenant_core::{Tenant, TenantContext, TenantId};
use nadia_tenant_sqlx::{
    ControlDb, ControlTx, Error,
    portable::{Query, Tenants, Tx},
};
use time::OffsetDateTime;

use super::plan;
use crate::problem::Problem;

/// What a plan limits by count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Resource {
    /// Members, and invitations that nobody answered yet.
    Seats,
    /// Patients.
    Patients,
    /// Bytes of documents.
    Storage,
}

impl Resource {
    pub(crate) const ALL: [Self; 3] = [Self::Seats, Self::Patients, Self::Storage];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Seats => "seats",
            Self::Patients => "patients",
            Self::Storage => "storage",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Seats => "Seats",
            Self::Patients => "Patients",
            Self::Storage => "Storage",
        }
    }

    /// Writes an amount for people.
    pub(crate) fn shown(self, amount: &i64) -> String {
        match self {
            Self::Seats | Self::Patients => amount.to_string(),
            Self::Storage => bytes(*amount),
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resource| resource.as_str() == name)
    }
}

/// How much of a resource a clinic may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) value: i64,
    /// Until when an operator's decision counts; `Some(None)` is until it is taken back, `None` is the plan's own.
    pub(crate) overridden: Option<Option<OffsetDateTime>>,
}

/// What a clinic uses of a resource, and may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) resource: Resource,
    pub(crate) used: i64,
    pub(crate) limit: Limit,
}

impl Usage {
    /// How full it is, from 0 to 100.
    pub(crate) fn percent(&self) -> i64 {
        if self.limit.value <= 0 { 100 } else { (self.used.saturating_mul(100) / self.limit.value).clamp(0, 100) }
    }
}

/// Finds a clinic's limit: an operator's decision while it lasts, else the plan's.
pub(crate) async fn limit(control: &ControlDb, tenant: &Tenant, resource: Resource) -> Result<Limit, Error> {
    let mut scope = control.conn().await?;
    let row = scope
        .query(
            "SELECT value, until FROM limit_overrides WHERE tenant_id = $1 AND resource = $2 \
             AND (until IS NULL OR until > $3)",
        )
        .bind(tenant.id().as_uuid())
        .bind(resource.as_str().to_owned())
        .bind(OffsetDateTime::now_utc())
        .fetch_optional()
        .await?;
    match row {
        Some(row) => Ok(Limit { value: row.get("value")?, overridden: Some(row.get("until")?) }),
        None => Ok(Limit { value: plan(tenant.plan()).limit(resource), overridden: None }),
    }
}

/// Uses `amount` more of a resource of the clinic's place, in the transaction that needs it.
///
/// # Errors
/// 403 `limit_reached`, with nothing used; the transaction goes on.
pub(crate) async fn reserve(tx: &mut Tx, resource: Resource, amount: i64, limit: Limit) -> Result<(), Problem> {
    loop {
        let reserved = tx
            .query("UPDATE counters SET used = used + $1 WHERE resource = $2 AND used + $1 <= $3")
            .bind(amount)
            .bind(resource.as_str().to_owned())
            .bind(limit.value)
            .execute()
            .await?;
        if reserved == 1 {
            return Ok(());
        }
        let used = tx.query("SELECT used FROM counters WHERE resource = $1").bind(resource.as_str().to_owned());
        match used.fetch_optional().await? {
            Some(row) => {
                let used: i64 = row.get("used")?;
                if used.saturating_add(amount) > limit.value {
                    return Err(reached(resource, used, limit.value));
                }
                // Somebody else began to count, or gave back, between the two statements: there is room.
            }
            None => {
                begin(tx, resource).await?;
            }
        }
    }
}

/// Gives back what was used, after it was removed in the same transaction.
pub(crate) async fn release(tx: &mut Tx, resource: Resource, amount: i64) -> Result<(), Error> {
    let sql = "UPDATE counters SET used = used - $1 WHERE resource = $2";
    let released = tx.query(sql).bind(amount).bind(resource.as_str().to_owned()).execute().await?;
    // A place from before there were counters is counted now, without what was removed, unless somebody else just did.
    if released == 0 && !begin(tx, resource).await? {
        tx.query(sql).bind(amount).bind(resource.as_str().to_owned()).execute().await?;
    }
    Ok(())
}

/// Keeps others from changing a counter until the transaction ends, so that what is counted meanwhile stays right.
///
/// Who needs both takes [`Resource::Storage`] before [`Resource::Patients`], or two of them could wait for each other.
pub(crate) async fn hold(tx: &mut Tx, resource: Resource) -> Result<(), Error> {
    let sql = "UPDATE counters SET used = used + 0 WHERE resource = $1";
    let held = tx.query(sql).bind(resource.as_str().to_owned()).execute().await?;
    if held == 0 && !begin(tx, resource).await? {
        tx.query(sql).bind(resource.as_str().to_owned()).execute().await?;
    }
    Ok(())
}

/// Counts all of a place anew, for what was added beside [`reserve`], such as an import.
///
/// In the transaction of what was added, last; limits don't stop it.
pub(crate) async fn recount(tx: &mut Tx) -> Result<(), Error> {
    for resource in [Resource::Storage, Resource::Patients] {
        hold(tx, resource).await?;
        let used = count(tx, resource).await?;
        let set = tx.query("UPDATE counters SET used = $1 WHERE resource = $2");
        set.bind(used).bind(resource.as_str().to_owned()).execute().await?;
    }
    Ok(())
}

/// Begins to count a resource with what is there; returns whether nobody else did at the same moment.
async fn begin(tx: &mut Tx, resource: Resource) -> Result<bool, Error> {
    let used = count(tx, resource).await?;
    let begun = tx
        .query("INSERT INTO counters (resource, used) VALUES ($1, $2) ON CONFLICT (resource) DO NOTHING")
        .bind(resource.as_str().to_owned())
        .bind(used)
        .execute()
        .await?;
    Ok(begun == 1)
}

async fn count(tx: &mut Tx, resource: Resource) -> Result<i64, Error> {
    let counted = match resource {
        Resource::Patients => tx.query("SELECT count(*) AS used FROM patients"),
        Resource::Storage => tx.query("SELECT CAST(coalesce(sum(size_bytes), 0) AS bigint) AS used FROM documents"),
        // They are the control database's to count; a place has none.
        Resource::Seats => tx.query("SELECT CAST(0 AS bigint) AS used"),
    };
    counted.fetch_one().await?.get("used")
}

/// Returns what a clinic uses of all that its plan limits.
pub(crate) async fn usages(control: &ControlDb, tenants: &Tenants, ctx: &TenantContext) -> Result<[Usage; 3], Error> {
    let tenant = ctx.tenant();
    let seats = seats(control, tenant.id()).await?;
    let mut conn = tenants.conn(ctx).await?;
    let row = conn
        .query(
            "SELECT (SELECT count(*) FROM patients) AS patients, \
             (SELECT CAST(coalesce(sum(size_bytes), 0) AS bigint) FROM documents) AS storage",
        )
        .fetch_one()
        .await?;
    drop(conn);
    let (patients, storage) = (row.get("patients")?, row.get("storage")?);
    let usage =
        async |resource, used| Ok::<_, Error>(Usage { resource, used, limit: limit(control, tenant, resource).await? });
    Ok([
        usage(Resource::Seats, seats).await?,
        usage(Resource::Patients, patients).await?,
        usage(Resource::Storage, storage).await?,
    ])
}

/// Writes bytes in the unit that fits.
fn bytes(amount: i64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut whole, mut unit) = (amount, 0);
    while whole >= 10_240 && unit + 1 < UNITS.len() {
        whole /= 1_024;
        unit += 1;
    }
    format!("{whole} {}", UNITS[unit])
}

const SEATS: &str = "SELECT (SELECT count(*) FROM memberships WHERE tenant_id = $1) + \
    (SELECT count(*) FROM invitations WHERE tenant_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL \
    AND expires_at > $2) AS seats";

/// Counts members and open invitations.
pub(crate) async fn seats(control: &ControlDb, tenant: TenantId) -> Result<i64, Error> {
    counted(control.conn().await?.query(SEATS), tenant).await
}

/// Refuses what took a seat more than the limit, in the transaction that took it; others must wait for its end.
pub(crate) async fn check_seats(tx: &mut ControlTx, tenant: TenantId, limit: Limit) -> Result<(), Problem> {
    let seats = counted(tx.query(SEATS), tenant).await?;
    // The one that was taken counts already.
    if seats > limit.value { Err(reached(Resource::Seats, seats - 1, limit.value)) } else { Ok(()) }
}

async fn counted(query: Query<'_>, tenant: TenantId) -> Result<i64, Error> {
    query.bind(tenant.as_uuid()).bind(OffsetDateTime::now_utc()).fetch_one().await?.get("seats")
}

/// Refuses what would be more than the limit.
pub(crate) fn reached(resource: Resource, used: i64, limit: i64) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "limit_reached",
        format!("the clinic's plan includes {limit} {}, and {used} are used", unit(resource)),
        "remove what is not needed, or ask the platform's operator for a larger plan",
    )
}

const fn unit(resource: Resource) -> &'static str {
    match resource {
        Resource::Seats => "seats",
        Resource::Patients => "patients",
        Resource::Storage => "bytes of documents",
    }
}
