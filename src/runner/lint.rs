//! Takes planned cases.
//! Gives what a reader of their files can't see: expectations that the documented model does not meet, claims about
//! planted deviations that are not true, titles that stand twice.
//! Never changes a file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::catch::{catches, failed_checks};
use super::plan::Planned;
use super::suite::{Flawed, SuiteError, read_text};
use crate::judge::Check;
use crate::protocol::{Deviation, Deviations};
use crate::scenario::{Case, Diagnostic, Scenario, annotate};

/// Everything wrong with the scenarios of the plan, file by file.
///
/// # Errors
/// [`SuiteError::Read`] if a file has gone since it was planned.
pub fn lint(plan: &[Planned]) -> Result<Vec<Flawed>, SuiteError> {
    let mut flawed = Vec::new();
    let mut titles = BTreeMap::new();
    for scenario in scenarios(plan) {
        let text = read_text(scenario.file.as_ref())?;
        let mut diagnostics = unmet(scenario, &text);
        diagnostics.extend(survivors(scenario, &text));
        if let Some(other) = titles.insert(&scenario.title, &scenario.id) {
            let help = format!("{other} has it too; say what is special here");
            diagnostics.push(complain(scenario, &text, "title", "this title stands twice".into(), Some(help)));
        }
        if !diagnostics.is_empty() {
            flawed.push(Flawed { text, diagnostics });
        }
    }
    Ok(flawed)
}

fn scenarios(plan: &[Planned]) -> Vec<&Arc<Scenario>> {
    let mut seen = BTreeSet::new();
    plan.iter().map(|planned| &planned.scenario).filter(|scenario| seen.insert(&scenario.id)).collect()
}

/// Expectations that the documented model does not meet: either the file or the model is wrong.
fn unmet(scenario: &Scenario, text: &str) -> Vec<Diagnostic> {
    let of_case = |case: &Arc<Case>| {
        let failed = failed_checks(case, Deviations::NONE);
        let about = |check: Check| {
            let (path, expected, observed) = (&check.path, &check.expected, &check.observed);
            let message = format!("`{}` expects {expected} here, and the documented model gives {observed}", case.id);
            let help = "work the number out from the documents again; if they are right, the model is wrong";
            complain(scenario, text, path, message, Some(help.into()))
        };
        failed.into_iter().map(about).collect::<Vec<_>>()
    };
    scenario.cases.iter().flat_map(of_case).collect()
}

/// Planned catches that catch nothing.
fn survivors(scenario: &Scenario, text: &str) -> Vec<Diagnostic> {
    let about = |(index, deviation): (usize, &Deviation)| {
        let message = format!("a server with {deviation} passes this scenario");
        complain(scenario, text, &format!("killed_by[{index}]"), message, Some(deviation.sentence().into()))
    };
    scenario.killed_by.iter().enumerate().filter(|(_, deviation)| !catches(scenario, **deviation)).map(about).collect()
}

fn complain(scenario: &Scenario, text: &str, path: &str, message: String, help: Option<String>) -> Diagnostic {
    annotate(&scenario.file, text, path, message, help)
}
