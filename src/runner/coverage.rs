//! Takes the register and the scenarios of a suite.
//! Gives which scenarios check which requirement, which requirements none checks, and the reasons for that.
//! Never plays a scenario: what a scenario says it checks is taken at its word, which `lint` proves.

use std::collections::BTreeMap;

use serde::Serialize;

use super::suite::Suite;
use crate::scenario::{Level, Requirement, Source};

/// The register of a suite beside its scenarios.
#[derive(Clone, Debug, Serialize)]
pub struct Coverage {
    /// Every requirement, in the order of the register.
    pub requirements: Vec<Covered>,
}

/// One requirement and the scenarios that cite it.
#[derive(Clone, Debug, Serialize)]
pub struct Covered {
    /// The requirement.
    #[serde(flatten)]
    pub requirement: Requirement,
    /// Whether that is as it should be.
    pub state: CoverageState,
    /// The ids of the scenarios, in order.
    pub scenarios: Vec<String>,
}

/// Whether a requirement is checked, as the register wants it to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoverageState {
    /// At least one scenario checks it.
    Checked,
    /// None checks it, and the register says why.
    Excluded,
    /// The register says that none checks it, and one does.
    ExcludedYetChecked,
    /// None checks it, and nobody says why.
    Unchecked,
}

impl CoverageState {
    /// Whether register and scenarios contradict each other here.
    pub const fn is_flawed(self) -> bool {
        matches!(self, Self::ExcludedYetChecked | Self::Unchecked)
    }
}

impl Coverage {
    /// What the scenarios of `suite` check.
    pub fn of(suite: &Suite) -> Self {
        let mut citing: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for scenario in &suite.scenarios {
            for id in &scenario.requirements {
                citing.entry(id).or_default().push(scenario.id.clone());
            }
        }
        let covered = |requirement: &Requirement| {
            let scenarios = citing.remove(requirement.id.as_str()).unwrap_or_default();
            let state = match (&requirement.excluded, scenarios.is_empty()) {
                (None, false) => CoverageState::Checked,
                (Some(_), true) => CoverageState::Excluded,
                (Some(_), false) => CoverageState::ExcludedYetChecked,
                (None, true) => CoverageState::Unchecked,
            };
            Covered { requirement: requirement.clone(), state, scenarios }
        };
        Self { requirements: suite.register.iter().map(covered).collect() }
    }

    /// Whether every requirement is either checked or excluded.
    pub fn is_complete(&self) -> bool {
        !self.requirements.iter().any(|covered| covered.state.is_flawed())
    }

    /// How many requirements of each level and source there are, and how many of them are checked; strictest level
    /// first, then the highest authority.
    pub fn totals(&self) -> Vec<CoverageTotal> {
        let mut totals = Vec::new();
        for level in [Level::Must, Level::Should, Level::Info] {
            for source in [Source::Guide, Source::Commit, Source::Spec, Source::ApiRef, Source::Robust] {
                let of_both =
                    |covered: &&Covered| (covered.requirement.level, covered.requirement.source) == (level, source);
                let these = || self.requirements.iter().filter(of_both);
                let in_state = |state| these().filter(|covered| covered.state == state).count();
                let total = CoverageTotal {
                    level,
                    source,
                    requirements: these().count(),
                    checked: in_state(CoverageState::Checked),
                    excluded: in_state(CoverageState::Excluded),
                };
                totals.extend((total.requirements > 0).then_some(total));
            }
        }
        totals
    }
}

/// The requirements of one level and source, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageTotal {
    /// How strictly they bind.
    pub level: Level,
    /// The document they come from.
    pub source: Source,
    /// How many there are.
    pub requirements: usize,
    /// How many of them are checked.
    pub checked: usize,
    /// How many of them are excluded, and rightly so.
    pub excluded: usize,
}
