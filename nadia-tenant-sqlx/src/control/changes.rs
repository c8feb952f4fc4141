use nadia_tenant_core::TenantId;

use super::ControlDb;
use crate::Error;

/// How many changed tenants are told one by one.
const TOLD: usize = 1_000;

/// Follows the changes of a registry: which tenants came, changed or went since it was asked before.
///
/// A node with a cache in front of the registry polls it and forgets what it names; so a change reaches every node
/// within the time between two polls. It misses nothing: each change takes the next number of the registry's clock in
/// its own transaction and keeps the next change waiting until it commits, so numbers become visible in their order. A
/// statement of the application's own on the table `tenants` is seen only if it takes a number as well.
///
/// ```no_run
/// # use nadia_tenant_core::TenantId;
/// # use nadia_tenant_sqlx::{Changes, ControlDb, Error};
/// # trait Cache { fn forget(&self, tenant: TenantId); fn forget_all(&self); }
/// # async fn follow(control: &ControlDb, cache: &impl Cache) {
/// let mut changes = control.changes();
/// loop {
///     match changes.next().await {
///         Ok(Changes::Tenants(tenants)) => tenants.into_iter().for_each(|tenant| cache.forget(tenant)),
///         // What can't be asked may have changed.
///         Ok(Changes::All) | Err(_) => cache.forget_all(),
///     }
///     tokio::time::sleep(std::time::Duration::from_millis(250)).await;
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct RegistryChanges {
    control: ControlDb,
    /// The number of the last change that was told; `None` while it isn't known what was.
    told: Option<i64>,
}

/// What changed in a registry. These two are all there is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "what changed must be forgotten"]
pub enum Changes {
    /// These tenants came, changed or went, in the order of their last change; none if nothing did.
    Tenants(Vec<TenantId>),
    /// Any tenant may have changed: it is the first answer, the one before failed or was given up, a great many
    /// changed, or the registry was restored to an earlier state.
    All,
}

impl RegistryChanges {
    pub(super) const fn new(control: ControlDb) -> Self {
        Self { control, told: None }
    }

    /// Asks what changed since the last answer. The first answer is [`Changes::All`].
    ///
    /// May be dropped before it ends; the next answer is [`Changes::All`] then, and after an error.
    ///
    /// # Errors
    /// As a statement in [`ControlDb::conn`]. Whoever caches must take it for [`Changes::All`].
    pub async fn next(&mut self) -> Result<Changes, Error> {
        // Unknown until the answer is whole.
        let told = self.told.take();
        let mut scope = self.control.conn().await?;
        let row = scope.query("SELECT changes FROM registry_clock WHERE one = 1").fetch_one().await?;
        let now: i64 = row.get("changes")?;
        let Some(told) = told.filter(|told| *told <= now) else {
            self.told = Some(now);
            return Ok(Changes::All);
        };
        if told == now {
            self.told = Some(now);
            return Ok(Changes::Tenants(Vec::new()));
        }
        let rows = scope
            .query("SELECT id, changed FROM tenants WHERE changed > $1 ORDER BY changed LIMIT $2")
            .bind(told)
            .bind(i64::try_from(TOLD + 1).unwrap_or(i64::MAX))
            .fetch_all()
            .await?;
        if rows.len() > TOLD {
            self.told = Some(now);
            return Ok(Changes::All);
        }
        let mut tenants = Vec::with_capacity(rows.len());
        // Some may have changed since the clock was read, and are told.
        let mut last = now;
        for row in &rows {
            tenants
                .push(TenantId::try_from(row.get::<uuid::Uuid>("id")?).map_err(|error| Error::Corrupt(error.into()))?);
            last = last.max(row.get("changed")?);
        }
        self.told = Some(last);
        Ok(Changes::Tenants(tenants))
    }
}
