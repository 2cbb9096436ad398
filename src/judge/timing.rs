//! Takes a case and the clock it ran on.
//! Gives how early and how late an attempt may be.
//! Never looks at what was observed.

use std::collections::BTreeSet;

use crate::scenario::Case;
use crate::time::Duration;

/// The way to the next longer delay where a scenario has none: the interval of the linear function.
const STEP: Duration = Duration::from_secs(5);
/// What two readings of one clock may disagree by on a real machine; anything earlier is a failure.
const EARLY: Duration = Duration::from_millis(50);
/// What a server and this program need for one attempt on top of the delay, on the machine's clock.
const TURNAROUND: Duration = Duration::from_millis(20);
/// However fast the clock, an attempt that is a second early must not pass.
const HANGUP_MAX: Duration = Duration::from_millis(500);

/// How late an attempt may be on a network that moves in ticks: every message waits for the next one, and what comes at
/// the end of a long batch has waited for hundreds. Delays are whole seconds, so none is taken for another.
const TICKS: Duration = Duration::from_millis(250);
/// How often one attempt crosses the network: the answer before it, the connection there and back, the request.
const LEGS: u32 = 4;
/// However slow the network, what a scenario wants to see of it in seconds it has to say.
const LEGS_MAX: Duration = Duration::from_millis(500);

/// The clock a case ran on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clockwork {
    /// Time is a number: everything is exact.
    Virtual,
    /// Time is a number that moves in steps of a millisecond, and the network needs some for everything.
    Ticking,
    /// The machine's clock; `scale` seconds of the run pass in each of its seconds.
    Real {
        /// At least 1.
        scale: u32,
    },
}

/// How early and how late an attempt of one case may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    early: Duration,
    turnaround: Duration,
    /// How late a subscriber may notice that the server has hung up; what follows then looks early by as much.
    hangup: Duration,
    /// What the simulated network needs, where there is one.
    network: Duration,
    /// Every delay of the scenario, in order: what a late attempt must not be taken for. None in virtual time.
    delays_s: Option<BTreeSet<u64>>,
}

impl Timing {
    /// The timing of a case on a clock.
    pub fn of(case: &Case, clock: Clockwork) -> Self {
        let deliveries = case.expect.deliveries.iter();
        let delays = deliveries.flat_map(|delivery| delivery.delays_s.iter().flat_map(|delay| delay.accepted()));
        Self::among(case, delays.copied().collect(), clock)
    }

    /// As if these were the delays of the case.
    pub fn among(case: &Case, delays_s: BTreeSet<u64>, clock: Clockwork) -> Self {
        let ticks = if clock == Clockwork::Ticking { TICKS } else { Duration::ZERO };
        let network = ticks + (case.latency_max() * LEGS).min(LEGS_MAX);
        let Clockwork::Real { scale } = clock else {
            // What happens to the network has its time on the clock; what came before it was late by some ticks.
            let drifts = clock == Clockwork::Ticking && case.disrupts_network();
            let early = if drifts { EARLY } else { Duration::ZERO };
            let (turnaround, hangup) = (Duration::ZERO, Duration::ZERO);
            return Self { early, turnaround, hangup, network, delays_s: None };
        };
        let turnaround = TURNAROUND * scale;
        Self { early: EARLY, turnaround, hangup: turnaround.min(HANGUP_MAX), network, delays_s: Some(delays_s) }
    }

    /// How much before its time an attempt may come, after one that ended as `hung_up` says: nothing in virtual time.
    pub fn early(&self, hung_up: bool) -> Duration {
        if hung_up { self.early + self.hangup } else { self.early }
    }

    /// How long after `delay` an attempt may come. Exact in virtual time, but for what a slow network adds; on a real clock a quarter of the way to the
    /// next longer delay of the scenario, and the turnaround, which a fast clock makes longer. Never more than half the
    /// way, so that no delay is ever taken for another.
    pub fn late(&self, delay: Duration) -> Duration {
        let Some(delays_s) = &self.delays_s else { return self.network };
        let longer = delays_s.iter().map(|delay| Duration::from_secs(*delay)).find(|longer| *longer > delay);
        let step = longer.map_or(STEP, |longer| longer - delay);
        (step / 4 + self.turnaround).min(step / 2)
    }

    /// A timing without turnaround, for tests of those who use one.
    #[cfg(test)]
    pub(super) fn with_delays(early: Duration, hangup: Duration, delays_s: &[u64]) -> Self {
        Self {
            early,
            turnaround: Duration::ZERO,
            hangup,
            network: Duration::ZERO,
            delays_s: Some(delays_s.iter().copied().collect()),
        }
    }
}
