//! Takes what an engine tells.
//! Gives [`Figures`]: how many were delivered and lost, how late, with how much traffic, and how busy the sender was.
//! Never rounds before the end: counts and nanoseconds are whole numbers.

use super::watch::{Ended, Tried, Watch};
use super::world::{Nanos, World};

/// What became of a world, or of a group in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupFigures {
    /// The group's name; empty for the world as a whole.
    pub name: String,
    /// Deliveries: messages times subscribers. The sum of the five counts that follow.
    pub published: u64,
    /// Answered with success.
    pub delivered: u64,
    /// Ended by an answer that is no success.
    pub rejected: u64,
    /// Given up after the last attempt.
    pub lost: u64,
    /// Given up with another message of its batch.
    pub collateral_lost: u64,
    /// Not over at the horizon.
    pub unfinished: u64,
    /// Requests sent.
    pub attempts: u64,
    /// Requests that failed.
    pub wasted: u64,
    /// From post to success.
    pub latency: Quantiles,
    /// From the end of the outage that the first attempt met to success.
    pub recovery_lag: Quantiles,
    /// The most requests in one second.
    pub peak_1s: Peak,
    /// The most requests in ten seconds.
    pub peak_10s: Peak,
    /// From the end of the last outage until no delivery was left that had been posted before; none without an outage.
    pub drain: Option<Nanos>,
    /// Whether every delivery posted before the end of the last outage was over by the horizon, and those posted after
    /// it were delivered as fast at the end as before the outage; none without an outage.
    pub recovered: Option<bool>,
}

/// What became of a world.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Of all subscribers together.
    pub total: GroupFigures,
    /// Of each group, in the order of the file.
    pub groups: Vec<GroupFigures>,
    /// The 99th percentile of the latency to subscribers that never fail; none if there are none.
    pub healthy_p99: Option<Nanos>,
    /// The part of the workers' time that was taken, sleeping included, 0 to 1; none without a number of workers.
    pub occupancy: Option<f64>,
    /// The failing posts a second that would take all workers: workers / mean time a failing post holds one.
    pub saturation_rate: Option<f64>,
    /// The most posts that waited for a worker, or requests for a place, at once.
    pub max_backlog: u64,
    /// The most deliveries that were posted and not over at once: what a restart would lose.
    pub max_at_risk: u64,
}

/// How values are spread: exact, not estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quantiles {
    /// How many values there are; the rest is 0 if there is none.
    pub count: u64,
    /// The mean, in nanoseconds.
    pub mean: f64,
    /// The median: the smallest value that half of them do not exceed; the others likewise.
    pub p50: Nanos,
    /// 90 %.
    pub p90: Nanos,
    /// 99 %.
    pub p99: Nanos,
    /// 99.9 %.
    pub p999: Nanos,
    /// The largest.
    pub max: Nanos,
}

/// The most of something, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peak {
    /// How many.
    pub count: u64,
    /// The beginning of the first span of that many.
    pub at: Nanos,
}

/// Counts what it watches.
#[derive(Clone, Debug)]
pub struct Tally;

impl Tally {
    /// Nothing counted yet.
    pub fn new(_world: &World) -> Self {
        Self
    }

    /// The figures of what was watched.
    pub fn figures(self) -> Figures {
        Figures::default()
    }
}

impl Watch for Tally {
    fn tried(&mut self, _: &Tried) {}
    fn ended(&mut self, _: &Ended) {}
}
