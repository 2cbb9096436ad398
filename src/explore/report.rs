//! Takes a failing seed.
//! Gives it cut down, and written as a scenario file that passes on the documented model and fails on the other.
//! Never hands out a file that does not: a failure that no file can show is reported as such.

use std::sync::Arc;

use super::invariant::Violation;
use super::outcome::{Engine, Outcome, Play};
use super::plan::Plan;
use super::shrink::shrink;
use super::write::{Detail, write};
use crate::judge::{Clockwork, Outcome as Judged, judge};
use crate::protocol::{Deviation, Deviations, Origin};
use crate::scenario::{Case, Register, parse};

/// A failure cut down.
#[derive(Clone, Debug)]
pub struct Reduced {
    /// The seed it comes from.
    pub seed: u64,
    /// What is broken.
    pub violation: Violation,
    /// What is left of the plan.
    pub case: Arc<Case>,
    /// How many cases were played for it.
    pub plays: usize,
    /// The text of a scenario file that shows it, where one can.
    pub text: Option<String>,
}

/// Cuts down what a seed came to; nothing if nothing is broken.
pub fn reduce(outcome: &Outcome, on: Engine, register: &Register) -> Option<Reduced> {
    let violation = outcome.violations.first()?.clone();
    let seed = outcome.seed;
    let shrunk = shrink(&Plan::draw(seed, &on.able()).case, violation.invariant, &on);
    let violation = super::broken(&shrunk.case, &on).ok()?.into_iter().next()?;
    let text = Detail::ALL.into_iter().find_map(|detail| {
        let text = write(&shrunk.case, &violation, &planted(on), seed, detail).ok()?;
        shows(&text, on, register).then_some(text)
    });
    Some(Reduced { seed, violation, case: shrunk.case, plays: shrunk.plays, text })
}

/// The one planted deviation of a target that has nothing else, which a file may then claim to catch.
fn planted(on: Engine) -> Vec<Deviation> {
    let (Engine::Model(deviations) | Engine::Sim(deviations)) = on;
    let all: Vec<Deviation> = deviations.iter().collect();
    if all.len() == 1 && all[0].origin() == Origin::Planted { all } else { Vec::new() }
}

/// Whether the documented model passes the file, and the target that was explored does not.
fn shows(text: &str, on: Engine, register: &Register) -> bool {
    let Ok(scenario) = parse("explore/seed", "seed.json", text, register) else { return false };
    let documented = match on {
        Engine::Model(_) => Engine::Model(Deviations::NONE),
        Engine::Sim(_) => Engine::Sim(Deviations::NONE),
    };
    scenario.cases.iter().all(|case| passes(case, documented) && !passes(case, on))
}

fn passes(case: &Arc<Case>, on: Engine) -> bool {
    let played = on.play(case);
    played.is_ok_and(|observed| judge(case, &observed, Clockwork::Virtual).outcome() == Judged::Pass)
}
