//! Takes a scenario and a deviation.
//! Gives what the model with that deviation fails of it.
//! Never asks whether a scenario claims to catch it: `lint` and `mutants` do.

use std::sync::Arc;

use crate::judge::{Check, Clockwork, Observed, Outcome, judge};
use crate::protocol::{Deviation, Deviations};
use crate::scenario::{Case, Scenario};
use crate::sim::SimTarget;
use crate::target::{Error, ModelTarget};

/// Whether a model with nothing but this deviation fails any case of the scenario.
pub(super) fn catches(scenario: &Scenario, deviation: Deviation) -> bool {
    let deviations = Deviations::NONE.with(deviation);
    scenario.cases.iter().any(|case| !failed_checks(case, deviations).is_empty())
}

/// What fails when the case is played on the model; a case that never ends fails as a whole.
pub(super) fn failed_checks(case: &Arc<Case>, deviations: Deviations) -> Vec<Check> {
    match play(case, deviations) {
        Ok(observed) => {
            let checks = judge(case, &observed, Clockwork::Virtual).checks;
            checks.into_iter().filter(|check| check.outcome != Outcome::Pass).collect()
        }
        Err(error) => vec![Check {
            path: "steps".into(),
            outcome: Outcome::Fail,
            expected: "an end".into(),
            observed: error.to_string().into(),
        }],
    }
}

/// Plays a case in exact virtual time: on the model, or in a simulation of it where the network has a part.
pub(super) fn play(case: &Arc<Case>, deviations: Deviations) -> Result<Observed, Error> {
    if case.disrupts_network() {
        SimTarget::new(deviations).play_now(case)
    } else {
        (ModelTarget { deviations }).play_now(case)
    }
}
