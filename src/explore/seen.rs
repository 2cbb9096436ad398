//! Takes what was seen of promised deliveries.
//! Gives how often each thing was met that an exploration must meet sometimes.
//! Never judges: an exploration that met too little proves little, whatever it found.

use std::collections::BTreeMap;
use std::fmt;

use strum::VariantArray;

use super::invariant::{Told, View, is_refusal};
use super::kind::Kind;
use super::plan::HEALED;
use super::promise::Silence;
use crate::policy::Phase;
use crate::scenario::Confirmation;

/// Something that must be met sometimes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// A confirmation of this kind.
    Asked(Confirmation),
    /// An attempt that a subscriber treated so.
    Attempt(Kind),
    /// The healed subscriber was reached.
    Healed,
    /// A list that shows messages.
    Listed,
    /// The last attempt that a policy allows.
    LastAttempt,
    /// An answer that refuses something.
    Refused,
    /// A retry of this phase.
    Phase(Phase),
    /// A message that was not to reach somebody, because of this.
    Silent(Silence),
    /// The attempt of this number was answered.
    SuccessAt(usize),
}

/// How many attempts the default policy makes.
const ATTEMPTS_DEFAULT: usize = 15;

impl Sight {
    /// What an exploration of at least [`SEEDS_MIN`] seeds must have met.
    pub fn required(confirms: bool) -> impl Iterator<Item = Self> {
        let attempts = Kind::VARIANTS.iter().copied().map(Self::Attempt);
        let phases = Phase::ALL.into_iter().map(Self::Phase);
        let silences = [Silence::AnotherProject, Silence::AnotherQueue, Silence::Deleted, Silence::Expired];
        let silences = silences.into_iter().chain(confirms.then_some(Silence::Unconfirmed)).map(Self::Silent);
        let asked = Confirmation::ALL.into_iter().filter(move |_| confirms).map(Self::Asked);
        let successes = (1..=ATTEMPTS_DEFAULT).map(Self::SuccessAt);
        let others = [Self::Healed, Self::LastAttempt, Self::Listed, Self::Refused];
        attempts.chain(others).chain(phases).chain(silences).chain(asked).chain(successes)
    }
}

impl fmt::Display for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked(confirmation) => write!(f, "asked/{}", confirmation.name()),
            Self::Attempt(kind) => write!(f, "attempt/{}", kind.name()),
            Self::Healed => f.write_str("healed"),
            Self::LastAttempt => f.write_str("last-attempt"),
            Self::Listed => f.write_str("listed"),
            Self::Refused => f.write_str("refused"),
            Self::Phase(phase) => write!(f, "phase/{}", phase.name()),
            Self::Silent(silence) => write!(f, "silent/{}", <&str>::from(silence)),
            Self::SuccessAt(number) => write!(f, "success-at/{number:02}"),
        }
    }
}

/// With fewer seeds an exploration is not judged by what it met.
pub const SEEDS_MIN: u64 = 2000;

/// How often each was met.
pub type Seen = BTreeMap<Sight, u64>;

/// What one run met.
pub fn seen(view: &View<'_>) -> Seen {
    let mut seen = Seen::new();
    for told in view.deliveries() {
        look(view, &told, |sight| *seen.entry(sight).or_default() += 1);
    }
    for (_, confirmation, _) in view.confirmations.keys() {
        *seen.entry(Sight::Asked(*confirmation)).or_default() += 1;
    }
    let count = |sight, times: usize| (times > 0).then_some((sight, times as u64));
    let listed = view.promise.listings.values().filter(|messages| !messages.is_empty()).count();
    let refused = view.observed.exchanges.iter().filter(|exchange| is_refusal(exchange)).count();
    seen.extend([count(Sight::Listed, listed), count(Sight::Refused, refused)].into_iter().flatten());
    for silence in view.promise.silences.values() {
        *seen.entry(Sight::Silent(*silence)).or_default() += 1;
    }
    seen
}

fn look(view: &View<'_>, told: &Told<'_>, mut met: impl FnMut(Sight)) {
    if told.hidden {
        met(Sight::Attempt(Kind::Refuse));
    }
    for (index, attempt) in told.attempts.iter().enumerate() {
        met(Sight::Attempt(view.kind(attempt)));
        if told.hidden {
            continue; // Which attempt this is can't be told.
        }
        if let Some(retry) = index.checked_sub(1).and_then(|before| told.promised.retries.get(before)) {
            met(Sight::Phase(retry.phase));
        }
        if index == told.promised.retries.len() {
            met(Sight::LastAttempt);
        }
        if !view.failed(attempt) {
            met(Sight::SuccessAt(index + 1));
            if told.promised.subscriber == HEALED {
                met(Sight::Healed);
            }
        }
    }
}
