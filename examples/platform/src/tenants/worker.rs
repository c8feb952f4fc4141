use std::time::Duration;

use nadia_tenant_core::TenantRef;
use nadia_tenant_sqlx::{Error, WorkKind};

use crate::{problem::chain, state::AppState};

const INTERVAL: Duration = Duration::from_secs(2);
/// What was begun this lately is still in the hands of who began it.
const YOUNG: time::Duration = time::Duration::seconds(12);

/// Goes on with clinics whose making was cut short, for as long as it is polled.
pub(crate) async fn finish_begun(app: &AppState) {
    loop {
        if let Err(error) = finish_all(app).await {
            tracing::warn!(error = %chain(&error), "what is half made could not be looked for");
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
