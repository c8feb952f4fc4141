use std::time::Duration;

use nadia_tenant_core::{TenantRef, TenantStatus};
use nadia_tenant_sqlx::{Error, WorkKind};

use super::remove;
use crate::{audit::Actor, problem::chain, state::AppState};

const INTERVAL: Duration = Duration::from_secs(2);
/// What was begun this lately is still in the hands of who began it.
const YOUNG: time::Duration = time::Duration::seconds(12);

/// How many clinics that were closed are looked at at once.
const PAGE: u16 = 100;

/// Goes on with clinics whose making was cut short, and removes what closed ones kept when their grace has passed, for as
/// long as it is polled.
pub(crate) async fn finish_begun(app: &AppState) {
    loop {
        if let Err(error) = finish_all(app).await {
            tracing::warn!(error = %chain(&error), "what is half made could not be looked for");
        }
        if let Err(error) = remove_closed(app).await {
            tracing::warn!(error = %chain(&error), "closed clinics could not be removed");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

async fn finish_all(app: &AppState) -> Result<(), Error> {
    for work in app.installation.unfinished_work().await? {
        if work.kind != WorkKind::Provision || work.updated_at + YOUNG > time::OffsetDateTime::now_utc() {
            continue;
        }
        match app.installation.finish_tenant(work.tenant, None).await {
            Ok(tenant) => {
                app.registry.invalidate(&TenantRef::Id(tenant.id()));
                app.registry.invalidate(&TenantRef::Slug(tenant.slug().clone()));
                tracing::info!(nadia.tenant.id = %tenant.id(), "a clinic whose making was cut short is ready");
            }
            // The ledger says so as well, to operators.
            Err(error) => {
                tracing::warn!(nadia.tenant.id = %work.tenant, error = %chain(&error), "a clinic can't be made yet");
            }
        }
    }
    Ok(())
}

async fn remove_closed(app: &AppState) -> Result<(), Error> {
    let mut after = None;
    loop {
        let page = app.control().list(after, Some(TenantStatus::Closing), PAGE).await?;
        for record in &page {
            if record.updated_at + app.closing_grace > time::OffsetDateTime::now_utc() {
                continue;
            }
            let id = record.tenant.id();
            match remove(&app.installation, id, Actor::Platform).await {
                Ok(()) => {
                    app.registry.invalidate(&TenantRef::Id(id));
                    app.registry.invalidate(&TenantRef::Slug(record.tenant.slug().clone()));
                    tracing::info!(nadia.tenant.id = %id, "a closed clinic was removed");
                }
                Err(error) => {
                    tracing::warn!(nadia.tenant.id = %id, error = %chain(&error), "a closed clinic can't be removed yet");
                }
            }
        }
        if page.len() < usize::from(PAGE) {
            return Ok(());
        }
        after = page.last().map(|record| record.tenant.id());
    }
}
