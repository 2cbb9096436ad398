//! Takes a world, and one of its groups of subscribers.
//! Gives [`Inflow`]: how many messages are posted for the group between two moments, and when in sum.
//! Never asks who of the group gets one.

use std::sync::Arc;

use super::ranks::Ranks;
use crate::fleet::world::{Deal, Nanos, World};

/// What is posted for a group.
#[derive(Debug)]
pub(super) struct Inflow(Vec<Stream>);

/// Posts that come for a group, each so many times: as many deliveries follow from it.
#[derive(Debug)]
struct Stream {
    posts: Arc<Ranks>,
    times: u64,
}

impl Inflow {
    /// That of each group.
    pub(super) fn of_groups(world: &World) -> Vec<Self> {
        let ranks: Vec<_> = (0..world.arrivals.len()).map(|arrivals| Arc::new(Ranks::new(world, arrivals))).collect();
        let of_group = |group: usize| {
            let streams = world.arrivals.iter().zip(&ranks).map(|(arrivals, posts)| {
                let named = arrivals.to.iter().filter(|to| **to == group).count() as u64;
                let members = if arrivals.deal == Deal::Each { world.subscribers[group].count } else { 1 };
                Stream { posts: Arc::clone(posts), times: named * u64::from(members) * u64::from(arrivals.batch) }
            });
            Self(streams.filter(|stream| stream.times > 0).collect())
        };
        (0..world.subscribers.len()).map(of_group).collect()
    }

    /// How many deliveries are posted from one moment until before another.
    pub(super) fn between(&self, from: Nanos, until: Nanos) -> u64 {
        self.streams().map(|(posts, times)| posts.between(from, until) * times).sum()
    }

    /// The sum of when they are posted.
    pub(super) fn sum_between(&self, from: Nanos, until: Nanos) -> u128 {
        self.streams().map(|(posts, times)| posts.sum_between(from, until) * u128::from(times)).sum()
    }

    /// When the last one before a moment is posted.
    pub(super) fn last_before(&self, at: Nanos) -> Option<Nanos> {
        self.streams().filter_map(|(posts, _)| posts.last_before(at)).max()
    }

    /// The posts, and how many deliveries follow from each.
    pub(super) fn streams(&self) -> impl Iterator<Item = (&Ranks, u64)> {
        self.0.iter().map(|stream| (&*stream.posts, stream.times))
    }
}
