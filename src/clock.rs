//! Takes the machine's monotonic clock and the factor by which the server's clock runs faster.
//! Gives the time of the run as an [`Instant`], and sleeps until one.
//! Never lets the time of day decide when something happens: it may jump.

use crate::time::{Duration, Instant};

/// The time of day, counted from 1970 in UTC.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
pub fn time_of_day() -> Duration {
    std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}

/// The clock of a run against a real server: every second of the machine is `scale` seconds of the run.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: tokio::time::Instant,
    /// What the clock showed then.
    shown: Duration,
    scale: u32,
}

impl Clock {
    /// A clock that starts now.
    pub fn start(scale: u32) -> Self {
        Self::showing(Duration::ZERO, scale)
    }

    /// A clock that shows `shown` now: hosts of one simulated network have a runtime each, and must agree.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    pub fn showing(shown: Duration, scale: u32) -> Self {
        Self { origin: tokio::time::Instant::now(), shown, scale }
    }

    /// The same pace, starting now: each case counts from its own start.
    #[must_use]
    pub fn restart(self) -> Self {
        Self::start(self.scale)
    }

    /// How many seconds of the run pass in one second of the machine.
    pub const fn scale(self) -> u32 {
        self.scale
    }

    /// The time of the run.
    pub fn now(self) -> Instant {
        Instant::after_start(self.shown + self.origin.elapsed() * self.scale)
    }

    /// How long the machine has to wait for a stretch of the run.
    pub fn wall(self, stretch: Duration) -> Duration {
        stretch / self.scale
    }

    /// Sleeps until `at`; returns at once if it has passed.
    pub async fn sleep_until(self, at: Instant) {
        let wall = self.wall(at.since_start().saturating_sub(self.shown));
        match self.origin.checked_add(wall) {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    }

    /// Sleeps for a stretch of the run.
    pub async fn sleep(self, stretch: Duration) {
        self.sleep_until(self.now() + stretch).await;
    }
}
