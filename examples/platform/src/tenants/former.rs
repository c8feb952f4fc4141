//! The hosts that clinics had before: requests to them are sent on to the present one.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use nadia_tenant_core::{TenantId, TenantRef};
use nadia_tenant_sqlx::{Changes, ControlDb, Error, portable::Row};
use tokio::sync::Notify;
use uuid::Uuid;

use super::host_url;
use crate::{problem::chain, state::AppState};

/// How many former hosts are known at most. A clinic has few, and only clinics have any.
const MOST: usize = 100_000;
/// How many are read at once.
const PAGE: i64 = 1_000;
/// Of how many clinics the hosts are asked for one by one.
const SINGLY: usize = 100;
const RETRY: Duration = Duration::from_millis(250);

/// All former hosts, in memory: however many hosts that nobody has are asked for, the database isn't.
#[derive(Debug, Default)]
pub(crate) struct FormerHosts {
    known: Mutex<HashMap<String, TenantId>>,
    stale: Mutex<Stale>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Stale {
    all: bool,
    tenants: HashSet<TenantId>,
}

impl FormerHosts {
    /// Returns the clinic that had this host, and left it for another.
    pub(crate) fn tenant(&self, label: &str) -> Option<TenantId> {
        lock(&self.known).get(label).copied()
    }

    /// Notes that clinics changed; [`follow`] reads what hosts they had.
    pub(crate) fn changed(&self, changes: &Changes) {
        let mut stale = lock(&self.stale);
        match changes {
            Changes::All => stale.all = true,
            Changes::Tenants(tenants) if tenants.is_empty() => return,
            Changes::Tenants(tenants) => stale.tenants.extend(tenants),
        }
        if stale.tenants.len() > SINGLY {
            *stale = Stale { all: true, tenants: HashSet::new() };
        }
        drop(stale);
        self.wake.notify_one();
    }

    /// Reads the hosts that a clinic had.
    pub(super) async fn read(&self, control: &ControlDb, tenant: TenantId) -> Result<(), Error> {
        let slugs = slugs(control, tenant).await?;
        let mut known = lock(&self.known);
        known.retain(|_, owner| *owner != tenant);
        known.extend(slugs.into_iter().map(|slug| (slug, tenant)));
        Ok(())
    }

    async fn read_all(&self, control: &ControlDb) -> Result<(), Error> {
        let mut all = HashMap::new();
        let mut after = String::new();
        loop {
            let mut scope = control.conn().await?;
            let rows = scope.query("SELECT slug, tenant_id FROM former_slugs WHERE slug > $1 ORDER BY slug LIMIT $2");
            let rows = rows.bind(after.clone()).bind(PAGE).fetch_all().await?;
            let is_last = i64::try_from(rows.len()).is_ok_and(|rows| rows < PAGE);
            for row in &rows {
                after = row.get("slug")?;
                all.insert(after.clone(), tenant_id(row)?);
            }
            if is_last || all.len() >= MOST {
                break;
            }
        }
        if all.len() >= MOST {
            tracing::warn!(MOST, "more hosts were left than are known at once; the rest does not lead on");
        }
        *lock(&self.known) = all;
        Ok(())
    }
}

/// Keeps the former hosts as the database has them, for as long as it is polled.
pub(crate) async fn follow(app: &AppState) {
    let hosts = &app.former_hosts;
    loop {
        hosts.wake.notified().await;
        let stale = std::mem::take(&mut *lock(&hosts.stale));
        let read = async {
            if stale.all {
                return hosts.read_all(app.control()).await;
            }
            for tenant in &stale.tenants {
                hosts.read(app.control(), *tenant).await?;
            }
            Ok(())
        };
        if let Err(error) = read.await {
            tracing::warn!(error = %chain(&error), "the hosts that clinics left could not be read; it is tried again");
            tokio::time::sleep(RETRY).await;
            hosts.changed(&Changes::All);
        }
    }
}

/// Sends a request to a host that a clinic left on to the one it has, whatever the method.
///
/// The host is the registry's, so that no client can choose where it leads. `None` for a clinic that is gone.
pub(crate) async fn redirect(app: &AppState, tenant: TenantId, path: &str, headers: &HeaderMap) -> Option<Response> {
    let found = app.registry.find(&TenantRef::Id(tenant)).await.ok().flatten()?;
    let location = format!("{}{path}", host_url(found.tenant().slug().as_str(), &app.base_domain, headers));
    let location = HeaderValue::from_str(&location).ok()?;
    Some((StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response())
}

/// Lists the hosts that a clinic had before.
pub(crate) async fn slugs(control: &ControlDb, tenant: TenantId) -> Result<Vec<String>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope.query("SELECT slug FROM former_slugs WHERE tenant_id = $1 ORDER BY slug");
    rows.bind(tenant.as_uuid()).fetch_all().await?.iter().map(|row| row.get("slug")).collect()
}

fn tenant_id(row: &Row) -> Result<TenantId, Error> {
    TenantId::try_from(row.get::<Uuid>("tenant_id")?).map_err(|error| Error::Corrupt(Box::new(error)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each holder leaves it whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
