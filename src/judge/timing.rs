//! Takes a case and the clock it ran on.
//! Gives how early and how late an attempt may be.
//! Never looks at what was observed.

use std::collections::BTreeSet;

use crate::scenario::Case;
use crate::time::Duration;

/// Late tolerance where a scenario has but one delay: a quarter of the interval of the linear function.
const LATE_DEFAULT: Duration = Duration::from_millis(1250);
/// What two readings of one clock may disagree by on a real machine; anything earlier is a failure.
const EARLY: Duration = Duration::from_millis(50);
/// What a server and this program need for one attempt on top of the delay, on the machine's clock.
const TURNAROUND: Duration = Duration::from_millis(20);

/// The clock a case ran on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clockwork {
    /// Time is a number: everything is exact.
    Virtual,
    /// The machine's clock; `scale` seconds of the run pass in each of its seconds.
    Real {
        /// At least 1.
        scale: u32,
    },
}

/// How early and how late an attempt may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Before its time.
    pub early: Duration,
    /// After its time.
    pub late: Duration,
}

impl Timing {
    /// Exact in virtual time. On a real clock a quarter of the smallest difference between distinct delays, and the
    /// turnaround, which a fast clock makes longer; but never half the difference, or two delays could be confused.
    pub fn of(case: &Case, clock: Clockwork) -> Self {
        let Clockwork::Real { scale } = clock else {
            return Self { early: Duration::ZERO, late: Duration::ZERO };
        };
        let smallest = smallest_difference(case).unwrap_or(LATE_DEFAULT * 4);
        Self { early: EARLY, late: (smallest / 4 + TURNAROUND * scale).min(smallest / 2) }
    }
}

fn smallest_difference(case: &Case) -> Option<Duration> {
    let deliveries = &case.expect.deliveries;
    let delays: BTreeSet<u64> = deliveries
        .iter()
        .flat_map(|delivery| delivery.delays_s.iter().filter_map(|delay| delay.accepted().iter().min().copied()))
        .collect();
    let steps = delays.iter().zip(delays.iter().skip(1)).map(|(shorter, longer)| longer - shorter);
    steps.min().map(Duration::from_secs)
}
