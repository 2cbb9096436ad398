//! Takes the seed of a world and the name of what is drawn.
//! Gives [`Dice`]: a number for every place in the world, the same whoever asks and in whatever order.
//! Never keeps a state: a policy that draws more often shifts nobody else's numbers.

use crate::fleet::world::Nanos;
use crate::rng::Stream;

/// Numbers of one purpose, each at a place that two counters name.
///
/// Two rounds of the finalizer of SplitMix64 over a key and the two counters. Source: Steele, Lea and Flood, "Fast
/// splittable pseudorandom number generators", 2014, with Stafford's variant 13 of the constants. The keys come from
/// [`Stream`], which itself would take a hundred times as long for one number out of order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64, purpose: &str) -> Self {
        Self(Stream::new(seed, purpose).next_u64())
    }

    /// The number at a place.
    pub(super) const fn roll(self, first: u64, second: u64) -> u64 {
        mix(mix(self.0 ^ first.wrapping_mul(GOLDEN)).wrapping_add(second.wrapping_mul(SILVER)))
    }

    /// Dice for everything at the place `first`.
    pub(super) const fn at(self, first: u64, second: u64) -> Self {
        Self(self.roll(first, second))
    }

    /// Uniform in `0..=most`.
    pub(super) const fn up_to(self, first: u64, second: u64, most: u64) -> u64 {
        scale(self.roll(first, second), most)
    }

    /// Exponential with this mean, rounded to a whole nanosecond. `libm`'s logarithm is the same on every platform.
    pub(super) fn exponential(self, first: u64, second: u64, mean: f64) -> Nanos {
        // In (0, 1], with all the 53 bits that it can hold.
        let uniform = ((self.roll(first, second) >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        (-libm::log(uniform) * mean + 0.5) as Nanos
    }
}

/// A number of 64 random bits as one in `0..=most`.
const fn scale(bits: u64, most: u64) -> u64 {
    ((bits as u128 * (most as u128 + 1)) >> 64) as u64
}

const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// Another odd number without a pattern: 2^64 times the fractional part of the square root of 3.
const SILVER: u64 = 0xbb67_ae85_84ca_a73b;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread_evenly_in_both_counters() {
        let dice = Dice::new(1, "test");
        let mut counts = [0_u32; 10];
        for place in 0..100_000 {
            counts[dice.up_to(place / 10, place % 10, 9) as usize] += 1;
        }
        // Six standard deviations of a binomial count.
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 570), "{counts:?}");
    }

    #[test]
    fn exponential_times_have_their_mean_and_spread() {
        let dice = Dice::new(1, "test");
        let times: Vec<f64> = (0..100_000).map(|place| dice.exponential(7, place, 1e9) as f64 / 1e9).collect();
        let mean = times.iter().sum::<f64>() / 1e5;
        let square = times.iter().map(|time| time * time).sum::<f64>() / 1e5;
        assert!((mean - 1.0).abs() < 0.02 && (square - 2.0).abs() < 0.1, "{mean} {square}");
    }

    #[test]
    fn numbers_are_the_same_on_every_machine() {
        let dice = Dice::new(0, "test");
        assert_eq!((dice.roll(1, 2), dice.exponential(3, 4, 1e9)), (3_179_800_643_485_761_991, 89_627_393));
    }
}
