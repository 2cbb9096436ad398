//! Takes names of profiles and deviations.
//! Gives the set they stand for, and how it is called in a header and on a command line.
//! Never knows what a deviation does.

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use crate::protocol::{Deviation, Deviations, Profile};
use crate::spelling::hint;

/// What a model follows.
#[derive(Clone, Debug, Args)]
pub(super) struct RulesArgs {
    /// What the model follows: the documents, or a release of Zaqar with all its deviations.
    #[arg(long, value_enum, default_value_t = Profile::Documented)]
    profile: Profile,
    /// A deviation that the model has besides those of its profile; may be given more than once.
    #[arg(long, value_name = "NAME", value_parser = parse_deviation)]
    deviation: Vec<Deviation>,
}

impl RulesArgs {
    /// The deviations of the profile, and more.
    pub(super) fn deviations(&self) -> Deviations {
        self.deviation.iter().fold(self.profile.deviations(), |all, deviation| all.with(*deviation))
    }

    /// `documented+one-retry-extra`.
    pub(super) fn name(&self) -> String {
        let more = self.deviation.iter().map(|deviation| format!("+{deviation}"));
        [self.profile.name().to_owned()].into_iter().chain(more).collect()
    }

    /// The options that say the same, as far as they must be given.
    pub(super) fn words(&self) -> impl Iterator<Item = String> {
        let profile = (self.profile != Profile::default()).then(|| ["--profile", self.profile.name()]);
        let more = self.deviation.iter().map(|deviation| ["--deviation", deviation.name()]);
        profile.into_iter().chain(more).flatten().map(str::to_owned)
    }
}

/// Reads the name of a deviation; a wrong one is answered with the one that was probably meant.
pub(super) fn parse_deviation(name: &str) -> Result<Deviation, String> {
    name.parse().map_err(|()| {
        let names = Deviation::ALL.iter().map(|deviation| deviation.name());
        format!("no such deviation{}", hint(name, names))
    })
}

impl ValueEnum for Profile {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}
