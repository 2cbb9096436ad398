//! Takes values, one at a time.
//! Gives [`Spread`], how they are distributed, with three significant digits.
//! Never keeps a value: the room it takes depends on the largest only.

/// Counts of values in ranges whose width is at most a 512th of them.
///
/// ```
/// use zaqarcheck::fleet::Spread;
/// let mut spread = Spread::new();
/// (1..=100).for_each(|value| spread.add(value));
/// assert_eq!((spread.count(), spread.at_most(50)), (100, 50));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    counts: Vec<u64>,
    count: u64,
}

/// Each power of two has so many ranges, as a power of two.
const FINE: u32 = 9;

impl Spread {
    /// No values.
    pub const fn new() -> Self {
        Self { counts: Vec::new(), count: 0 }
    }

    /// Takes a value in.
    pub fn add(&mut self, value: u64) {
        let place = place(value);
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] += 1;
        self.count += 1;
    }

    /// How many values there are.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// How many are at most `value`, or in its range.
    pub fn at_most(&self, value: u64) -> u64 {
        self.counts.iter().take(place(value) + 1).sum()
    }

    /// The ranges that hold values: the largest value of each, and how many are in it or below.
    pub fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> {
        let mut below = 0;
        let filled = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        filled.map(move |(place, count)| {
            below += count;
            (largest(place), below)
        })
    }
}

/// The number of the range that a value is in: below 2^[`FINE`] each value has its own.
const fn place(value: u64) -> usize {
    let bits = u64::BITS - value.leading_zeros();
    let shift = bits.saturating_sub(FINE + 1);
    ((shift as u64) << FINE) as usize + (value >> shift) as usize
}

/// The largest value of a range.
const fn largest(place: usize) -> u64 {
    let shift = (place >> FINE).saturating_sub(1) as u32;
    let low = (place as u64 - ((shift as u64) << FINE)) << shift;
    low + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_narrow_and_holds_its_value() {
        let powers = (0..64).flat_map(|power| [(1_u64 << power) - 1, 1 << power, (1 << power) + 1]);
        for value in powers.chain([999, 12_345, 180_000_000_000, u64::MAX]) {
            let top = largest(place(value));
            assert!(top >= value && top - value <= value / 512, "{value} in a range up to {top}");
            assert_eq!(place(top), place(value), "{value}");
        }
    }

    #[test]
    fn ranges_follow_each_other() {
        for next in 1..=place(u64::MAX) {
            assert_eq!(place(largest(next - 1) + 1), next);
        }
    }

    #[test]
    fn counts_grow_to_the_whole() {
        let mut spread = Spread::new();
        [0, 5, 5, 1 << 40].into_iter().for_each(|value| spread.add(value));
        assert_eq!(spread.cumulative().map(|(_, below)| below).collect::<Vec<_>>(), [1, 3, 4]);
        assert_eq!([0, 4, 5, u64::MAX].map(|value| spread.at_most(value)), [1, 1, 3, 4]);
    }
}
