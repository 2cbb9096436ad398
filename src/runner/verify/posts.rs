//! Takes the arrivals of a world that has no chance in it.
//! Gives every post in the order in which the engine deals them, and every delivery that comes of it.
//! Never knows what becomes of them.

use super::staging::{DELIVERIES_MAX, Unplayable};
use crate::fleet::{Deal, Nanos, Pattern, World};

/// One post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Posted {
    /// When.
    pub at: Nanos,
    /// Of which arrivals.
    pub arrivals: usize,
    /// Its number among them.
    pub number: u64,
}

/// One delivery: a message for a subscriber. The place in the list is the number that the engine has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dealt {
    /// The post, by its place.
    pub post: usize,
    /// The number of the message, counted through all posts.
    pub message: usize,
    pub group: usize,
    pub member: u32,
}

/// Every post before the horizon.
pub(super) fn posts(world: &World) -> Result<Vec<Posted>, Unplayable> {
    let mut posts = Vec::new();
    for (index, arrivals) in world.arrivals.iter().enumerate() {
        let drawn = arrivals.deal == Deal::One && arrivals.to.iter().any(|group| world.subscribers[*group].count > 1);
        if drawn {
            return Err(Unplayable::Chance("posts that go to one of a group, drawn"));
        }
        let mut add = |number: u64, at: Nanos| {
            if at < world.horizon {
                posts.push(Posted { at, arrivals: index, number });
            }
        };
        match &arrivals.pattern {
            Pattern::Poisson { .. } => return Err(Unplayable::Chance("posts that come at random; write a trace")),
            Pattern::Burst { posts, .. } | Pattern::Even { posts, .. } if *posts > DELIVERIES_MAX as u64 => {
                return Err(Unplayable::TooMany(*posts));
            }
            Pattern::Burst { at, posts } => (0..*posts).for_each(|number| add(number, *at)),
            Pattern::Even { from, until, posts } => (0..*posts).for_each(|number| {
                let after = u128::from(number) * u128::from(until - from) / u128::from(*posts);
                add(number, from + after as Nanos);
            }),
            Pattern::Trace(times) => (0..).zip(times).for_each(|(number, at)| add(number, *at)),
        }
    }
    posts.sort_unstable();
    Ok(posts)
}

/// Every delivery of these posts.
pub(super) fn deliveries(world: &World, posts: &[Posted]) -> Result<Vec<Dealt>, Unplayable> {
    let (mut dealt, mut messages) = (Vec::new(), 0);
    for (post, posted) in posts.iter().enumerate() {
        let arrivals = &world.arrivals[posted.arrivals];
        for &group in &arrivals.to {
            for member in 0..world.subscribers[group].count {
                let batch = messages..messages + arrivals.batch as usize;
                dealt.extend(batch.map(|message| Dealt { post, message, group, member }));
                if dealt.len() > DELIVERIES_MAX {
                    return Err(Unplayable::TooMany(dealt.len() as u64));
                }
            }
        }
        messages += arrivals.batch as usize;
    }
    Ok(dealt)
}
