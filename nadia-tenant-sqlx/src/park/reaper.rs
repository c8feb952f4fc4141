use std::sync::Weak;

use tokio::{
    runtime::Handle,
    time::{Instant, sleep_until},
};

use super::{Park, Shared};
use crate::backend::Backend;

/// Says, when dropped before the reaper's own end, that none runs: the runtime is gone that it ran on.
struct Watch<DB: Backend> {
    park: Weak<Shared<DB>>,
    ended: bool,
}

/// Starts the task that closes what is parked for too long. The state says already that it runs.
pub(super) fn start<DB: Backend>(park: &Park<DB>) {
    let watch = Watch { park: park.downgrade(), ended: false };
    // A scope may be dropped outside of a runtime; then whoever parks next inside of one starts the task.
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(reap(watch));
    }
}

/// Ends when nothing is parked or the park is gone; keeps neither the park nor the runtime alive.
async fn reap<DB: Backend>(mut watch: Watch<DB>) {
    loop {
        let Some(park) = watch.park() else { return };
        let now = Instant::now();
        let (retired, next) = park.change(|state| {
            let retired = state.retire_expired(&park, now);
            let next = state.next_expiry();
            // Said with the state locked, so that whoever parks next starts a new one.
            state.reaping = next.is_some();
            (retired, next)
        });
        watch.ended = next.is_none();
        for (open, seat) in retired {
            open.close().await;
            drop(seat);
        }
        let Some(next) = next else { return };
        // Sooner than it need be: arming a timer that becomes the runtime's next wakes the runtime, and so would the
        // time-out of each hand-out that needs a message. With this one before them, none of them does.
        let sooner = park.0.limits.acquire_timeout / 2;
        drop(park);
        sleep_until(Instant::now().checked_add(sooner).map_or(next, |sooner| next.min(sooner))).await;
    }
}

impl<DB: Backend> Watch<DB> {
    fn park(&self) -> Option<Park<DB>> {
        self.park.upgrade().map(Park)
    }
}

impl<DB: Backend> Drop for Watch<DB> {
    fn drop(&mut self) {
        if !self.ended
            && let Some(park) = self.park()
        {
            park.change(|state| state.reaping = false);
        }
    }
}
