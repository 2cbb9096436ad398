//! Takes one finished case.
//! Gives what every report says of it: its area, the deviations blamed, the checks that matter, one line of what was seen.
//! Never judges again: a verdict is taken as it was recorded.

use std::collections::BTreeSet;

use super::fit;
use crate::runner::{CheckOutcome, CheckRecord, ResultKind, ScenarioFinished};

/// The folders of an id: `backoff` of `backoff/shape[fn=geometric]`.
pub(super) fn area(id: &str) -> &str {
    // A value of an axis may hold a slash of its own.
    let path = id.split('[').next().unwrap_or(id);
    path.rsplit_once('/').map_or("scenarios", |(area, _)| area)
}

/// The deviations that the ledger blames, each once.
pub(super) fn deviations(case: &ScenarioFinished) -> BTreeSet<&str> {
    case.checks.iter().flat_map(|check| &check.known).map(String::as_str).collect()
}

/// The same in one line, or nothing.
pub(super) fn deviations_named(case: &ScenarioFinished) -> Option<String> {
    let names: Vec<_> = deviations(case).into_iter().collect();
    (!names.is_empty()).then(|| fit::printable(&names.join(", ")))
}

/// The checks that explain the verdict: those that did not pass, and those that pass although the ledger says otherwise.
pub(super) fn telling_checks(case: &ScenarioFinished) -> impl Iterator<Item = &CheckRecord> {
    case.checks.iter().filter(|check| check.outcome != CheckOutcome::Pass || !check.known.is_empty())
}

/// What the line of a case adds to its id: why it is known, stale, not applicable or an error, and how often it passed.
pub(super) fn note(case: &ScenarioFinished) -> Option<String> {
    let why = why(case);
    // Only where it came out differently from time to time.
    let repeats = case.repeats.filter(|repeats| repeats.passed > 0 && repeats.passed < repeats.of);
    let repeats = repeats.map(|repeats| format!("passed {} of {} times", repeats.passed, repeats.of));
    match (why, repeats) {
        (Some(why), Some(repeats)) => Some(format!("{why}; {repeats}")),
        (why, repeats) => why.or(repeats),
    }
}

fn why(case: &ScenarioFinished) -> Option<String> {
    match case.verdict {
        ResultKind::Error | ResultKind::NotApplicable | ResultKind::Stale => case.reason.as_deref().map(fit::printable),
        ResultKind::Known => deviations_named(case),
        ResultKind::Fail | ResultKind::Inconclusive | ResultKind::Pass => None,
    }
}

/// One line of what was seen: the reason if there is one, else the first check that differs.
pub(super) fn seen(case: &ScenarioFinished) -> String {
    if let Some(reason) = &case.reason {
        return fit::cut(&fit::printable(reason), SEEN_LIMIT);
    }
    let mut checks = telling_checks(case);
    let Some(first) = checks.next() else { return fit::cut(&fit::printable(&case.title), SEEN_LIMIT) };
    let (expected, observed) = fit::cut_both(&fit::json(&first.expected), &fit::json(&first.observed), SEEN_LIMIT / 2);
    let path = fit::printable(&first.check);
    match checks.count() {
        0 => format!("{path}: expected {expected}, observed {observed}"),
        more => format!("{path}: expected {expected}, observed {observed} (and {more} more)"),
    }
}

const SEEN_LIMIT: usize = 160;

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::runner::Repeats;

    #[test]
    fn an_area_is_all_but_the_last_part() {
        let check = |id, expected| assert_eq!(area(id), expected);
        check("backoff/shape", "backoff");
        check("network/partition/heals[at=1]", "network/partition");
        check("defaults/value[path=a/b]", "defaults");
        check("alone", "scenarios");
    }

    #[test]
    fn deviations_are_named_once() {
        let mut case = samples::known();
        case.checks.push(case.checks[0].clone());
        assert_eq!(deviations_named(&case).as_deref(), Some("http-error-not-retried"));
    }

    #[test]
    fn a_passing_check_with_a_ledger_entry_is_told() {
        let mut case = samples::known();
        case.checks[0].outcome = CheckOutcome::Pass;
        assert_eq!(telling_checks(&case).count(), 1);
        case.checks[0].known.clear();
        assert_eq!(telling_checks(&case).count(), 0);
    }

    #[test]
    fn repeats_that_differ_are_told() {
        let mut case = samples::fail();
        case.repeats = Some(Repeats { passed: 2, of: 3 });
        assert_eq!(note(&case).as_deref(), Some("passed 2 of 3 times"));
        case.repeats = Some(Repeats { passed: 0, of: 3 });
        assert_eq!(note(&case), None);
    }

    #[test]
    fn what_was_seen_is_one_line() {
        assert_eq!(seen(&samples::not_applicable()), "needs simulated-network");
        assert_eq!(seen(&samples::known()), "expect.deliveries[0].attempts: expected 15, observed 1");
        assert_eq!(seen(&samples::pass()), "an empty _retry_policy means the documented defaults");
    }
}
