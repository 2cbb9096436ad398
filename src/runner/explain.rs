//! Takes the records of a run on a real server.
//! Gives a ledger of what failed, each failure with a smallest set of observed deviations under which the model fails in
//! the same way.
//! Never guesses: what the model does not reproduce stays unexplained.

use std::sync::Arc;

use serde_json::Value;

use super::catch::play;
use super::event::{CheckOutcome, ResultKind, ScenarioFinished};
use super::ledger::{Entry, Ledger, same};
use super::plan::Planned;
use crate::judge::{Clockwork, Outcome, judge};
use crate::protocol::{Deviation, Deviations, Profile};
use crate::scenario::Case;

/// How far a gap on a real clock may be from the same gap in the model, in whole seconds.
const SLACK_S: u64 = 1;

/// The ledger that makes exactly these failures known, and the records as it judges them. Entries of cases that were
/// not played, and of cases and checks that could not be told, stay; so does the reason of an entry that is still true.
pub fn update_ledger(old: Ledger, plan: &[Planned], finished: &mut [ScenarioFinished]) -> Ledger {
    let mut entries: Vec<Entry> = Vec::new();
    for record in &mut *finished {
        match record.verdict {
            ResultKind::Fail => {
                let planned = plan.iter().find(|planned| planned.case.id == record.id);
                entries.extend(planned.into_iter().flat_map(|planned| new_entries(&old, planned, record)));
                entries.extend(old.entries.iter().filter(|entry| is_untold(entry, record)).cloned());
                record.verdict = ResultKind::Known;
            }
            ResultKind::Pass => {}
            _ => entries.extend(old.entries.iter().filter(|entry| entry.id == record.id).cloned()),
        }
    }
    let played = |id: &str| finished.iter().any(|record| record.id == id);
    entries.extend(old.entries.into_iter().filter(|entry| !played(&entry.id)));
    entries.sort_by(|one, other| (&one.id, &one.check).cmp(&(&other.id, &other.check)));
    Ledger { entries, ..old }
}

/// Whether the entry is about a check of this record that a noisy machine left open.
fn is_untold(entry: &Entry, record: &ScenarioFinished) -> bool {
    let untold = record.checks.iter().filter(|check| check.outcome == CheckOutcome::Inconclusive);
    entry.id == record.id && untold.into_iter().any(|check| check.check == entry.check)
}

fn new_entries(old: &Ledger, planned: &Planned, record: &mut ScenarioFinished) -> Vec<Entry> {
    let failed = record.checks.iter_mut().filter(|check| check.outcome == CheckOutcome::Fail);
    failed
        .map(|check| {
            let blamed = explain(&planned.case, &check.check, &check.observed, SLACK_S).unwrap_or_default();
            check.known = blamed.iter().map(|deviation| deviation.name().to_owned()).collect();
            let before = old.entries.iter().find(|entry| entry.id == record.id && entry.check == check.check);
            let kept = before.filter(|entry| entry.deviations == check.known).map(|entry| entry.reason.clone());
            Entry {
                id: record.id.clone(),
                check: check.check.clone(),
                seen: check.observed.clone(),
                deviations: check.known.clone(),
                reason: kept.unwrap_or_else(|| reason(&blamed)),
            }
        })
        .collect()
}

fn reason(blamed: &[Deviation]) -> String {
    match blamed {
        [] => "Not explained by any known deviation.".into(),
        blamed => blamed.iter().map(|deviation| deviation.sentence()).collect::<Vec<_>>().join(" "),
    }
}

/// The deviations that explain why the check at `path` gave `seen`, gaps within `slack_s`; `None` if all the observed
/// ones together don't.
pub fn explain(case: &Arc<Case>, path: &str, seen: &Value, slack_s: u64) -> Option<Vec<Deviation>> {
    smallest(|deviations| fails_as(case, path, seen, slack_s, deviations))
}

/// A smallest set of observed deviations of which `holds` is true; `None` if it is not of all of them together.
pub(super) fn smallest(holds: impl Fn(Deviations) -> bool) -> Option<Vec<Deviation>> {
    let mut blamed = Some(Profile::Zaqar23.deviations()).filter(|all| holds(*all))?;
    // Most have no part in it: they are let go by halves, by quarters, and in the end one by one.
    let mut size = blamed.iter().count();
    while size > 0 {
        let members: Vec<Deviation> = blamed.iter().collect();
        for some in members.chunks(size) {
            let fewer = some.iter().fold(blamed, |all, deviation| all.without(*deviation));
            if holds(fewer) {
                blamed = fewer;
            }
        }
        size /= 2;
    }
    Some(blamed.iter().collect())
}

fn fails_as(case: &Arc<Case>, path: &str, seen: &Value, slack_s: u64, deviations: Deviations) -> bool {
    let Ok(observed) = play(case, deviations) else { return false };
    let checks = judge(case, &observed, Clockwork::Virtual).checks;
    checks
        .iter()
        .any(|check| check.path == path && check.outcome == Outcome::Fail && same(path, seen, &check.observed, slack_s))
}
