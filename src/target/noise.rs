//! Takes a clock.
//! Gives how late the machine was, reading by reading, as long as the watch is kept.
//! Never excuses a server: what it gives only turns "late" into "can't tell".

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::clock::Clock;
use crate::judge::Noise;
use crate::time::{Duration, Instant};

/// How often the machine is watched, on its own clock.
const PERIOD: Duration = Duration::from_millis(5);
/// A timer this late is no news: tokio's are a millisecond coarse.
const COARSE: Duration = Duration::from_millis(2);
/// Where Linux tells how long work has waited for a processor, in microseconds since the system started.
const PRESSURE: &str = "/proc/pressure/cpu";

/// A watch over the machine: how late its timer rings, and how long work waits for a processor. The second sees what a
/// server on the same machine suffers and this program does not.
#[derive(Debug)]
pub(super) struct NoiseWatch(Arc<Mutex<Vec<Noise>>>);

impl NoiseWatch {
    /// Keeps watch until it is dropped.
    pub(super) fn start(clock: Clock) -> Self {
        let readings = Arc::default();
        tokio::spawn(watch(clock, Arc::downgrade(&readings)));
        Self(readings)
    }

    /// The readings from `start` on, counted from there.
    pub(super) fn since(&self, start: Instant) -> Vec<Noise> {
        let readings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = |noise: &Noise| Noise { at: Instant::after_start(noise.at.since(start)), ..*noise };
        readings.iter().filter(|noise| noise.at >= start).map(own).collect()
    }
}

async fn watch(clock: Clock, readings: Weak<Mutex<Vec<Noise>>>) {
    let mut waited = waited_for_processor();
    loop {
        let due = clock.now() + PERIOD * clock.scale();
        clock.sleep_until(due).await;
        let (at, now_waited) = (clock.now(), waited_for_processor());
        let stalled = now_waited.saturating_sub(waited) * clock.scale();
        waited = now_waited;
        let late = Some(at.since(due)).filter(|late| *late > COARSE * clock.scale()).unwrap_or_default();
        let Some(readings) = readings.upgrade() else { return };
        if !late.is_zero() || !stalled.is_zero() {
            readings.lock().unwrap_or_else(PoisonError::into_inner).push(Noise { at, late, stalled });
        }
    }
}

/// How long some work or other has waited for a processor since the system started; zero where nobody counts it.
fn waited_for_processor() -> Duration {
    let text = std::fs::read_to_string(PRESSURE).unwrap_or_default();
    let total = text.lines().find_map(|line| line.strip_prefix("some ")?.rsplit_once("total=")?.1.parse().ok());
    Duration::from_micros(total.unwrap_or_default())
}
