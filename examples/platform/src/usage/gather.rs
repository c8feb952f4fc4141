use std::time::Duration;

use nadia_tenant_core::{TenantContext, TenantId, TenantRef};
use nadia_tenant_sqlx::{ControlDb, Error};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::Meter;
use crate::{
    plans::{self, Resource},
    problem::chain,
    state::AppState,
};

/// How often what was counted is written down: what a killed server loses.
const FLUSH: Duration = Duration::from_secs(1);
/// How many flushes there are to each measuring.
const MEASURE: u32 = 10;
/// How many clinics that nobody used are measured at once.
const IDLE: i64 = 50;

/// Writes down what was counted, and measures what clinics hold, for as long as it is polled.
pub(crate) async fn gather(app: &AppState) {
    let mut beats: u32 = 0;
    loop {
        if let Err(error) = app.meters.flush(app.control()).await {
            tracing::warn!(error = %chain(&error), "usage could not be written down; it is kept");
        }
        if beats.is_multiple_of(MEASURE)
            && let Err(error) = measure(app).await
        {
            tracing::warn!(error = %chain(&error), "what clinics hold could not be measured");
        }
        beats = beats.wrapping_add(1);
        tokio::time::sleep(FLUSH).await;
    }
}

/// Measures the clinics that somebody used since the last time, and some that nobody did today.
async fn measure(app: &AppState) -> Result<(), Error> {
    let today = OffsetDateTime::now_utc().date();
    let mut wanted: Vec<TenantId> = app.meters.touched().into_iter().collect();
    wanted.extend(idle(app.control(), today).await?);
    for tenant in wanted {
        let found = app.registry.find(&TenantRef::Id(tenant)).await.map_err(|error| Error::Corrupt(Box::new(error)))?;
        let Some(ctx) = found.filter(|ctx| ctx.tenant().status().serves_reads()) else { continue };
        // One place that is out of order must not keep the others from being measured.
        if let Err(error) = measure_one(app, &ctx, today).await {
            tracing::warn!(nadia.tenant.id = %tenant, error = %chain(&error), "a clinic could not be measured");
        }
    }
    refreshed(app.control(), "usage").await
}

async fn measure_one(app: &AppState, ctx: &TenantContext, today: Date) -> Result<(), Error> {
    let usages = plans::usages(app.control(), app.tenants(), ctx).await?;
    let mut tx = app.control().begin().await?;
    for usage in usages {
        let meter = match usage.resource {
            Resource::Seats => Meter::Seats,
            Resource::Patients => Meter::Patients,
            Resource::Storage => Meter::Storage,
        };
        tx.query(
            "INSERT INTO usage_daily (tenant_id, day, meter, value) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (tenant_id, day, meter) DO UPDATE SET value = excluded.value",
        )
        .bind(ctx.tenant().id().as_uuid())
        .bind(today)
        .bind(meter.as_str().to_owned())
        .bind(usage.used)
        .execute()
        .await?;
    }
    tx.commit().await
}

async fn idle(control: &ControlDb, today: Date) -> Result<Vec<TenantId>, Error> {
    let mut scope = control.conn().await?;
    let rows = scope
        .query(
            "SELECT id FROM tenants WHERE status = 'active' AND NOT EXISTS (SELECT usage_daily.value FROM usage_daily \
             WHERE usage_daily.tenant_id = tenants.id AND usage_daily.day = $1 AND usage_daily.meter = 'patients') \
             ORDER BY id LIMIT $2",
        )
        .bind(today)
        .bind(IDLE)
        .fetch_all()
        .await?;
    let id = |row: &nadia_tenant_sqlx::portable::Row| {
        TenantId::try_from(row.get::<Uuid>("id")?).map_err(|error| Error::Corrupt(Box::new(error)))
    };
    rows.iter().map(id).collect()
}

async fn refreshed(control: &ControlDb, name: &'static str) -> Result<(), Error> {
    let mut scope = control.conn().await?;
    scope
        .query(
            "INSERT INTO rollups (name, refreshed_at) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET refreshed_at = excluded.refreshed_at",
        )
        .bind(name.to_owned())
        .bind(OffsetDateTime::now_utc())
        .execute()
        .await
        .map(drop)
}
