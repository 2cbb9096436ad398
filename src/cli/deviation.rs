//! Takes names of profiles and deviations.
//! Gives the set they stand for, and how it is called in a header.
//! Never knows what a deviation does.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::protocol::{Deviation, Deviations, Profile};
use crate::spelling::hint;

/// Reads the name of a deviation; a wrong one is answered with the one that was probably meant.
pub(super) fn parse_deviation(name: &str) -> Result<Deviation, String> {
    name.parse().map_err(|()| {
        let names = Deviation::ALL.iter().map(|deviation| deviation.name());
        format!("no such deviation{}", hint(name, names))
    })
}

/// The deviations of a profile, and more.
pub(super) fn deviations(profile: Profile, more: &[Deviation]) -> Deviations {
    more.iter().fold(profile.deviations(), |all, deviation| all.with(*deviation))
}

/// `documented+one-retry-extra`.
pub(super) fn profile_name(profile: Profile, more: &[Deviation]) -> String {
    let more = more.iter().map(|deviation| format!("+{deviation}"));
    [profile.name().to_owned()].into_iter().chain(more).collect()
}

impl ValueEnum for Profile {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}
