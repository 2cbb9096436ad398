//! Takes a pattern of posts that come evenly, or all at once.
//! Gives [`Even`]: when each of them comes, how many come before any moment, and the sum of when they come.
//! Never lists them, and never rounds otherwise than post by post: the sum is that of whole nanoseconds.

use crate::fleet::world::{Nanos, Pattern};

/// Posts of which number `k`, from 0, comes at `from + k * span / posts`.
#[derive(Clone, Copy, Debug)]
pub(in crate::fleet) struct Even {
    from: Nanos,
    span: Nanos,
    posts: u64,
}

impl Even {
    /// What comes at once is spread over nothing; none of what is drawn or listed.
    pub(in crate::fleet) const fn of(pattern: &Pattern) -> Option<Self> {
        match *pattern {
            Pattern::Burst { at, posts } => Some(Self { from: at, span: 0, posts }),
            Pattern::Even { from, until, posts } => Some(Self { from, span: until.saturating_sub(from), posts }),
            Pattern::Poisson { .. } | Pattern::Trace(_) => None,
        }
    }

    /// When one of them comes.
    pub(in crate::fleet) fn at(self, number: u64) -> Option<Nanos> {
        (number < self.posts).then(|| {
            let wide = || (u128::from(number) * u128::from(self.span) / u128::from(self.posts)) as Nanos;
            // Dividing 128 bits takes longer than all the rest.
            self.from + number.checked_mul(self.span).map_or_else(wide, |product| product / self.posts)
        })
    }

    /// How many come before `at`.
    pub(in crate::fleet) fn before(self, at: Nanos) -> u64 {
        let Some(passed) = at.checked_sub(self.from).filter(|passed| *passed > 0) else { return 0 };
        if passed > self.span || self.posts == 0 {
            return self.posts;
        }
        // k * span / posts, rounded down, is below a whole number if it is so unrounded.
        let wide = || (u128::from(passed) * u128::from(self.posts)).div_ceil(u128::from(self.span)) as u64;
        passed.checked_mul(self.posts).map_or_else(wide, |product| product.div_ceil(self.span))
    }

    /// The sum of the moments of the first so many.
    pub(in crate::fleet) fn sum(self, count: u64) -> u128 {
        u128::from(count) * u128::from(self.from) + floor_sum(count, self.posts.max(1), self.span)
    }
}

/// The sum of `k * slope / steps`, each rounded down, for `k` from 0 to before `count`: lattice points under a line, whose
/// triangle is turned over as in Euclid's algorithm. Source: Graham, Knuth and Patashnik, "Concrete mathematics", 3.5.
fn floor_sum(count: u64, steps: u64, slope: u64) -> u128 {
    let [mut count, mut steps, mut slope, mut rest] = [count, steps, slope, 0].map(u128::from);
    let mut sum = 0;
    while count > 0 {
        // Whole steps make a triangle and a rectangle.
        sum += count * (count - 1) / 2 * (slope / steps) + count * (rest / steps);
        (slope, rest) = (slope % steps, rest % steps);
        let top = slope * count + rest;
        (count, rest) = (top / steps, top % steps);
        (steps, slope) = (slope, steps);
    }
    sum
}
