//! Takes a world, and what is asked about it.
//! Gives [`Trial`], which measures policies in it one after the other, by the fastest means that can tell.
//! Never gives another number by one means than by the other: what only one can tell is not told.

use super::metric::{Measured, Metric};
use crate::fleet::figures::{Figures, GroupFigures};
use crate::fleet::outlook::{Outlook, Prepared};
use crate::fleet::scene::course::{Course, Endless};
use crate::fleet::world::{Jitter, Policy, World};

/// A world in which policies are tried.
#[derive(Debug)]
pub struct Trial {
    world: World,
    prepared: Option<Prepared>,
}

impl Trial {
    /// Makes a world ready for many policies, of which only some figures are asked.
    ///
    /// # Errors
    /// [`Endless`], for a policy of the world.
    pub fn new(world: World, asked: impl IntoIterator<Item = &'static Metric>) -> Result<Self, Endless> {
        let enough = asked.into_iter().all(foreseen);
        let prepared = if enough { Prepared::new(&world)? } else { None };
        Ok(Self { world, prepared })
    }

    /// Whether policies without jitter are measured without a look at each attempt.
    pub const fn is_foreseen(&self) -> bool {
        self.prepared.is_some()
    }

    /// What becomes of the world if everybody has `policy`.
    ///
    /// # Errors
    /// [`Endless`], for that policy.
    pub fn measure(&self, policy: &Policy) -> Result<Measured, Endless> {
        if let Some(prepared) = self.prepared.as_ref().filter(|_| policy.jitter == Jitter::None) {
            let course = Course::new(policy, self.world.rules, self.world.horizon)?;
            if let Some(outlook) = prepared.outlook_of(&course) {
                return Ok(Measured::of(&self.world, &figures(outlook)).only(foreseen));
            }
        }
        let world = self.world.under(policy.clone());
        let measured = Measured::of(&world, &crate::fleet::figures(&world)?);
        // A column of a table is of one kind.
        Ok(if self.is_foreseen() { measured.only(foreseen) } else { measured })
    }
}

fn figures(outlook: Outlook) -> Figures {
    let total = GroupFigures {
        published: outlook.published,
        delivered: outlook.delivered,
        rejected: outlook.rejected,
        lost: outlook.lost,
        unfinished: outlook.unfinished,
        attempts: outlook.attempts,
        wasted: outlook.wasted,
        latency: outlook.latency,
        recovery_lag: outlook.recovery_lag,
        peak_1s: outlook.peak_1s,
        peak_10s: outlook.peak_10s,
        ..GroupFigures::default()
    };
    Figures { total, ..Figures::default() }
}

/// Whether an [`Outlook`] tells a figure.
fn foreseen(metric: &Metric) -> bool {
    let others = ["drain", "saturation_rate", "occupancy", "healthy_p99", "max_backlog", "max_at_risk", "recovered"];
    !others.contains(&metric.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Grid, METRICS, Sender};
    use crate::protocol::Deviations;

    fn free() -> World {
        let sender = Sender::Sleeping { workers: None, per_subscriber: None, timeout: None };
        World { sender, horizon: 100_000_000_000, ..World::sample() }
    }

    #[test]
    fn both_means_say_the_same() {
        let candidates = Grid::default().candidates(Jitter::None, Deviations::NONE).expect("it is small").all;
        let fast = Trial::new(free(), [Metric::named("lag_p99").expect("it is one")]).expect("it ends");
        let full = Trial::new(free(), [Metric::named("drain").expect("it is one")]).expect("it ends");
        assert!(fast.is_foreseen() && !full.is_foreseen());
        for candidate in candidates.iter().step_by(37) {
            let measure = |trial: &Trial| trial.measure(&candidate.policy).expect("it ends");
            let (fast, full) = (measure(&fast), measure(&full));
            assert!(fast == full.clone().only(foreseen), "{}: {fast:?} {full:?}", candidate.policy.name);
            assert!(METRICS.iter().any(|metric| full.get(metric).is_some() && fast.get(metric).is_none()));
        }
    }

    #[test]
    fn where_deliveries_meet_they_are_played() {
        let trial = Trial::new(World::sample(), []).expect("it ends");
        assert!(!trial.is_foreseen());
    }
}
