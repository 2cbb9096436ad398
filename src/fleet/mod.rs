//! Takes a [`World`]: policies, arrivals, subscribers that fail in their ways, and a sender.
//! Gives what becomes of every delivery in it, as [`Figures`] and, for those who ask, attempt by attempt.
//! Never computes a delay of Zaqar's: `policy` does; never asks a clock or the system for randomness.

mod chunks;
mod compare;
mod coupled;
mod course;
mod dice;
mod door;
mod even;
mod field;
mod figures;
mod front;
mod grid;
mod group;
mod independent;
mod inflow;
mod interval;
mod limit;
mod metric;
mod outages;
mod outlook;
mod posts;
mod queue;
mod ranks;
mod recovery;
#[cfg(test)]
mod samples;
mod scene;
mod search;
mod seconds;
mod series;
mod shape;
mod spread;
mod sweep;
mod tally;
mod times;
mod trial;
mod vary;
mod verdicts;
mod waiting;
mod watch;
mod world;

pub mod file;

pub use compare::{Compared, Entrant, Watcher, compare, seed_of};
pub use course::{Course, Endless};
pub use field::set_field;
pub use figures::{Figures, GroupFigures, Peak, Quantiles};
pub use front::{dominates, front, knee};
pub use grid::{COMBINATIONS_MAX, Candidate, Candidates, Grid};
pub use interval::Difference;
pub use limit::Limit;
pub use metric::{METRICS, Measured, Metric, Unit};
pub use outages::Outages;
pub use outlook::{Outlook, Prepared};
pub use search::{OBJECTIVES, Picks, Scored, Searched, Wanted, search};
pub use series::{ATTEMPTS_MAX, Collector, ROWS_MAX, Row, STEPS_MAX, Series, Step};
pub use shape::Shape;
pub use spread::Spread;
pub use sweep::{Line, Setting, Swept, VALUES_MAX, read_values};
pub use tally::Tally;
pub use trial::Trial;
pub use watch::{Ended, Fate, Nothing, Tried, Watch};
pub use world::{
    Arrivals, Brownout, Capacity, Deal, Down, Fails, Jitter, Nanos, Pattern, Policy, SECOND, Sender, Slow, Subscriber,
    Window, World,
};

/// Runs a world from its start to its horizon and tells `watch` what happens.
///
/// # Errors
/// [`Endless`] for a policy that makes more retries at one moment than can be simulated.
pub fn run(world: &World, watch: &mut impl Watch) -> Result<(), Endless> {
    let scene = scene::Scene::new(world)?;
    if world.is_independent() {
        independent::run(world, &scene, watch);
    } else {
        coupled::run(world, &scene, watch);
    }
    Ok(())
}

/// The same by the engine for deliveries that get in each other's way, whether they do or not.
///
/// # Errors
/// As [`run`].
pub fn run_coupled(world: &World, watch: &mut impl Watch) -> Result<(), Endless> {
    coupled::run(world, &scene::Scene::new(world)?, watch);
    Ok(())
}

/// What becomes of a world: on all cores where its deliveries are independent, and the same on any number of them.
///
/// # Errors
/// As [`run`].
pub fn figures(world: &World) -> Result<Figures, Endless> {
    let scene = scene::Scene::new(world)?;
    if world.is_independent() {
        return Ok(independent::figures(world, &scene));
    }
    let mut tally = Tally::new(world);
    coupled::run(world, &scene, &mut tally);
    Ok(tally.figures())
}
