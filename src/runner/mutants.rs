//! Takes a suite and planted deviations.
//! Gives for each of them the scenarios that catch it, and the claims to catch it that are not true.
//! Never changes a scenario: a survivor means that one is missing.

use std::sync::Arc;

use rayon::prelude::*;

use super::catch::catches;
use crate::protocol::{Deviation, Origin};
use crate::scenario::{Level, Scenario};

/// What became of one planted deviation.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The deviation.
    pub deviation: Deviation,
    /// The scenarios that catch it, in the order of ids.
    pub caught_by: Vec<Arc<Scenario>>,
    /// The scenarios that say they catch it and do not.
    pub untrue: Vec<Arc<Scenario>>,
}

impl Mutant {
    /// Whether no scenario catches it.
    pub fn survives(&self) -> bool {
        self.caught_by.is_empty()
    }

    /// The level of the strictest scenario that catches it.
    pub fn level(&self) -> Option<Level> {
        self.caught_by.iter().map(|scenario| scenario.level).max()
    }
}

/// Every planted deviation, in alphabetical order.
pub fn planted() -> impl Iterator<Item = Deviation> {
    Deviation::ALL.iter().copied().filter(|deviation| deviation.origin() == Origin::Planted)
}

/// Plays the whole suite on the model once for each deviation, on every core.
pub fn mutants(scenarios: &[Arc<Scenario>], deviations: &[Deviation]) -> Vec<Mutant> {
    let mutant = |deviation: &Deviation| {
        let caught = scenarios.par_iter().map(|scenario| catches(scenario, *deviation)).collect::<Vec<bool>>();
        let of = |wanted: bool| scenarios.iter().zip(&caught).filter(move |(_, caught)| **caught == wanted);
        let claims = |scenario: &Scenario| scenario.killed_by.contains(deviation);
        Mutant {
            deviation: *deviation,
            caught_by: of(true).map(|(scenario, _)| Arc::clone(scenario)).collect(),
            untrue: of(false)
                .filter(|(scenario, _)| claims(scenario))
                .map(|(scenario, _)| Arc::clone(scenario))
                .collect(),
        }
    };
    deviations.par_iter().map(mutant).collect()
}
