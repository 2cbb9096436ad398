//! Takes worlds that differ in one thing, and how often to run them.
//! Gives for each its figures, and in what they differ from the first one's, beyond chance.
//! Never gives two worlds different random numbers: the same message comes at the same moment in all of them.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::interval::Difference;
use super::metric::{Measured, Metric};
use crate::fleet::figures::Figures;
use crate::fleet::scene::course::Endless;
use crate::fleet::world::World;
use crate::rng::Stream;

/// A world that is compared.
#[derive(Clone, Debug)]
pub struct Entrant {
    /// What it is called.
    pub name: String,
    /// The world; the seed of the first one counts for all.
    pub world: World,
}

/// How an entrant did.
#[derive(Clone, Debug)]
pub struct Compared {
    /// What it is called.
    pub name: String,
    /// Its figures, run by run; fewer than were asked for if somebody interrupted.
    pub runs: Vec<Measured>,
    /// The number of each of those runs, from 0.
    pub numbers: Vec<u32>,
}

impl Compared {
    /// The mean of a metric over the runs that have it.
    pub fn mean(&self, metric: &Metric) -> Option<f64> {
        let values: Vec<f64> = self.runs.iter().filter_map(|run| run.get(metric)).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }

    /// How much more of a metric it has than `first`, run by run.
    pub fn difference(&self, first: &Self, metric: &Metric) -> Option<Difference> {
        let pairs = first.runs.iter().zip(&self.runs);
        Difference::of(pairs.filter_map(|(first, own)| Some((first.get(metric)?, own.get(metric)?))))
    }
}

/// Who is told how far a long piece of work has come, and says whether to go on; from several threads.
pub struct Watcher<'a> {
    /// Called after each run.
    pub done: &'a (dyn Fn() + Sync),
    /// No new run begins once this is true.
    pub stop: &'a AtomicBool,
}

#[cfg(test)]
impl Watcher<'_> {
    /// Nobody watches, and nobody interrupts.
    pub(super) const fn nobody() -> Self {
        static GO_ON: AtomicBool = AtomicBool::new(false);
        Self { done: &|| (), stop: &GO_ON }
    }
}

/// Runs every entrant with the same seeds: the world's own first, then others that follow from it. A run that not all
/// entrants have finished counts for none of them.
///
/// # Errors
/// The first of the engine.
pub fn compare(
    entrants: &[Entrant],
    runs: u32,
    engine: impl Fn(&World) -> Result<Figures, Endless> + Sync,
    watcher: &Watcher<'_>,
) -> Result<Vec<Compared>, Endless> {
    let seed = entrants.first().map_or(0, |entrant| entrant.world.seed);
    let one = |(number, entrant): (u32, &Entrant)| {
        if watcher.stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let world = World { seed: seed_of(seed, number), ..entrant.world.clone() };
        let measured = Measured::of(&world, &engine(&world)?);
        (watcher.done)();
        Ok(Some(measured))
    };
    let all: Vec<(u32, &Entrant)> =
        (0..runs).flat_map(|run| entrants.iter().map(move |entrant| (run, entrant))).collect();
    let finished: Vec<Option<Measured>> = all.into_par_iter().map(one).collect::<Result<_, Endless>>()?;
    let runs = (0..).zip(finished.chunks(entrants.len().max(1)));
    let whole: Vec<(u32, &[Option<Measured>])> = runs.filter(|(_, run)| run.iter().all(Option::is_some)).collect();
    let numbers: Vec<u32> = whole.iter().map(|(number, _)| *number).collect();
    let of = |place: usize| whole.iter().filter_map(|(_, run)| run[place].clone()).collect();
    let named = entrants.iter().enumerate();
    Ok(named
        .map(|(place, entrant)| Compared { name: entrant.name.clone(), runs: of(place), numbers: numbers.clone() })
        .collect())
}

/// The seed of a run, from 0.
pub fn seed_of(seed: u64, run: u32) -> u64 {
    if run == 0 { seed } else { Stream::new(seed, &format!("run {run}")).next_u64() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::GroupFigures;

    /// A world in which as much is lost as its seed and its horizon say.
    fn engine(world: &World) -> Result<Figures, Endless> {
        let lost = world.seed % 1_000 + world.horizon / 1_000_000_000;
        Ok(Figures { total: GroupFigures { published: 9_999, lost, ..GroupFigures::default() }, ..Figures::default() })
    }

    fn entrants(longer: u64) -> Vec<Entrant> {
        let world = World { seed: 5, ..World::sample() };
        let other = World { seed: 6, horizon: world.horizon + longer * 1_000_000_000, ..world.clone() };
        vec![Entrant { name: "a".into(), world }, Entrant { name: "b".into(), world: other }]
    }

    fn lost() -> &'static Metric {
        Metric::named("lost").expect("it is one")
    }

    #[test]
    fn all_have_the_random_numbers_of_the_first() {
        let compared = compare(&entrants(3), 4, engine, &Watcher::nobody()).expect("it ends");
        // The seeds take turns, the difference stays: it is not chance.
        let difference = compared[1].difference(&compared[0], lost()).expect("there are runs");
        assert_eq!(difference, Difference { mean: 3.0, within: Some(0.0) });
        assert_eq!(compared[0].runs[0].get(lost()), Some(15.0), "the first run has the seed of the world");
        assert_ne!(compared[0].runs[0], compared[0].runs[1]);
        assert_eq!(compared[1].numbers, [0, 1, 2, 3]);
    }

    #[test]
    fn a_world_differs_from_itself_by_exactly_nothing() {
        let compared = compare(&entrants(0), 5, crate::fleet::figures, &Watcher::nobody()).expect("it ends");
        for metric in &crate::fleet::METRICS {
            let difference = compared[1].difference(&compared[0], metric);
            let nothing = Difference { mean: 0.0, within: Some(0.0) };
            assert!(difference.is_none_or(|difference| difference == nothing), "{metric:?} {difference:?}");
        }
    }

    #[test]
    fn who_interrupts_gets_whole_runs() {
        let stop = AtomicBool::new(false);
        let done = || stop.store(true, Ordering::Relaxed);
        let compared = compare(&entrants(0), 50, engine, &Watcher { done: &done, stop: &stop }).expect("it ends");
        assert!(compared[0].runs.len() < 50, "{}", compared[0].runs.len());
        assert_eq!(compared[0].numbers, compared[1].numbers);
    }
}
