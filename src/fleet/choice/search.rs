//! Takes candidates, several worlds, limits, and what is to be small.
//! Gives how each candidate does in the worst of the worlds, the Pareto front of those that keep the limits, and picks.
//! Never judges by one world: a policy may be lucky there.

use std::sync::atomic::Ordering;

use rayon::prelude::*;

use super::compare::Watcher;
use super::front::{front, knee};
use super::grid::Candidate;
use super::limit::Limit;
use super::metric::{METRICS, Measured, Metric};
use crate::fleet::scene::course::Endless;
use crate::fleet::world::Policy;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What has to be so in every world.
    pub limits: Vec<Limit>,
    /// What is to be as good as can be, in the worst world; at least two.
    pub objectives: Vec<&'static Metric>,
}

/// How a candidate did.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Each figure in the world where it is worst.
    pub worst: Measured,
    /// Which limits it breaks in some world, by their place.
    pub broken: Vec<usize>,
}

/// What came of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct Searched {
    /// How each candidate did, in their order; fewer than there are if somebody interrupted.
    pub scored: Vec<Scored>,
    /// Places of the candidates on the front.
    pub front: Vec<usize>,
    /// The places of those with a name; none if the front is empty.
    pub picks: Option<Picks>,
    /// For each limit how many candidates break it, and how many break no other one.
    pub excluded: Vec<(u64, u64)>,
}

/// Members of the front that are worth a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picks {
    /// Where giving up more of one thing stops paying in others.
    pub knee: usize,
    /// The shortest recovery lag.
    pub fast: usize,
    /// The lowest peak.
    pub gentle: usize,
    /// The fewest requests for each delivery.
    pub cheap: usize,
}

impl Picks {
    /// Their names.
    pub const fn named(self) -> [(&'static str, usize); 4] {
        [("knee", self.knee), ("fast", self.fast), ("gentle", self.gentle), ("cheap", self.cheap)]
    }
}

/// What is to be small unless somebody says otherwise.
pub const OBJECTIVES: [&str; 3] = ["lag_p99", "peak_x", "attempts_per_delivered"];
/// How many candidates are tried before somebody who interrupts is heard.
const CHUNK: usize = 64;

/// Tries every candidate in so many worlds; `engine` plays it in the world of a number, from 0.
///
/// # Errors
/// The first of the engine.
pub fn search(
    candidates: &[Candidate],
    worlds: usize,
    wanted: &Wanted,
    engine: impl Fn(usize, &Policy) -> Result<Measured, Endless> + Sync,
    watcher: &Watcher<'_>,
) -> Result<Searched, Endless> {
    let score = |candidate: &Candidate| {
        let tried = (0..worlds).map(|number| engine(number, &candidate.policy));
        let tried: Vec<Measured> = tried.collect::<Result<_, Endless>>()?;
        (watcher.done)();
        Ok(Scored::of(&tried, &wanted.limits))
    };
    let mut scored = Vec::new();
    for chunk in candidates.chunks(CHUNK) {
        if watcher.stop.load(Ordering::Relaxed) {
            break;
        }
        let tried: Vec<Scored> = chunk.par_iter().map(score).collect::<Result<_, Endless>>()?;
        scored.extend(tried);
    }
    Ok(Searched::of(scored, wanted))
}

impl Wanted {
    /// The figures that decide.
    pub fn figures(&self) -> impl Iterator<Item = &'static Metric> {
        self.limits.iter().map(|limit| limit.metric).chain(self.objectives.iter().copied())
    }
}

impl Scored {
    /// Of how a candidate did in each world.
    pub fn of(tried: &[Measured], limits: &[Limit]) -> Self {
        let broken = |(_, limit): &(usize, &Limit)| !tried.iter().all(|measured| limit.is_kept(measured));
        let broken = limits.iter().enumerate().filter(broken).map(|(place, _)| place).collect();
        Self { worst: Measured::worst(tried), broken }
    }

