//! Takes the text of a ledger, and verdicts.
//! Gives what is known to fail and exactly how; whether a verdict is as the ledger says; the text of a new ledger.
//! Never excuses a failure that is not the one it pins: another count or another gap is a new finding.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::{CheckOutcome, CheckRecord, ResultKind, ScenarioFinished};
use super::plan::Planned;
use super::recording::Recording;
use crate::judge::{Check, Clockwork, Outcome, Verdict};
use crate::scenario::{Diagnostic, decode_document};

/// What a target is known to do differently. Written by `run --update-known`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// The version of this format.
    pub format: u32,
    /// The target it speaks of.
    pub target: String,
    /// One entry for each check that fails, in the order of ids and checks.
    pub entries: Vec<Entry>,
    /// Whether it is only an earlier run: an entry that is no longer true is then no fault of the ledger.
    #[serde(skip)]
    pub baseline: bool,
}

/// One check that is known to fail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The case's id.
    pub id: String,
    /// The check's path in the scenario file.
    pub check: String,
    /// What was seen.
    pub seen: Value,
    /// The deviations that explain it.
    pub deviations: Vec<String>,
    /// Why it fails, in a sentence.
    pub reason: String,
}

/// A verdict in the light of the ledger.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) kind: ResultKind,
    pub(super) reason: Option<String>,
    /// The deviations blamed for each failed check that is known.
    pub(super) known: BTreeMap<String, Vec<String>>,
}

impl Ledger {
    /// A ledger without entries.
    pub fn empty(target: String) -> Self {
        Self { format: 1, target, entries: Vec::new(), baseline: false }
    }

    /// What failed in an earlier run: failing as it did then is nothing new.
    pub fn of_baseline(recording: &Recording) -> Self {
        let failed = |case: &ScenarioFinished| {
            let failed = case.checks.iter().filter(|check| check.outcome == CheckOutcome::Fail);
            let entry = |check: &CheckRecord| Entry {
                id: case.id.clone(),
                check: check.check.clone(),
                seen: check.observed.clone(),
                deviations: check.known.clone(),
                reason: "It failed so in the baseline.".into(),
            };
            failed.map(entry).collect::<Vec<_>>()
        };
        let entries = recording.cases.iter().flat_map(failed).collect();
        Self { entries, baseline: true, ..Self::empty(recording.header.target.clone()) }
    }

    /// Reads a ledger as strictly as a scenario.
    ///
    /// # Errors
    /// Everything that is wrong with the text, with its place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        decode_document(file, text)
    }

    /// The text of the ledger: two-space JSON with a newline at the end.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).expect("a ledger is plain JSON") + "\n"
    }

    fn entries_of(&self, id: &str) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.id == id)
    }
}

/// What a verdict is, given what is known. Without a ledger nothing is.
pub(super) fn compare(ledger: Option<&Ledger>, planned: &Planned, verdict: &Verdict, clock: Clockwork) -> Finding {
    let baseline = ledger.is_some_and(|ledger| ledger.baseline);
    let entries: Vec<&Entry> = ledger.into_iter().flat_map(|ledger| ledger.entries_of(&planned.case.id)).collect();
    let failed: Vec<&Check> = verdict.checks.iter().filter(|check| check.outcome == Outcome::Fail).collect();
    let slack_s = slack_s(clock);
    let mut finding = Finding { kind: ResultKind::Pass, reason: None, known: BTreeMap::new() };
    let (mut unexpected, mut stale) = (false, Vec::new());
    for check in &failed {
        match entries.iter().find(|entry| entry.check == check.path) {
            None => unexpected = true,
            Some(entry) if same(&check.path, &entry.seen, &check.observed, slack_s) => {
                finding.known.insert(check.path.clone(), entry.deviations.clone());
            }
            Some(entry) => {
                let (path, seen, observed) = (&check.path, &entry.seen, &check.observed);
                stale.push(format!("{path} is known to give {seen}, now it gives {observed}"));
            }
        }
    }
    let passes = |entry: &&&Entry| {
        !verdict.checks.iter().any(|check| check.path == entry.check && check.outcome != Outcome::Pass)
    };
    if !baseline {
        stale.extend(entries.iter().filter(passes).map(|entry| format!("{} is known to fail and passes", entry.check)));
    }
    let inconclusive = verdict.checks.iter().any(|check| check.outcome == Outcome::Inconclusive);
    finding.kind = match () {
        () if unexpected || baseline && !stale.is_empty() => ResultKind::Fail,
        () if !stale.is_empty() => ResultKind::Stale,
        () if inconclusive => ResultKind::Inconclusive,
        () if !failed.is_empty() => ResultKind::Known,
        () => ResultKind::Pass,
    };
    finding.reason = (!stale.is_empty()).then(|| stale.join("; "));
    finding
}

/// Gaps are pinned in whole seconds; on a real clock the same gap may fall into the next one or two.
const fn slack_s(clock: Clockwork) -> u64 {
    match clock {
        Clockwork::Virtual | Clockwork::Ticking => 0,
        Clockwork::Real { .. } => 2,
    }
}

/// Whether two observations of the check at `path` are the same, gaps within the slack.
pub fn same(path: &str, seen: &Value, observed: &Value, slack_s: u64) -> bool {
    match (seen, observed) {
        (Value::Object(seen), Value::Object(observed)) => {
            let pair = |(key, seen): (&String, &Value)| {
                observed.get(key).is_some_and(|observed| same(key, seen, observed, slack_s))
            };
            seen.len() == observed.len() && seen.iter().all(pair)
        }
        _ if path.ends_with("delays_s") => close(seen, observed, slack_s),
        _ => seen == observed,
    }
}

fn close(seen: &Value, observed: &Value, slack_s: u64) -> bool {
    let (Some(seen), Some(observed)) = (seen.as_array(), observed.as_array()) else { return seen == observed };
    let near = |(seen, observed): (&Value, &Value)| match (seen.as_u64(), observed.as_u64()) {
        (Some(seen), Some(observed)) => seen.abs_diff(observed) <= slack_s,
        _ => seen == observed,
    };
    seen.len() == observed.len() && seen.iter().zip(observed).all(near)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(seen: &Value, observed: &Value, expected: bool) {
        assert_eq!(same("x", seen, observed, 1), expected, "{seen} {observed}");
    }

    #[test]
    fn gaps_may_differ_by_the_slack_and_counts_may_not() {
        check(&json!({"attempts": 2, "delays_s": [5]}), &json!({"attempts": 2, "delays_s": [6]}), true);
        check(&json!({"attempts": 2, "delays_s": [5]}), &json!({"attempts": 2, "delays_s": [7]}), false);
        check(&json!({"attempts": 2, "delays_s": [5]}), &json!({"attempts": 1, "delays_s": []}), false);
        check(&json!({"attempts": 2}), &json!({"attempts": 3}), false);
        check(&json!(200), &json!(201), false);
        check(&json!([0, 1]), &json!([0, 0]), false);
        assert!(same("expect.deliveries[0].delays_s", &json!([0, 1]), &json!([0, 0]), 1));
    }
}
