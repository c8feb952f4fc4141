use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use nadia_tenant_core::TenantId;
use nadia_tenant_sqlx::{ControlDb, Error};
use nadia_tenant_tower::Tenant;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::Meter;
use crate::{people::Caller, state::AppState};

/// What was counted since it was written down last.
///
/// It is bounded by the clinics and people that asked within one interval; killed, a server loses that interval.
#[derive(Debug, Default)]
pub(crate) struct Meters(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    requests: HashMap<(TenantId, Date), i64>,
    people: HashSet<(Date, TenantId, Uuid)>,
    touched: HashSet<TenantId>,
}

impl Meters {
    fn lock(&self) -> MutexGuard<'_, Counted> {
        // Counters are whole whatever a thread that panicked did.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, tenant: TenantId, person: Option<Uuid>) {
        let today = OffsetDateTime::now_utc().date();
        let mut counted = self.lock();
        *counted.requests.entry((tenant, today)).or_default() += 1;
        counted.touched.insert(tenant);
        if let Some(person) = person {
            counted.people.insert((today, tenant, person));
        }
    }

    /// Takes the clinics that asked since the last time.
    pub(super) fn touched(&self) -> HashSet<TenantId> {
        std::mem::take(&mut self.lock().touched)
    }

    /// Writes down what was counted. What can't be written is kept for the next time.
    pub(crate) async fn flush(&self, control: &ControlDb) -> Result<(), Error> {
        let (requests, people) = {
            let mut counted = self.lock();
            (std::mem::take(&mut counted.requests), std::mem::take(&mut counted.people))
        };
        if requests.is_empty() && people.is_empty() {
            return Ok(());
        }
        let written = write(control, &requests, &people).await;
        if written.is_err() {
            let mut counted = self.lock();
            for (key, more) in requests {
                *counted.requests.entry(key).or_default() += more;
            }
            counted.people.extend(people);
        }
        written
    }
}

async fn write(
    control: &ControlDb,
    requests: &HashMap<(TenantId, Date), i64>,
    people: &HashSet<(Date, TenantId, Uuid)>,
) -> Result<(), Error> {
    // In one order, so that two servers that write at once don't wait for each other crosswise.
    let mut requests: Vec<_> = requests.iter().collect();
    requests.sort_by_key(|((tenant, day), _)| (tenant.as_uuid(), *day));
    let mut people: Vec<_> = people.iter().collect();
    people.sort_by_key(|(day, tenant, person)| (*day, tenant.as_uuid(), *person));
    let mut tx = control.begin().await?;
    for ((tenant, day), count) in requests {
        tx.query(
            "INSERT INTO usage_daily (tenant_id, day, meter, value) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (tenant_id, day, meter) DO UPDATE SET value = usage_daily.value + excluded.value",
        )
        .bind(tenant.as_uuid())
        .bind(*day)
        .bind(Meter::Requests.as_str().to_owned())
        .bind(*count)
        .execute()
        .await?;
    }
    for (day, tenant, person) in people {
        tx.query("INSERT INTO active_people (day, tenant_id, identity_id) VALUES ($1, $2, $3) ON CONFLICT (day, tenant_id, identity_id) DO NOTHING")
            .bind(*day)
            .bind(tenant.as_uuid())
            .bind(*person)
            .execute()
            .await?;
    }
    tx.commit().await
}

/// Middleware behind those that say who asks: counts the request.
pub(crate) async fn count(
    State(app): State<AppState>,
    Tenant(tenant): Tenant,
    caller: Caller,
    request: Request,
    next: Next,
) -> Response {
    app.meters.count(tenant.tenant().id(), caller.identity());
    next.run(request).await
}
