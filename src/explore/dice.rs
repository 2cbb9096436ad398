//! Takes a seeded stream.
//! Gives the draws a plan is made of: a number below a bound, a chance, one of a list.
//! Never draws while a plan is played: all is drawn before.

use crate::rng::Stream;

/// A stream and the ways a plan draws from it.
#[derive(Clone, Debug)]
pub struct Dice(Stream);

impl Dice {
    /// The dice of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Stream::new(seed, "explore"))
    }

    /// A number from `low` to `high`, both included.
    ///
    /// # Panics
    /// If there is none.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "{low} to {high} holds a number");
        low + self.0.next_u64() % (high - low + 1)
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.0.next_u64() % 100 < percent
    }

    /// One of `items`.
    ///
    /// # Panics
    /// If there are none.
    pub fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        let last = items.len().checked_sub(1).expect("there is something to pick");
        items[self.between(0, last as u64) as usize].clone()
    }

    /// The next number, whatever it is for.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}
