//! Takes deviations.
//! Gives their names as text and back, and sets of them, free and named.
//! Never decides what a deviation does: `policy` and `model` ask a set whether it holds one.

use std::fmt;
use std::str::FromStr;

use super::{Deviation, Origin};

/// A set of deviations: small, copied freely, iterated in the order of [`Deviation::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deviations([u128; 2]);

impl Deviations {
    /// The empty set: a server that does what the documents say.
    pub const NONE: Self = Self([0; 2]);

    /// Whether `deviation` is in the set.
    pub const fn has(self, deviation: Deviation) -> bool {
        self.0[deviation as usize / 128] & bit(deviation) != 0
    }

    /// The set with `deviation` added.
    #[must_use]
    pub const fn with(self, deviation: Deviation) -> Self {
        let mut words = self.0;
        words[deviation as usize / 128] |= bit(deviation);
        Self(words)
    }

    /// The set with `deviation` taken away.
    #[must_use]
    pub const fn without(self, deviation: Deviation) -> Self {
        let mut words = self.0;
        words[deviation as usize / 128] &= !bit(deviation);
        Self(words)
    }

    /// The members, in order.
    pub fn iter(self) -> impl Iterator<Item = Deviation> {
        let mut words = self.0;
        std::iter::from_fn(move || {
            let word = words.iter().position(|word| *word != 0)?;
            let place = words[word].trailing_zeros() as usize;
            words[word] &= words[word] - 1;
            Some(Deviation::ALL[word * 128 + place])
        })
    }
}

/// The place of a deviation within its word.
const fn bit(deviation: Deviation) -> u128 {
    1 << (deviation as u32 % 128)
}

impl FromIterator<Deviation> for Deviations {
    fn from_iter<I: IntoIterator<Item = Deviation>>(members: I) -> Self {
        members.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Deviation {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|deviation| deviation.name() == name).ok_or(())
    }
}

/// A named set of deviations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// What the documents say: no deviation at all.
    #[default]
    Documented,
    /// What Zaqar 23.0.1 does: every observed deviation.
    Zaqar23,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 2] = [Self::Documented, Self::Zaqar23];

    /// The name used on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Zaqar23 => "zaqar-23.0.1",
        }
    }

    /// The deviations it stands for.
    pub fn deviations(self) -> Deviations {
        let observed = |deviation: &Deviation| deviation.origin() == Origin::Observed;
        match self {
            Self::Documented => Deviations::NONE,
            Self::Zaqar23 => Deviation::ALL.iter().copied().filter(observed).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_deviations_fit_the_set() {
        assert!(Deviation::ALL.len() <= 256);
        let everything: Deviations = Deviation::ALL.iter().copied().collect();
        assert_eq!(everything.iter().collect::<Vec<_>>(), Deviation::ALL);
    }

    #[test]
    fn names_are_unique_and_read_back() {
        for deviation in Deviation::ALL {
            assert_eq!(deviation.name().parse(), Ok(*deviation));
        }
    }
}
