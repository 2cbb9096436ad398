//! Takes every attempt that is about to be made.
//! Gives word when there have been more than any scenario may ask for.
//! Never lets one more happen then: where time stands still, an endless schedule would never give the client its turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::target::ATTEMPTS_MAX;

/// Counts attempts.
#[derive(Clone, Debug, Default)]
pub struct Limit(Arc<(AtomicUsize, Notify)>);

impl Limit {
    /// Counts one; never returns once there are too many.
    pub(super) async fn count(&self) {
        let (counted, reached) = &*self.0;
        if counted.fetch_add(1, Ordering::Relaxed) >= ATTEMPTS_MAX {
            reached.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// Whether there are too many.
    pub(super) fn is_reached(&self) -> bool {
        self.0.0.load(Ordering::Relaxed) > ATTEMPTS_MAX
    }

    /// Returns when there are too many.
    pub(super) async fn reached(&self) {
        self.0.1.notified().await;
    }
}
