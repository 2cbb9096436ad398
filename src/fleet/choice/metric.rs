//! Takes the [`Figures`] of a world.
//! Gives them as numbers with names, for whoever compares worlds: tables, limits, objectives.
//! Never invents a number: where there is nothing to measure, there is none.

use crate::fleet::figures::{Figures, Quantiles};
use crate::fleet::world::{Nanos, Pattern, SECOND, World};
use crate::spelling::hint;

/// A number that two worlds can be compared by.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// What it is called.
    pub name: &'static str,
    /// What is counted.
    pub unit: Unit,
    /// Whether more of it is better.
    pub more_is_better: bool,
    /// What it says, in a sentence's part.
    pub about: &'static str,
    of: fn(&Figures, f64) -> Option<f64>,
}

/// What a [`Metric`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// A part of a hundred.
    Percent,
    /// A part, or a multiple, of something.
    Ratio,
    /// Seconds.
    Seconds,
    /// 1 is yes, 0 is no.
    Truth,
}

impl PartialEq for Metric {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Metric {
    /// The metric of this name; for times also with the `_s` that their fields of JSON end in.
    ///
    /// # Errors
    /// A sentence with the names there are.
    pub fn named(name: &str) -> Result<&'static Self, String> {
        let found = METRICS.iter().find(|metric| metric.name == name || metric.key() == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
            format!("no such figure: {name}{}; there are {}", hint(name, names.iter().copied()), names.join(", "))
        })
    }

    /// The name of the field that holds it, which tells the unit of a time.
    pub fn key(&self) -> String {
        if self.unit == Unit::Seconds { format!("{}_s", self.name) } else { self.name.to_owned() }
    }

    /// Where it stands in [`METRICS`].
    pub fn place(&self) -> usize {
        METRICS.iter().position(|metric| metric == self).expect("all of them are there")
    }
}

/// The value of each of [`METRICS`].
#[derive(Clone, Debug, PartialEq)]
pub struct Measured(Vec<Option<f64>>);

impl Measured {
    /// What the figures of a world say.
    pub fn of(world: &World, figures: &Figures) -> Self {
        let steady = steady_per_s(world, figures.total.published);
        Self(METRICS.iter().map(|metric| (metric.of)(figures, steady)).collect())
    }

    /// In the order of [`METRICS`].
    pub(super) const fn from_values(values: Vec<Option<f64>>) -> Self {
        Self(values)
    }

    /// Those of some metrics, nothing of the others.
    pub(super) fn only(self, kept: impl Fn(&Metric) -> bool) -> Self {
        let values = METRICS.iter().zip(self.0);
        Self(values.map(|(metric, value)| value.filter(|_| kept(metric))).collect())
    }

    /// Whether every delivery that is over succeeded.
    pub fn lost_nothing(&self) -> bool {
        self.0[UNDELIVERED] == Some(0.0)
    }

    /// One of them; none where there was nothing to measure.
    pub fn get(&self, metric: &Metric) -> Option<f64> {
        self.0[metric.place()]
    }
}

/// Deliveries posted a second, in the mean from the first post to the last; within at least a second.
fn steady_per_s(world: &World, published: u64) -> f64 {
    let bounds = || world.arrivals.iter().map(|arrivals| bounds(&arrivals.pattern));
    let from = bounds().map(|(from, _)| from).min().unwrap_or(0);
    let until = bounds().map(|(_, until)| until).max().unwrap_or(0).min(world.horizon);
    published as f64 / seconds(until.saturating_sub(from).max(SECOND))
}

/// From when until when a pattern posts.
pub(super) fn bounds(pattern: &Pattern) -> (Nanos, Nanos) {
    match pattern {
        Pattern::Burst { at, .. } => (*at, *at),
        Pattern::Even { from, until, .. } | Pattern::Poisson { from, until, .. } => (*from, *until),
        Pattern::Trace(moments) => {
            (moments.first().copied().unwrap_or_default(), moments.last().copied().unwrap_or_default())
        }
    }
}

fn seconds(nanos: Nanos) -> f64 {
    nanos as f64 / SECOND as f64
}

fn quantile(quantiles: Quantiles, value: Nanos) -> Option<f64> {
    (quantiles.count > 0).then(|| seconds(value))
}

/// What was published and neither delivered nor under way at the end.
fn undelivered(figures: &Figures) -> u64 {
    let total = &figures.total;
    total.rejected + total.lost + total.collateral_lost
}

fn part(of: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| of as f64 / whole as f64)
}

const fn less(name: &'static str, unit: Unit, about: &'static str, of: fn(&Figures, f64) -> Option<f64>) -> Metric {
    Metric { name, unit, more_is_better: false, about, of }
}

const fn more(name: &'static str, unit: Unit, about: &'static str, of: fn(&Figures, f64) -> Option<f64>) -> Metric {
    Metric { name, unit, more_is_better: true, about, of }
}

