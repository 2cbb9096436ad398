//! Takes a group of subscribers of a world.
//! Gives [`Group`]: its windows, drawn where they are, and under which conditions a request begins.
//! Never knows of requests: whether there is room for one, and what it is answered, the scene asks.

use super::dice::Dice;
use super::outages;
use super::times::Times;
use crate::fleet::world::{Capacity, Fails, Nanos, Subscriber, Window, World};

/// A group of subscribers, worked out.
#[derive(Debug)]
pub(in crate::fleet) struct Group {
    /// How many subscribers the groups before it have.
    pub(in crate::fleet) offset: u32,
    pub(super) capacity: Option<Capacity>,
    pub(in crate::fleet) course: usize,
    latency: Nanos,
    pub(super) down: Vec<(Times, Fails)>,
    pub(super) brownouts: Vec<(Times, u64, u16)>,
    slow: Vec<(Times, Nanos)>,
    /// Until before when which conditions hold, where nothing is drawn and they change seldom; else nothing.
    settled: Vec<(Nanos, Conditions)>,
}

/// What depends on the time alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conditions {
    pub(super) takes: Nanos,
    pub(super) down: Option<Fails>,
}

impl Group {
    pub(super) fn new(world: &World, number: u64, subscriber: &Subscriber, offset: u32) -> Self {
        let times = |window: &Window, purpose: &str, index: u64| {
            let dice = Dice::new(world.seed, purpose).at(number, index);
            Times::new(window, dice, subscriber.count, world.horizon)
        };
        let down = outages::times(world, number, subscriber);
        let brownouts = (0..).zip(&subscriber.brownouts);
        let slow = (0..).zip(&subscriber.slow);
        let group = Self {
            offset,
            capacity: subscriber.capacity,
            course: subscriber.policy,
            latency: subscriber.latency,
            down: down.into_iter().zip(subscriber.down.iter().map(|down| down.fails)).collect(),
            brownouts: brownouts
                .map(|(index, it)| {
                    (times(&it.window, "fleet/brownouts", index), u64::from(it.parts_per_million), it.status)
                })
                .collect(),
            slow: slow.map(|(index, slow)| (times(&slow.window, "fleet/slow", index), slow.latency)).collect(),
            settled: Vec::new(),
        };
        Self { settled: group.settle(world.horizon).unwrap_or_default(), ..group }
    }

    /// Under which conditions a request to a member begins.
    #[inline]
    pub(super) fn conditions(&self, member: u32, at: Nanos) -> Conditions {
        match self.settled.iter().find(|(until, _)| at < *until) {
            Some((_, conditions)) => *conditions,
            None => self.work_out(member, at),
        }
    }

    /// Whether it answers every request with success unless it is down.
    pub(super) const fn always_answers(&self) -> bool {
        self.capacity.is_none() && self.brownouts.is_empty()
    }

    fn work_out(&self, member: u32, at: Nanos) -> Conditions {
        let slow = self.slow.iter().find(|(times, _)| times.closes(member, at).is_some());
        let down = self.down.iter().find(|(times, _)| times.closes(member, at).is_some());
        Conditions { takes: slow.map_or(self.latency, |(_, latency)| *latency), down: down.map(|(_, fails)| *fails) }
    }

    /// All conditions from the start to the horizon, if they are the same for everybody and few.
    fn settle(&self, horizon: Nanos) -> Option<Vec<(Nanos, Conditions)>> {
        if self.is_drawn() {
            return None;
        }
        let (mut settled, mut at) = (Vec::new(), 0);
        while at < horizon {
            if settled.len() == SETTLED_MAX {
                return None;
            }
            let until = self.change_after(at);
            settled.push((until, self.work_out(0, at)));
            at = until;
        }
        Some(settled)
    }

    fn windows(&self) -> impl Iterator<Item = &Times> {
        self.down.iter().map(|(times, _)| times).chain(self.slow.iter().map(|(times, _)| times))
    }

    /// Whether each member has times of its own.
    pub(super) fn is_drawn(&self) -> bool {
        self.windows().any(|times| matches!(times, Times::Drawn(_)))
    }

    /// When conditions change next, for a group of which nothing is drawn.
    pub(super) fn change_after(&self, at: Nanos) -> Nanos {
        let changes = self.windows().flat_map(|times| [times.opens(0, at + 1), times.closes(0, at)]);
        changes.flatten().min().unwrap_or(Nanos::MAX)
    }
}

/// A few are found faster than a window is asked.
const SETTLED_MAX: usize = 8;
