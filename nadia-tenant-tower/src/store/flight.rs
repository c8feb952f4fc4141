use std::sync::Arc;

use nadia_tenant_core::{StoreError, TenantContext};
use tokio::{sync::watch, task::AbortHandle};

pub(super) type Outcome = Result<Option<TenantContext>, StoreError>;

/// A look-up in progress, shared by all requests that wait for it.
///
/// It runs in a task of its own, so that neither a waiter that is dropped nor one that is slow holds up the others.
/// When the last waiter is gone it is aborted: look-ups in progress are never more than requests in progress.
pub(super) struct Flight {
    outcome: watch::Receiver<Option<Outcome>>,
    task: AbortHandle,
}

impl Flight {
    pub(super) fn new(outcome: watch::Receiver<Option<Outcome>>, task: AbortHandle) -> Self {
        Self { outcome, task }
    }

    /// Waits for the outcome.
    pub(super) async fn landed(self: Arc<Self>) -> Outcome {
        let mut outcome = self.outcome.clone();
        match outcome.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(outcome)) => outcome.clone(),
            // The sender is dropped without a word only by a panic, or when the runtime shuts down.
            _ => Err(StoreError::unavailable("the look-up ended without an answer")),
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.task.abort();
    }
}
