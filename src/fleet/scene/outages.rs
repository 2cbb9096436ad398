//! Takes the outages of a world.
//! Gives [`Outages`]: when each subscriber is down, windows that touch counting as one outage.
//! Never asks what a request meets then.

use super::dice::Dice;
use super::times::Times;
use crate::fleet::world::{Nanos, Subscriber, World};

/// When each subscriber of a world is down.
#[derive(Clone, Debug)]
pub struct Outages {
    horizon: Nanos,
    groups: Vec<Vec<Times>>,
    counts: Vec<u32>,
}

impl Outages {
    /// Those of a world; the drawn ones are drawn.
    pub fn new(world: &World) -> Self {
        let groups = (0..).zip(&world.subscribers).map(|(number, group)| times(world, number, group)).collect();
        Self { horizon: world.horizon, groups, counts: world.subscribers.iter().map(|group| group.count).collect() }
    }

    /// When the outage is over that a subscriber has at `at`, if it has one.
    pub fn over(&self, group: usize, member: u32, at: Nanos) -> Option<Nanos> {
        over(self.groups[group].iter(), member, at, self.horizon)
    }

    /// The next outage of a subscriber that begins at `at` or later and before the horizon, with its end.
    pub fn next(&self, group: usize, member: u32, at: Nanos) -> Option<(Nanos, Nanos)> {
        let from = self.groups[group].iter().filter_map(|times| times.opens(member, at)).min()?;
        Some((from, self.over(group, member, from)?)).filter(|_| from < self.horizon)
    }

    /// When the first outage of a group begins, and when the last one is over; the horizon if it is not over by then.
    pub(in crate::fleet) fn span(&self, group: usize) -> Option<(Nanos, Nanos)> {
        let drawn = self.groups[group].iter().any(|times| matches!(times, Times::Drawn(_)));
        let members = if drawn { 0..self.counts[group] } else { 0..1 };
        let spans = members.filter_map(|member| {
            let (from, _) = self.next(group, member, 0)?;
            let last = self.horizon - 1;
            let closed = || self.groups[group].iter().filter_map(|times| times.closed(member, last)).max();
            Some((from, self.over(group, member, last).map_or_else(closed, |_| Some(self.horizon))?))
        });
        spans.reduce(|(first, last), (from, until)| (first.min(from), last.max(until)))
    }
}

/// The windows in which the subscribers of a group are down.
pub(super) fn times(world: &World, number: u64, group: &Subscriber) -> Vec<Times> {
    let dice = Dice::new(world.seed, "fleet/down");
    let times = |(index, window)| Times::new(window, dice.at(number, index), group.count, world.horizon);
    (0..).zip(group.down.iter().map(|down| &down.window)).map(times).collect()
}

/// When all of these windows are closed, if one is open at `at`; as soon as that is not before the horizon it may be one
/// at which another is open.
pub(super) fn over<'a>(
    times: impl Iterator<Item = &'a Times> + Clone,
    member: u32,
    at: Nanos,
    horizon: Nanos,
) -> Option<Nanos> {
    let closes = |at| times.clone().filter_map(|times| times.closes(member, at)).max();
    let mut over = closes(at)?;
    while over < horizon
        && let Some(later) = closes(over)
    {
        over = later;
    }
    Some(over)
}
