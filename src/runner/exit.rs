//! Takes how many cases came out how.
//! Gives the exit code that says so.
//! Never a count: 256 failures must not read as none.

use super::event::{ResultKind, ScenarioFinished};

/// What the program's exit code means. The first that applies, in the order 2, 7, 1, 6, 3, 4, 5, 0, is the one given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: everything selected came out as expected: pass, or known as the ledger says.
    Conforms,
    /// 1: an unexpected failure, a ledger entry that is no longer true, or two recorded runs that differ.
    Deviates,
    /// 2: usage, or an invalid scenario, ledger, register or recording; nothing was run.
    Usage,
    /// 3: could not test: the target was unreachable or died, the run was cut short, or a report could not be written.
    CouldNotTest,
    /// 4: no failure, but something was inconclusive.
    Inconclusive,
    /// 5: nothing ran.
    NothingRan,
    /// 6: an exploration found nothing wrong, but something that had to happen and did not: a delivery that got lost.
    NoProgress,
    /// 7: a seed played twice came out in two ways, so that nothing else an exploration says can be relied on.
    Nondeterminism,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Conforms => 0,
            Self::Deviates => 1,
            Self::Usage => 2,
            Self::CouldNotTest => 3,
            Self::Inconclusive => 4,
            Self::NothingRan => 5,
            Self::NoProgress => 6,
            Self::Nondeterminism => 7,
        }
    }

    /// The meaning of a number; one that has none says that something went wrong.
    pub fn from_code(code: u8) -> Self {
        let all = [
            Self::Conforms,
            Self::Deviates,
            Self::Usage,
            Self::CouldNotTest,
            Self::Inconclusive,
            Self::NothingRan,
            Self::NoProgress,
            Self::Nondeterminism,
        ];
        all.into_iter().find(|exit| exit.code() == code).unwrap_or(Self::CouldNotTest)
    }

    /// The code of a run. Failures of level `info` are reported and decide nothing.
    pub fn of(finished: &[ScenarioFinished], unmatched: &[String], interrupted: bool) -> Self {
        let any = |wanted| finished.iter().any(|case| case.verdict == wanted);
        let deviates = |case: &ScenarioFinished| case.is_red() && case.verdict != ResultKind::Error;
        if finished.iter().any(deviates) || !unmatched.is_empty() {
            Self::Deviates
        } else if any(ResultKind::Error) || interrupted {
            Self::CouldNotTest
        } else if any(ResultKind::Inconclusive) {
            Self::Inconclusive
        } else if finished.iter().all(|case| case.verdict == ResultKind::NotApplicable) {
            Self::NothingRan
        } else {
            Self::Conforms
        }
    }
}
