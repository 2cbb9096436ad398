//! Takes the ends of deliveries, and when the outages were.
//! Gives when what had piled up was gone, and whether all is as it was before.
//! Never waits for the last delivery: those still under way at the horizon count against it.

use super::{PER_MILLE, rank};
use crate::fleet::scene::outages::Outages;
use crate::fleet::watch::{Ended, Fate};
use crate::fleet::world::{Nanos, World};

/// What is seen of a recovery.
#[derive(Clone, Debug)]
pub(super) struct Recovery {
    horizon: Nanos,
    /// When the first outage begins.
    first: Nanos,
    /// When the last outage is over.
    over: Nanos,
    /// The largest latency of a request.
    latency: Nanos,
    /// When the last delivery was over that had been posted before that; none if one was not.
    drained: Option<Nanos>,
    /// From post to success, of those posted before the first outage.
    before: Vec<Nanos>,
    /// The same of those posted at the end.
    after: Vec<Nanos>,
}

/// How a recovery went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recovered {
    pub(super) drain: Option<Nanos>,
    pub(super) recovered: bool,
}

impl Recovery {
    /// For a group, if it has an outage before the horizon.
    pub(super) fn new(world: &World, outages: &Outages, group: usize) -> Option<Self> {
        let (first, over) = outages.span(group)?;
        Some(Self::between(world.horizon, first, over, world.subscribers[group].latency))
    }

    fn between(horizon: Nanos, first: Nanos, over: Nanos, latency: Nanos) -> Self {
        let (before, after) = (Vec::new(), Vec::new());
        Self { horizon, first, over, latency, drained: Some(over), before, after }
    }

    /// For two groups as one.
    pub(super) fn together(self, other: Self) -> Self {
        let (first, over) = (self.first.min(other.first), self.over.max(other.over));
        Self::between(self.horizon, first, over, self.latency.max(other.latency))
    }

    pub(super) fn ended(&mut self, ended: &Ended) {
        let took = if ended.fate == Fate::Delivered { ended.at - ended.posted } else { Nanos::MAX };
        if ended.posted < self.over {
            let over = ended.fate != Fate::Unfinished;
            self.drained = self.drained.filter(|_| over).map(|drained| drained.max(ended.at));
        }
        if ended.posted < self.first {
            self.before.push(took);
        }
        if ended.posted >= self.horizon - (self.horizon - self.over) / 4 {
            self.after.push(took);
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.drained = self.drained.zip(other.drained).map(|(drained, other)| drained.max(other));
        self.before.extend(&other.before);
        self.after.extend(&other.after);
    }

    pub(super) fn judge(mut self) -> Recovered {
        // Whoever is down at the horizon has not drained, even if nothing was posted.
        let drain = self.drained.filter(|_| self.over < self.horizon).map(|drained| drained - self.over);
        let bound = median(&mut self.before).unwrap_or(self.latency).saturating_mul(2);
        let recovered = drain.is_some() && median(&mut self.after).is_none_or(|after| after <= bound);
        Recovered { drain, recovered }
    }
}

fn median(values: &mut [Nanos]) -> Option<Nanos> {
    let place = rank(values.len() as u64, PER_MILLE[0]) as usize;
    (!values.is_empty()).then(|| *values.select_nth_unstable(place).1)
}
