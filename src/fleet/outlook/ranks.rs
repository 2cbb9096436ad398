//! Takes the posts of one stream of arrivals.
//! Gives [`Ranks`]: how many come before any moment, and the sum of when they come, without a search.
//! Never estimates.

use crate::fleet::scene::even::Even;
use crate::fleet::scene::posts::moments;
use crate::fleet::world::{Nanos, World};

/// The posts of one stream of arrivals before the horizon.
#[derive(Debug)]
pub(super) enum Ranks {
    /// By arithmetic: so many of these.
    Even(Even, u64),
    /// By a table.
    Listed(Table),
}

/// Sorted moments.
#[derive(Debug)]
pub(super) struct Table {
    moments: Vec<Nanos>,
    /// The sum of those before every 64th moment, from the first.
    sums: Vec<u128>,
    /// For spans of equal length the first moment in or after each.
    spans: Vec<u32>,
    /// The length of a span is 2 to the power of this.
    bits: u32,
}

impl Ranks {
    pub(super) fn new(world: &World, arrivals: usize) -> Self {
        match Even::of(&world.arrivals[arrivals].pattern) {
            Some(even) => Self::Even(even, even.before(world.horizon)),
            None => Self::Listed(Table::new(moments(world, arrivals).collect())),
        }
    }

    /// How many come before `at`.
    fn before(&self, at: Nanos) -> u64 {
        match self {
            Self::Even(even, posts) => even.before(at).min(*posts),
            Self::Listed(table) => table.before(at) as u64,
        }
    }

    /// When one of them comes, counted from 0.
    fn at(&self, number: u64) -> Option<Nanos> {
        match self {
            Self::Even(even, _) => even.at(number),
            Self::Listed(table) => table.moments.get(number as usize).copied(),
        }
    }

    /// The sum of the moments of the first so many.
    fn sum(&self, count: u64) -> u128 {
        match self {
            Self::Even(even, _) => even.sum(count),
            Self::Listed(table) => table.sum(count as usize),
        }
    }

    /// How many there are from one moment until before another.
    pub(super) fn between(&self, from: Nanos, until: Nanos) -> u64 {
        if from < until { self.before(until) - self.before(from) } else { 0 }
    }

    /// The sum of their moments.
    pub(super) fn sum_between(&self, from: Nanos, until: Nanos) -> u128 {
        if from < until { self.sum(self.before(until)) - self.sum(self.before(from)) } else { 0 }
    }

    /// The last one before a moment.
    pub(super) fn last_before(&self, at: Nanos) -> Option<Nanos> {
        self.at(self.before(at).checked_sub(1)?)
    }

    /// Each moment from one until before another.
    pub(super) fn each_between(&self, from: Nanos, until: Nanos) -> impl Iterator<Item = Nanos> {
        (self.before(from)..self.before(until)).map_while(|number| self.at(number))
    }
}

impl Table {
    fn new(moments: Vec<Nanos>) -> Self {
        let mut sum = 0_u128;
        let blocks = moments.chunks(BLOCK).map(|block| {
            let before = sum;
            sum += block.iter().map(|moment| u128::from(*moment)).sum::<u128>();
            before
        });
        let mut sums: Vec<u128> = blocks.collect();
        sums.push(sum);
        let last = moments.last().copied().unwrap_or(0);
        let bits = (u64::BITS - last.leading_zeros()).saturating_sub(moments.len().checked_ilog2().unwrap_or(0) + 1);
        let spans = (last >> bits) + 2;
        let mut next = 0;
        let first = |span: u64| {
            while moments.get(next).is_some_and(|moment| moment >> bits < span) {
                next += 1;
            }
            u32::try_from(next).expect("there are fewer moments than that")
        };
        let spans = (0..spans).map(first).collect();
        Self { moments, sums, spans, bits }
    }

    fn before(&self, at: Nanos) -> usize {
        let span = usize::try_from(at >> self.bits).unwrap_or(usize::MAX);
        let Some(&first) = self.spans.get(span) else { return self.moments.len() };
        let rest = &self.moments[first as usize..];
        // Many at once only if nearly all moments are in a few spans.
        let near = rest.iter().take(NEAR).take_while(|moment| **moment < at).count();
        first as usize + if near < NEAR { near } else { rest.partition_point(|moment| *moment < at) }
    }

    fn sum(&self, count: usize) -> u128 {
        let block = count / BLOCK;
        let rest = self.moments[block * BLOCK..count].iter().map(|moment| u128::from(*moment));
        self.sums[block] + rest.sum::<u128>()
    }
}

const NEAR: usize = 16;

const BLOCK: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fleet::Pattern;

    /// What the ranks of a pattern say of the posts from one moment until before another is what counting says.
    fn check(pattern: Pattern, horizon: Nanos, (from, until): (Nanos, Nanos)) -> Result<(), TestCaseError> {
        let mut world = World { horizon, ..World::sample() };
        world.arrivals[0].pattern = pattern;
        let ranks = Ranks::new(&world, 0);
        let inside = || moments(&world, 0).filter(|moment| (from..until).contains(moment));
        prop_assert_eq!(ranks.between(from, until), inside().count() as u64);
        prop_assert_eq!(ranks.sum_between(from, until), inside().map(u128::from).sum::<u128>());
        prop_assert_eq!(ranks.last_before(until), moments(&world, 0).filter(|moment| *moment < until).max());
        prop_assert!(ranks.each_between(from, until).eq(inside()));
        Ok(())
    }

    /// Of any number of bits.
    fn number() -> impl Strategy<Value = u64> {
        (0_u32..64).prop_flat_map(|bits| 0_u64..=(u64::MAX >> bits))
    }

    proptest! {
        #[test]
        fn listed_posts_are_counted(mut moments in prop::collection::vec(number(), 0..300), ends in (number(), number())) {
            moments.sort_unstable();
            check(Pattern::Trace(moments), u64::MAX, ends)?;
        }

        #[test]
        fn even_posts_are_counted(
            from in number(),
            lasting in number(),
            posts in 0_u64..300,
            horizon in number(),
            ends in (number(), number()),
        ) {
            check(Pattern::Even { from, until: from.saturating_add(lasting), posts }, horizon, ends)?;
            check(Pattern::Burst { at: from, posts }, horizon, ends)?;
        }

        #[test]
        fn more_posts_than_ever_come_are_counted(lasting in number(), posts in number(), horizon in 1_u64..200) {
            // So that at most a few hundred are before the horizon.
            let lasting = lasting.max(posts);
            check(Pattern::Even { from: 0, until: lasting, posts }, horizon, (0, horizon))?;
        }
    }
}
