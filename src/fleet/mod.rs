//! Takes a [`World`]: policies, arrivals, subscribers that fail in their ways, and a sender.
//! Gives what becomes of every delivery in it, as [`Figures`] and, for those who ask, attempt by attempt.
//! Never computes a delay of Zaqar's: `policy` does; never asks a clock or the system for randomness.
//!
//! `file` reads a world, `scene` works out what its deliveries meet, `engine` plays them in one of two ways, `figures`
//! counts. `outlook` gives the same figures without playing, and `choice` compares policies by either.

mod choice;
mod engine;
mod figures;
mod outlook;
#[cfg(test)]
mod samples;
mod scene;
mod watch;
mod world;

pub mod file;

pub use choice::compare::{Compared, Entrant, Watcher, compare, seed_of};
pub use choice::field::set_field;
pub use choice::front::{dominates, front, knee};
pub use choice::grid::{COMBINATIONS_MAX, Candidate, Candidates, Grid};
pub use choice::interval::Difference;
pub use choice::limit::Limit;
pub use choice::metric::{METRICS, Measured, Metric, Unit};
pub use choice::search::{OBJECTIVES, Picks, Scored, Searched, Wanted, search};
pub use choice::shape::Shape;
pub use choice::sweep::{Line, Setting, Swept, VALUES_MAX, read_values};
pub use choice::trial::Trial;
pub use figures::series::{ATTEMPTS_MAX, Collector, ROWS_MAX, Row, STEPS_MAX, Series, Step};
pub use figures::spread::Spread;
pub use figures::tally::Tally;
pub use figures::{Figures, GroupFigures, Peak, Quantiles};
pub use outlook::{Outlook, Prepared};
pub use scene::course::{Course, Endless};
pub use scene::outages::Outages;
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
        engine::independent::run(world, &scene, watch);
    } else {
        engine::coupled::run(world, &scene, watch);
    }
    Ok(())
}

/// The same by the engine for deliveries that get in each other's way, whether they do or not.
///
/// # Errors
/// As [`run`].
pub fn run_coupled(world: &World, watch: &mut impl Watch) -> Result<(), Endless> {
    engine::coupled::run(world, &scene::Scene::new(world)?, watch);
    Ok(())
}

/// What becomes of a world: on all cores where its deliveries are independent, and the same on any number of them.
///
/// # Errors
/// As [`run`].
pub fn figures(world: &World) -> Result<Figures, Endless> {
    let scene = scene::Scene::new(world)?;
    if world.is_independent() {
        return Ok(engine::independent::figures(world, &scene));
    }
    let mut tally = Tally::new(world);
    engine::coupled::run(world, &scene, &mut tally);
    Ok(tally.figures())
}
