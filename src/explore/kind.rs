//! Takes dice, or a behaviour of a script.
//! Gives the kinds of things that a subscriber may do with an attempt, and whether they are failures.
//! Never says what a server should make of it: the spec's rule for failures is the only one here.

use strum::VariantArray;

use super::dice::Dice;
use crate::scenario::{Answer, Behaviour};
use crate::time::Duration;

/// What a subscriber does with one attempt, without its numbers. A seed has some kinds off entirely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, VariantArray, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
#[expect(missing_docs, reason = "the words of the scenario format, and of HTTP")]
pub enum Kind {
    ClientError,
    Garbage,
    Hang,
    PartialReply,
    ReadThenClose,
    Redirect,
    Refuse,
    Reset,
    ServerError,
    SlowBody,
    Success,
    Timeout,
    UnusualStatus,
}

impl Kind {
    /// Every kind but plain success, which is never off.
    pub fn faults() -> impl Iterator<Item = Self> {
        Self::VARIANTS.iter().copied().filter(|kind| *kind != Self::Success)
    }

    /// The name in counters and options.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// One behaviour of this kind; `others` are the subscribers that a redirect may lead to.
    pub fn behaviour(self, dice: &mut Dice, others: &[String]) -> Behaviour {
        let seconds = |dice: &mut Dice, low, high| Duration::from_secs(dice.between(low, high));
        let status = |status| Behaviour::Status(Answer::of_status(status));
        match self {
            Self::ClientError => status(dice.pick(&[400, 404, 410, 429, 499])),
            Self::Garbage => Behaviour::Garbage,
            Self::Hang => Behaviour::Hang(seconds(dice, 1, 6)),
            Self::PartialReply => Behaviour::PartialReply,
            Self::ReadThenClose => Behaviour::ReadThenClose,
            Self::Redirect => Behaviour::Redirect { status: dice.pick(&[301, 302, 307]), to: dice.pick(others) },
            Self::Refuse => Behaviour::Refuse(seconds(dice, 1, 40)),
            Self::Reset => Behaviour::Reset,
            Self::ServerError => status(dice.pick(&[500, 502, 503, 599])),
            Self::SlowBody => Behaviour::SlowBody(seconds(dice, 1, 6)),
            Self::Success => status(dice.pick(&[200, 200, 201, 204])),
            Self::Timeout => Behaviour::Hang(seconds(dice, 20, 40)),
            Self::UnusualStatus => status(dice.pick(&[600, 700, 999])),
        }
    }

    /// The kind of a behaviour.
    pub fn of(behaviour: &Behaviour) -> Self {
        match behaviour {
            Behaviour::Garbage => Self::Garbage,
            Behaviour::Hang(silence) if *silence < Duration::from_secs(10) => Self::Hang,
            Behaviour::Hang(_) => Self::Timeout,
            Behaviour::PartialReply => Self::PartialReply,
            Behaviour::ReadThenClose => Self::ReadThenClose,
            Behaviour::Redirect { .. } => Self::Redirect,
            Behaviour::Refuse(_) => Self::Refuse,
            Behaviour::Reset => Self::Reset,
            Behaviour::SlowBody(_) => Self::SlowBody,
            Behaviour::Status(answer) => match answer.status {
                200..=299 => Self::Success,
                300..=399 => Self::Redirect,
                400..=499 => Self::ClientError,
                500..=599 => Self::ServerError,
                _ => Self::UnusualStatus,
            },
        }
    }

    /// Whether it makes an attempt fail. Source: spec: an answer of 500-599 or outside 200-599, a timeout and a
    /// connection error are failures; any other answer is one.
    pub const fn fails(self) -> bool {
        !matches!(self, Self::ClientError | Self::Redirect | Self::SlowBody | Self::Success)
    }
}