    /// What is to be small, as numbers of which less is better.
    pub fn point(&self, objectives: &[&'static Metric]) -> Vec<f64> {
        let number = |metric: &&Metric| match self.worst.get(metric) {
            Some(value) if metric.more_is_better => -value,
            Some(value) => value,
            None if self.worst.lost_nothing() => 0.0,
            None => f64::INFINITY,
        };
        objectives.iter().map(number).collect()
    }
}

impl Searched {
    /// What follows from how the candidates did.
    pub fn of(scored: Vec<Scored>, wanted: &Wanted) -> Self {
        let keeping: Vec<usize> = (0..scored.len()).filter(|place| scored[*place].broken.is_empty()).collect();
        let points: Vec<Vec<f64>> = keeping.iter().map(|place| scored[*place].point(&wanted.objectives)).collect();
        let best = front(&points);
        let picks = knee(&points, &best).map(|knee| Picks {
            knee: keeping[knee],
            fast: lowest(&scored, &keeping, &best, wanted, "lag_p99"),
            gentle: lowest(&scored, &keeping, &best, wanted, "peak_x"),
            cheap: lowest(&scored, &keeping, &best, wanted, "attempts_per_delivered"),
        });
        let excluded = (0..wanted.limits.len()).map(|limit| {
            let breaking = scored.iter().filter(|scored| scored.broken.contains(&limit));
            let (all, alone) = (breaking.clone().count(), breaking.filter(|scored| scored.broken.len() == 1).count());
            (all as u64, alone as u64)
        });
        let excluded = excluded.collect();
        let front = best.into_iter().map(|place| keeping[place]).collect();
        Self { scored, front, picks, excluded }
    }

