//! Takes a group of subscribers of a world.
//! Gives [`Group`]: its windows, drawn where they are, and what they say about a moment.
//! Never knows of requests: whether there is room for one, and what it is answered, the scene asks.

use std::sync::Arc;

use super::conditions::Stretch;
use super::course::Course;
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
    pub(in crate::fleet) course: Arc<Course>,
    latency: Nanos,
    pub(super) down: Vec<(Times, Fails)>,
    pub(super) brownouts: Vec<(Times, u64, u16)>,
    slow: Vec<(Times, Nanos)>,
    /// All stretches of time, where nothing is drawn and they are few; else nothing.
    pub(super) settled: Vec<Stretch>,
}

impl Group {
    pub(super) fn new(world: &World, number: u64, subscriber: &Subscriber, course: Arc<Course>, offset: u32) -> Self {
        let times = |window: &Window, purpose: &str, index: u64| {
            let dice = Dice::new(world.seed, purpose).at(number, index);
            Times::new(window, dice, subscriber.count, world.horizon)
        };
        let down = outages::times(world, number, subscriber);
        let brownouts = (0..).zip(&subscriber.brownouts);
        let slow = (0..).zip(&subscriber.slow);
        Self {
            offset,
            capacity: subscriber.capacity,
            course,
            latency: subscriber.latency,
            down: down.into_iter().zip(subscriber.down.iter().map(|down| down.fails)).collect(),
            brownouts: brownouts
                .map(|(index, it)| {
                    (times(&it.window, "fleet/brownouts", index), u64::from(it.parts_per_million), it.status)
                })
                .collect(),
            slow: slow.map(|(index, slow)| (times(&slow.window, "fleet/slow", index), slow.latency)).collect(),
            settled: Vec::new(),
        }
    }

    /// How long a request takes that is not left hanging.
    pub(super) fn latency(&self, member: u32, at: Nanos) -> Nanos {
        let slow = self.slow.iter().find(|(times, _)| times.closes(member, at).is_some());
        slow.map_or(self.latency, |(_, latency)| *latency)
    }

    /// How a request fails, if the member is down.
    pub(super) fn fails(&self, member: u32, at: Nanos) -> Option<Fails> {
        let down = self.down.iter().find(|(times, _)| times.closes(member, at).is_some());
        down.map(|(_, fails)| *fails)
    }

    /// Whether it answers every request with success unless it is down.
    pub(super) const fn always_answers(&self) -> bool {
        self.capacity.is_none() && self.brownouts.is_empty()
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
