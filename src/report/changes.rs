//! Takes the cases of two recorded runs.
//! Gives what changed from the older to the newer: cases in groups, by their verdicts and by the checks that changed.
//! Never takes a gap for a change that the ledger would take for the same gap.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::runner::{CheckOutcome, CheckRecord, ResultKind, ScenarioFinished, same};

/// The cases of a run by their ids.
pub(super) type Cases<'r> = BTreeMap<&'r str, &'r ScenarioFinished>;

/// What a group has in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    /// The verdict in the older run; none if the case was not in it.
    pub(super) before: Option<ResultKind>,
    /// The verdict in the newer run; none if the case was not in it.
    pub(super) now: Option<ResultKind>,
    /// The paths of the checks that changed, without indices, each once.
    pub(super) checks: Vec<String>,
}

/// One case that changed.
#[derive(Clone, Debug)]
pub(super) struct Change<'r> {
    pub(super) id: &'r str,
    /// The first check that changed; none if the case was not in both runs or could not be judged.
    pub(super) first: Option<Seen<'r>>,
}

/// What a check that changed came to in both runs; `None` where it was not reached.
#[derive(Clone, Debug)]
pub(super) struct Seen<'r> {
    pub(super) check: &'r str,
    pub(super) expected: &'r Value,
    pub(super) before: Option<&'r Value>,
    pub(super) now: Option<&'r Value>,
}

/// Every change, cases in the order of their ids within each group.
pub(super) fn changes<'r>(older: &Cases<'r>, newer: &Cases<'r>, slack_s: u64) -> BTreeMap<Kind, Vec<Change<'r>>> {
    let mut groups: BTreeMap<Kind, Vec<Change>> = BTreeMap::new();
    let mut ids: Vec<&str> = older.keys().chain(newer.keys()).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let (before, now) = (older.get(id).copied(), newer.get(id).copied());
        let changed = match (before, now) {
            (Some(before), Some(now)) => changed_checks(before, now, slack_s),
            _ => Vec::new(),
        };
        let verdicts = (before.map(|case| case.verdict), now.map(|case| case.verdict));
        if verdicts.0 == verdicts.1 && changed.is_empty() {
            continue;
        }
        let mut checks: Vec<String> = changed.iter().map(|seen| without_indices(seen.check)).collect();
        checks.sort_unstable();
        checks.dedup();
        let kind = Kind { before: verdicts.0, now: verdicts.1, checks };
        groups.entry(kind).or_default().push(Change { id, first: changed.into_iter().next() });
    }
    groups
}

/// The checks that came out otherwise, in the order in which they were made.
fn changed_checks<'r>(before: &'r ScenarioFinished, now: &'r ScenarioFinished, slack_s: u64) -> Vec<Seen<'r>> {
    let with = |case: &'r ScenarioFinished, path: &str| case.checks.iter().find(|check| check.check == path);
    let gone = before.checks.iter().filter(|check| with(now, &check.check).is_none());
    let pairs = now.checks.iter().map(|check| (with(before, &check.check), Some(check)));
    let pairs = pairs.chain(gone.map(|check| (Some(check), None)));
    pairs.filter(|(before, now)| differ(*before, *now, slack_s)).filter_map(|(before, now)| seen(before, now)).collect()
}

/// A check that one run did not reach is told only if it failed in the other. Where both expected and observed the same,
/// a difference in the outcome is the machine's.
fn differ(before: Option<&CheckRecord>, now: Option<&CheckRecord>, slack_s: u64) -> bool {
    let failed = |check: &CheckRecord| check.outcome == CheckOutcome::Fail;
    match (before, now) {
        (Some(before), Some(now)) => {
            let same = before.expected == now.expected && close(&now.check, &before.observed, &now.observed, slack_s);
            !same && (failed(before) || before.outcome != now.outcome)
        }
        (one, other) => one.or(other).is_some_and(failed),
    }
}

/// The same observation, moments and gaps within the slack.
fn close(path: &str, before: &Value, now: &Value, slack_s: u64) -> bool {
    match (before.as_f64(), now.as_f64()) {
        (Some(before), Some(now)) if path.ends_with("first_at_s") => (before - now).abs() <= slack_s as f64,
        _ => same(path, before, now, slack_s),
    }
}

fn seen<'r>(before: Option<&'r CheckRecord>, now: Option<&'r CheckRecord>) -> Option<Seen<'r>> {
    let either = now.or(before)?;
    Some(Seen {
        check: &either.check,
        expected: &either.expected,
        before: before.map(|check| &check.observed),
        now: now.map(|check| &check.observed),
    })
}

/// `steps[].expect.status` of `steps[3].expect.status`: the same check in another scenario.
fn without_indices(path: &str) -> String {
    path.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::samples;
    use super::*;

    /// The groups between two versions of one case, in words.
    fn check(before: Option<&ScenarioFinished>, now: Option<&ScenarioFinished>, expected: &[&str]) {
        let cases = |case: Option<&'static ScenarioFinished>| -> Cases<'static> {
            case.into_iter().map(|case| (case.id.as_str(), case)).collect()
        };
        let leak = |case: Option<&ScenarioFinished>| case.map(|case| &*Box::leak(Box::new(case.clone())));
        let groups = changes(&cases(leak(before)), &cases(leak(now)), 2);
        let said: Vec<String> = groups
            .into_iter()
            .map(|(kind, changes)| format!("{:?} {:?} {:?}: {}", kind.before, kind.now, kind.checks, changes.len()))
            .collect();
        assert_eq!(said, expected);
    }

    #[test]
    fn a_verdict_that_changes_is_told_with_its_checks() {
        let failed = samples::known();
        let mut passed = failed.clone();
        passed.verdict = ResultKind::Pass;
        passed.checks[0].outcome = CheckOutcome::Pass;
        passed.checks[0].observed = json!(15);
        check(Some(&failed), Some(&passed), &[r#"Some(Known) Some(Pass) ["expect.deliveries[].attempts"]: 1"#]);
        check(Some(&passed), Some(&passed), &[]);
        check(None, Some(&passed), &["None Some(Pass) []: 1"]);
    }

    #[test]
    fn a_failure_of_another_kind_is_told_and_a_gap_within_the_slack_is_not() {
        let before = samples::fail();
        let mut now = before.clone();
        now.checks[1].observed[12] = json!(32);
        check(Some(&before), Some(&now), &[]);
        now.checks[1].outcome = CheckOutcome::Inconclusive;
        check(Some(&before), Some(&now), &[]);
        now.checks[1].outcome = CheckOutcome::Fail;
        now.checks[1].observed[12] = json!(40);
        check(Some(&before), Some(&now), &[r#"Some(Fail) Some(Fail) ["expect.deliveries[].delays_s"]: 1"#]);
    }

    #[test]
    fn a_check_that_was_not_reached_is_told_only_if_it_failed_elsewhere() {
        let before = samples::fail();
        let mut now = before.clone();
        now.checks.pop().expect("the last check passes");
        check(Some(&before), Some(&now), &[]);
        now.checks.remove(0);
        check(Some(&before), Some(&now), &[r#"Some(Fail) Some(Fail) ["expect.deliveries[].attempts"]: 1"#]);
    }
}