    /// The limit that excludes most candidates, by its place; none if every limit is kept by all.
    pub fn hardest(&self) -> Option<usize> {
        let broken = self.excluded.iter().enumerate().filter(|(_, (all, _))| *all > 0);
        broken.max_by_key(|(place, (all, _))| (*all, std::cmp::Reverse(*place))).map(|(place, _)| place)
    }
}

/// The member of the front with the least of a metric; among equals the one that is better in the objectives.
fn lowest(scored: &[Scored], keeping: &[usize], front: &[usize], wanted: &Wanted, metric: &str) -> usize {
    let metric = Metric::named(metric).expect("it is one of them");
    let members = front.iter().map(|place| keeping[*place]);
    let key = |place: usize| {
        let own = scored[place].point(&[metric]);
        own.into_iter().chain(scored[place].point(&wanted.objectives)).collect::<Vec<f64>>()
    };
    let order = |a: &usize, b: &usize| {
        let (a, b) = (key(*a), key(*b));
        a.iter().zip(&b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    };
    members.min_by(order).expect("the front is not empty")
}

impl Measured {
    /// Each figure from the one where it is worst. What has no number in one that lost something is worse than any.
    pub fn worst(all: &[Self]) -> Self {
        let worst = |metric: &Metric| -> Option<f64> {
            let has_none = |measured: &&Self| measured.get(metric).is_none() && !measured.lost_nothing();
            if all.iter().any(|measured| has_none(&measured)) {
                return None;
            }
            let values = all.iter().filter_map(|measured| measured.get(metric));
            values.reduce(if metric.more_is_better { f64::min } else { f64::max })
        };
        Self::from_values(METRICS.iter().map(worst).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::fleet::{Figures, Grid, GroupFigures, Jitter, Peak, Quantiles, SECOND, World, dominates};
    use crate::protocol::Deviations;

    fn candidates() -> Vec<Candidate> {
        Grid::default().candidates(Jitter::None, Deviations::NONE).expect("it is small").all
    }

    fn wanted(limits: &[&str]) -> Wanted {
        let limits = limits.iter().map(|limit| limit.parse().expect(limit)).collect();
        Wanted { limits, objectives: OBJECTIVES.map(|name| Metric::named(name).expect(name)).to_vec() }
    }

    /// The longer the gaps, the later and the gentler; in the second world everything is twice as much.
    fn engine(number: usize, policy: &Policy) -> Result<Measured, Endless> {
        let shape = crate::fleet::Shape::of(policy, Deviations::NONE);
        let twice = 1 + number as u64;
        let lag = shape.gap_max_s * SECOND * twice;
        let total = GroupFigures {
            published: 100,
            delivered: 100,
            lost: u64::from(shape.span_s < 100 * twice),
            attempts: 100 + shape.attempts as u64 * twice,
            recovery_lag: Quantiles { count: 1, p99: lag, ..Quantiles::default() },
            peak_1s: Peak { count: 1_000 * twice / (1 + shape.gap_max_s), at: 0 },
            ..GroupFigures::default()
        };
        Ok(Measured::of(&World::sample(), &Figures { total, ..Figures::default() }))
    }

    fn searched(limits: &[&str], worlds: usize) -> Searched {
        search(&candidates(), worlds, &wanted(limits), engine, &Watcher::nobody()).expect("it ends")
    }

    #[test]
    fn the_worst_world_counts() {
        let (one, two) = (searched(&["lost=0"], 1), searched(&["lost=0"], 2));
        let lag = Metric::named("lag_p99").expect("it is one");
        for (one, two) in one.scored.iter().zip(&two.scored) {
            assert_eq!(one.worst.get(lag).map(|lag| lag * 2.0), two.worst.get(lag));
        }
        assert!(two.excluded[0].0 > one.excluded[0].0, "a limit has to be kept in all worlds");
    }

    #[test]
    fn picks_are_on_the_front_and_best_at_what_they_are_called() {
        let wanted = wanted(&["lost=0"]);
        let searched = searched(&["lost=0"], 2);
        let picks = searched.picks.expect("there is a front");
        for (name, place) in picks.named() {
            assert!(searched.front.contains(&place), "{name}");
        }
        let value = |place: usize, name| searched.scored[place].worst.get(Metric::named(name).expect(name));
        for (place, metric) in
            [(picks.fast, "lag_p99"), (picks.gentle, "peak_x"), (picks.cheap, "attempts_per_delivered")]
        {
            let least =
                searched.front.iter().map(|place| value(*place, metric)).reduce(|a, b| if b < a { b } else { a });
            assert_eq!(Some(value(place, metric)), least, "{metric}");
        }
        for (place, scored) in searched.scored.iter().enumerate().filter(|(_, scored)| scored.broken.is_empty()) {
            let own = scored.point(&wanted.objectives);
            let points = searched.front.iter().map(|best| searched.scored[*best].point(&wanted.objectives));
            let beaten = points.clone().any(|best| dominates(&best, &own));
            assert_eq!(beaten, !points.clone().any(|best| best == own), "{place}");
        }
    }

    #[test]
    fn limits_that_nobody_keeps_are_counted() {
        let searched = searched(&["lost=0", "peak_1s<1"], 2);
        assert_eq!((searched.front.len(), searched.picks), (0, None));
        assert_eq!(searched.hardest(), Some(1));
        let [lost, peak] = searched.excluded[..] else { panic!("two limits") };
        assert!(peak.0 > lost.0 && peak.1 > 0, "{lost:?} {peak:?}");
    }

    #[test]
    fn the_number_of_threads_can_not_be_seen() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("there are threads");
            pool.install(|| searched(&["lost=0"], 2))
        };
        assert!(with(1) == with(5));
    }

    #[test]
    fn who_interrupts_gets_what_is_done() {
        let stop = AtomicBool::new(false);
        let done = || stop.store(true, Ordering::Relaxed);
        let watcher = Watcher { done: &done, stop: &stop };
        let searched = search(&candidates(), 1, &wanted(&[]), engine, &watcher).expect("it ends");
        assert_eq!(searched.scored.len(), CHUNK);
        assert!(searched.picks.is_some());
    }
}
