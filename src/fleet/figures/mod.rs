//! Takes counts and sorted times.
//! Gives [`Figures`]: how many were delivered and lost, how late, with how much traffic, and how busy the sender was.
//! Never rounds before the end: counts and nanoseconds are whole numbers.

pub(super) mod recovery;
pub(super) mod seconds;
pub(super) mod series;
pub(super) mod spread;
pub(super) mod tally;

use crate::fleet::world::Nanos;

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
    /// Requests that failed; of the rest, those whose outcome was known at the horizon ended their delivery.
    pub wasted: u64,
    /// From post to success.
    pub latency: Quantiles,
    /// From the end of the outage that the first attempt met to success; an outage is a [`Down`](super::Down) window, or
    /// several that touch.
    pub recovery_lag: Quantiles,
    /// The most requests that began in one second. Seconds are whole ones since the start.
    pub peak_1s: Peak,
    /// The most requests that began in ten such seconds, of which the first had one.
    pub peak_10s: Peak,
    /// From the end of the last outage until no delivery was left that had been posted before; none without an outage
    /// or if one was left at the horizon.
    pub drain: Option<Nanos>,
    /// Whether every delivery posted before the end of the last outage was over by the horizon, and those posted after
    /// it were delivered as fast at the end as before the outage; none without an outage.
    ///
    /// The end is the last quarter of the time between the outage and the horizon. As fast is: the median time to
    /// success, with what is not delivered counted as never, is at most twice that of the deliveries posted before the
    /// first outage, or twice the largest latency of a request if there were none.
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
    /// The part of the workers' time that was taken, sleeping included, 0 to 1, or of the places for open requests;
    /// none without a number of them.
    pub occupancy: Option<f64>,
    /// The failing messages a second that would take all workers: workers / mean time from the first attempt to the end
    /// of a message that failed at least once and was over by the horizon. None without such a message, and where
    /// workers do not sleep through delays.
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

impl Quantiles {
    /// Of these values, which are put in another order.
    pub(super) fn of(values: &mut [Nanos]) -> Self {
        let count = values.len() as u64;
        let Some(&max) = values.iter().max() else { return Self::default() };
        let mean = values.iter().map(|value| u128::from(*value)).sum::<u128>() as f64 / count as f64;
        let mut at = |rank| *values.select_nth_unstable(rank as usize).1;
        let [p50, p90, p99, p999] = PER_MILLE.map(|per_mille| at(rank(count, per_mille)));
        Self { count, mean, p50, p90, p99, p999, max }
    }
}

/// The quantiles that are told.
pub(super) const PER_MILLE: [u64; 4] = [500, 900, 990, 999];

/// The place, from 0, of the smallest of `count` sorted values that so many per mille of them do not exceed.
pub(super) const fn rank(count: u64, per_mille: u64) -> u64 {
    ((count as u128 * per_mille as u128).div_ceil(1000) as u64).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mut values: Vec<Nanos>, expected: [Nanos; 5]) {
        let of = Quantiles::of(&mut values);
        assert_eq!([of.p50, of.p90, of.p99, of.p999, of.max], expected);
    }

    #[test]
    fn a_quantile_is_the_smallest_value_that_enough_do_not_exceed() {
        check((1..=1000).rev().collect(), [500, 900, 990, 999, 1000]);
        check((1..=1001).collect(), [501, 901, 991, 1000, 1001]);
        check(vec![7], [7; 5]);
        check(vec![1, 9], [1, 9, 9, 9, 9]);
        check(vec![], [0; 5]);
    }
}