/// All there are, in the order of tables.
#[rustfmt::skip]
pub static METRICS: [Metric; 28] = [
    more("delivered", Unit::Count, "deliveries that succeeded", |f, _| Some(f.total.delivered as f64)),
    less("undelivered", Unit::Count, "deliveries rejected, lost, or given up with another", |f, _| Some(undelivered(f) as f64)),
    less("undelivered_pct", Unit::Percent, "those in per cent of all", |f, _| part(100 * undelivered(f), f.total.published)),
    less("lost", Unit::Count, "of those, given up after their last attempt", |f, _| Some(f.total.lost as f64)),
    less("rejected", Unit::Count, "of those, answered so that no retry follows", |f, _| Some(f.total.rejected as f64)),
    less("collateral_lost", Unit::Count, "of those, given up with another message of their batch", |f, _| Some(f.total.collateral_lost as f64)),
    less("unfinished", Unit::Count, "deliveries not over at the horizon", |f, _| Some(f.total.unfinished as f64)),
    less("lag_p50", Unit::Seconds, "from the end of the outage to success, median", |f, _| quantile(f.total.recovery_lag, f.total.recovery_lag.p50)),
    less("lag_p90", Unit::Seconds, "from the end of the outage to success, 90 %", |f, _| quantile(f.total.recovery_lag, f.total.recovery_lag.p90)),
    less("lag_p99", Unit::Seconds, "from the end of the outage to success, 99 %", |f, _| quantile(f.total.recovery_lag, f.total.recovery_lag.p99)),
    less("lag_max", Unit::Seconds, "from the end of the outage to success, the longest", |f, _| quantile(f.total.recovery_lag, f.total.recovery_lag.max)),
    less("latency_p50", Unit::Seconds, "from post to success, median", |f, _| quantile(f.total.latency, f.total.latency.p50)),
    less("latency_p99", Unit::Seconds, "from post to success, 99 %", |f, _| quantile(f.total.latency, f.total.latency.p99)),
    less("latency_max", Unit::Seconds, "from post to success, the longest", |f, _| quantile(f.total.latency, f.total.latency.max)),
    less("attempts", Unit::Count, "requests sent", |f, _| Some(f.total.attempts as f64)),
    less("attempts_per_delivered", Unit::Ratio, "requests for each delivery that succeeded", |f, _| part(f.total.attempts, f.total.delivered)),
    less("wasted", Unit::Count, "requests that failed", |f, _| Some(f.total.wasted as f64)),
    less("amplification", Unit::Ratio, "requests for each delivery", |f, _| part(f.total.attempts, f.total.published)),
    less("peak_1s", Unit::Count, "the most requests in a second", |f, _| Some(f.total.peak_1s.count as f64)),
    less("peak_10s", Unit::Count, "the most requests in ten seconds", |f, _| Some(f.total.peak_10s.count as f64)),
    less("peak_x", Unit::Ratio, "the most requests in a second, by deliveries posted in one", |f, steady| (steady > 0.0).then(|| f.total.peak_1s.count as f64 / steady)),
    less("drain", Unit::Seconds, "from the end of the last outage until all from before is over", |f, _| f.total.drain.map(seconds)),
    more("saturation_rate", Unit::Ratio, "failing posts a second that would take all workers", |f, _| f.saturation_rate),
    less("occupancy", Unit::Ratio, "the part of the workers' time that is taken", |f, _| f.occupancy),
    less("healthy_p99", Unit::Seconds, "latency to subscribers that never fail, 99 %", |f, _| f.healthy_p99.map(seconds)),
    less("max_backlog", Unit::Count, "the most posts that waited for a worker", |f, _| Some(f.max_backlog as f64)),
    less("max_at_risk", Unit::Count, "the most deliveries that a restart would have lost", |f, _| Some(f.max_at_risk as f64)),
    more("recovered", Unit::Truth, "whether all was as before the outage in the end", |f, _| f.total.recovered.map(|yes| f64::from(u8::from(yes)))),
];

/// Where `undelivered` stands in [`METRICS`].
const UNDELIVERED: usize = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{GroupFigures, Peak};

    #[test]
    fn every_metric_has_a_name_of_its_own_and_a_place() {
        for (place, metric) in METRICS.iter().enumerate() {
            assert_eq!((metric.place(), Metric::named(metric.name)), (place, Ok(metric)));
            assert_eq!(Metric::named(&metric.key()), Ok(metric));
        }
        assert_eq!(METRICS[UNDELIVERED].name, "undelivered");
    }

    #[test]
    fn parts_are_of_what_there_is() {
        let world = World::sample();
        let total = GroupFigures {
            published: 40,
            delivered: 20,
            rejected: 1,
            lost: 2,
            collateral_lost: 1,
            unfinished: 16,
            attempts: 60,
            peak_1s: Peak { count: 8, at: 0 },
            ..GroupFigures::default()
        };
        let measured = Measured::of(&world, &Figures { total, ..Figures::default() });
        let value = |name| measured.get(Metric::named(name).expect(name));
        let seen =
            ["undelivered", "undelivered_pct", "amplification", "attempts_per_delivered", "lag_p99", "recovered"]
                .map(value);
        assert_eq!(seen, [Some(4.0), Some(10.0), Some(1.5), Some(3.0), None, None]);
        // 40 in 10 s are 4 a second.
        assert_eq!(value("peak_x"), Some(2.0));
        let nothing = Measured::of(&world, &Figures::default());
        assert_eq!((nothing.get(&METRICS[2]), nothing.lost_nothing()), (None, true));
    }
}
