//! Takes moments, sorted, each as often as something happened then.
//! Gives [`Ranks`]: how many there were before any moment, and their sum, without a search.
//! Never estimates.

use super::world::Nanos;

/// How many of the same happened before a moment.
#[derive(Clone, Debug)]
pub(super) struct Ranks {
    /// The moments, each once.
    moments: Vec<Nanos>,
    /// How many there were before each of them, and before the end.
    counts: Vec<u64>,
    /// The sum of those before every 64th moment, from the first.
    sums: Vec<u128>,
    /// For spans of equal length the first moment in or after each.
    spans: Vec<u32>,
    /// The length of a span is 2 to the power of this.
    bits: u32,
}

impl Ranks {
    /// `moments` are sorted; each comes with its weight.
    pub(super) fn new(weighted: impl IntoIterator<Item = (Nanos, u64)>) -> Self {
        let (mut moments, mut counts, mut sums) = (Vec::<Nanos>::new(), vec![0_u64], Vec::new());
        let (mut count, mut sum) = (0, 0_u128);
        for (moment, weight) in weighted {
            if moments.last() == Some(&moment) {
                counts.pop();
            } else {
                if moments.len().is_multiple_of(BLOCK) {
                    sums.push(sum);
                }
                moments.push(moment);
            }
            (count, sum) = (count + weight, sum + u128::from(moment) * u128::from(weight));
            counts.push(count);
        }
        if moments.len().is_multiple_of(BLOCK) {
            sums.push(sum);
        }
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
        Self { moments, counts, sums, spans, bits }
    }

    /// How many different moments are before `at`.
    pub(super) fn place(&self, at: Nanos) -> usize {
        let span = usize::try_from(at >> self.bits).unwrap_or(usize::MAX);
        let Some(&first) = self.spans.get(span) else { return self.moments.len() };
        let rest = &self.moments[first as usize..];
        // Many at once only if nearly all moments are in a few spans.
        let near = rest.iter().take(NEAR).take_while(|moment| **moment < at).count();
        first as usize + if near < NEAR { near } else { rest.partition_point(|moment| *moment < at) }
    }

    /// How many there are from one moment until before another.
    pub(super) fn between(&self, from: Nanos, until: Nanos) -> u64 {
        if from < until { self.counts[self.place(until)] - self.counts[self.place(from)] } else { 0 }
    }

    /// Their sum.
    pub(super) fn sum_between(&self, from: Nanos, until: Nanos) -> u128 {
        if from < until { self.sum_before(self.place(until)) - self.sum_before(self.place(from)) } else { 0 }
    }

    fn sum_before(&self, place: usize) -> u128 {
        let block = place / BLOCK;
        let weight = |place: usize| u128::from(self.counts[place + 1] - self.counts[place]);
        let rest = (block * BLOCK..place).map(|place| u128::from(self.moments[place]) * weight(place));
        self.sums[block] + rest.sum::<u128>()
    }

    /// The last one before a moment.
    pub(super) fn last_before(&self, at: Nanos) -> Option<Nanos> {
        Some(self.moments[self.place(at).checked_sub(1)?])
    }

    /// Each moment from one until before another, with its weight.
    pub(super) fn each_between(&self, from: Nanos, until: Nanos) -> impl ExactSizeIterator<Item = (Nanos, u64)> {
        let (first, end) = (self.place(from), self.place(until));
        let places = first..end.max(first);
        places.map(|place| (self.moments[place], self.counts[place + 1] - self.counts[place]))
    }
}

const NEAR: usize = 16;

const BLOCK: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranks_are_counted(
            mut moments in prop::collection::vec((0_u32..64).prop_flat_map(|bits| 0_u64..=(u64::MAX >> bits)), 0..300),
            ends in (any::<u64>(), any::<u64>()),
            bits in 0_u32..64,
        ) {
            moments.sort_unstable();
            let ranks = Ranks::new(moments.iter().map(|moment| (*moment, 2)));
            let (from, until) = (ends.0 >> bits, ends.1 >> bits);
            let inside = || moments.iter().filter(|moment| (from..until).contains(moment));
            prop_assert_eq!(ranks.between(from, until), 2 * inside().count() as u64);
            prop_assert_eq!(ranks.sum_between(from, until), inside().map(|moment| 2 * u128::from(*moment)).sum::<u128>());
            prop_assert_eq!(ranks.last_before(until), moments.iter().copied().filter(|moment| *moment < until).max());
            let each = ranks.each_between(from, until).map(|(_, weight)| weight).sum::<u64>();
            prop_assert_eq!(each, ranks.between(from, until));
        }
    }
}
