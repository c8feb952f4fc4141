//! Forgets what is cached of tenants that another server, or a command, changed.

use std::time::Duration;

use nadia_tenant_core::TenantRef;
use nadia_tenant_sqlx::Changes;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::{problem::chain, state::AppState};

/// How often the registry is asked what changed.
const INTERVAL: Duration = Duration::from_millis(250);
/// How long the answer may take.
const PATIENCE: Duration = Duration::from_millis(400);

// A change is made right after an answer was given that is a whole patience on its way, and the next answer never
// comes: it is forgotten all the same within a second.
const _: () = assert!(INTERVAL.as_millis() <= PATIENCE.as_millis() && 2 * PATIENCE.as_millis() < 1_000);

/// Keeps the cache no older than a second, for as long as it is polled.
///
/// While the registry can't be asked, the cache is emptied with each attempt: a server that is cut off from it serves
/// no tenant from memory that was suspended meanwhile.
pub(crate) async fn registry(app: &AppState) {
    let mut changes = app.control().changes();
    let mut is_cut_off = false;
    let mut ticks = interval(INTERVAL);
    // From the start of one attempt to that of the next is never longer than the patience.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let failure = match timeout(PATIENCE, changes.next()).await {
            Ok(Ok(changes)) => {
                forget(app, &changes);
                app.former_hosts.changed(&changes);
                None
            }
            Ok(Err(error)) => Some(chain(&error)),
            Err(_) => Some(format!("it did not answer within {PATIENCE:?}")),
        };
        if failure.is_some() {
            forget(app, &Changes::All);
        }
        match failure {
            Some(why) if !is_cut_off => {
                tracing::warn!(why, "the registry can't be asked for changes; no tenant is served from memory");
                is_cut_off = true;
            }
            None if is_cut_off => {
                tracing::info!("the registry answers again");
                is_cut_off = false;
            }
            _ => {}
        }
    }
}

fn forget(app: &AppState, changes: &Changes) {
    match changes {
        Changes::Tenants(tenants) => {
            for tenant in tenants {
                app.registry.invalidate(&TenantRef::Id(*tenant));
                app.brands.forget(*tenant);
            }
        }
        Changes::All => {
            app.registry.invalidate_all();
            app.brands.forget_all();
        }
    }
}
