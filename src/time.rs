//! Takes nothing.
//! Gives [`Instant`], a point on the clock of one run, and `std`'s [`Duration`] between two of them.
//! Never asks an operating system what time it is: an instant is handed in by whoever owns a clock.

use std::fmt;
use std::ops::Add;

pub use std::time::Duration;

/// A point in time, counted from the start of the run.
///
/// Own type because `std::time::Instant` has no origin and can't be printed; this one reads as seconds in traces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Duration);

impl Instant {
    /// The start of the run.
    pub const START: Self = Self(Duration::ZERO);

    /// The instant `elapsed` after the start.
    pub const fn after_start(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// How long after the start this is.
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// The far end of time is sticky: a delay of 2^63 s is legal input and must not overflow.
    fn add(self, delay: Duration) -> Self {
        Self(self.0.saturating_add(delay))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.0.as_secs_f64())
    }
}
