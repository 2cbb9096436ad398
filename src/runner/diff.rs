//! Takes two recorded runs.
//! Gives what the one server did and the other did not, case by case.
//! Never counts what differs from run to run, or what an HTTP client puts into every request.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Value, json};

use super::event::{AttemptRecord, CheckOutcome, CheckRecord, ExchangeRecord, ResultKind, ScenarioFinished};
use super::ledger::same;
use super::mask::{mask, mask_text};
use super::recording::Recording;
use super::rejudge::lateness_s;
use crate::judge::{Clockwork, JOURNEY};

/// How much longer than a gap of the other run one on a real clock may be, in seconds: less than the one second by which
/// delays differ that are computed otherwise.
pub const TOLERANCE_S: f64 = 0.9;
/// How much shorter it may be: two readings of one clock disagree by less.
const EARLY_S: f64 = 0.1;
/// Gaps in checks are cut to whole seconds, and the gaps of the attempts are compared besides.
const CHECK_SLACK_S: u64 = 1;

/// Headers that say which HTTP client a server uses.
const OF_THE_CLIENT: [&str; 6] = ["accept", "accept-encoding", "connection", "content-length", "host", "user-agent"];

/// What differs in one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The case's id.
    pub id: String,
    /// Everything that differs, answers first, then attempts, then what was said of them.
    pub changes: Vec<Change>,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Where: a step, an attempt, a check.
    pub place: String,
    /// What the first run has there; nothing if it has nothing.
    pub first: Option<Value>,
    /// What the second run has there.
    pub second: Option<Value>,
}

/// How gaps are compared.
#[derive(Clone, Copy, Debug)]
struct Pace {
    shorter_s: f64,
    longer_s: f64,
    slack_s: u64,
}

/// The time between two attempts.
#[derive(Clone, Copy, Debug)]
struct Gap {
    s: f64,
    /// How much of it the machine may have added.
    excused_s: f64,
}

/// What the two runs differ in, in the order of ids. Gaps of a real clock may be `tolerance_s` longer than the other's.
pub fn diff(first: &Recording, second: &Recording, tolerance_s: f64) -> Vec<Difference> {
    let pace = Pace::of(first.header.clockwork(), second.header.clockwork(), tolerance_s);
    let same_ledger = first.header.known.is_some() == second.header.known.is_some();
    let ids: BTreeSet<&str> = first.cases.iter().chain(&second.cases).map(|case| case.id.as_str()).collect();
    let changes = |id: &str| match (first.case(id), second.case(id)) {
        // What needs a capability that one of them was run without tells nothing of the servers.
        (Some(one), Some(other)) if !(one.applied() && other.applied()) => Vec::new(),
        (Some(one), Some(other)) => case_changes(one, other, pace, same_ledger),
        (one, other) => {
            let verdict = |case: Option<&ScenarioFinished>| case.map(|case| json!(case.verdict));
            vec![Change { place: "the case".into(), first: verdict(one), second: verdict(other) }]
        }
    };
    let all = ids.into_iter().map(|id| Difference { id: id.to_owned(), changes: changes(id) });
    all.filter(|difference| !difference.changes.is_empty()).collect()
}

fn case_changes(one: &ScenarioFinished, other: &ScenarioFinished, pace: Pace, same_ledger: bool) -> Vec<Change> {
    let mut changes = Changes::default();
    exchanges(&mut changes, &one.exchanges, &other.exchanges);
    attempts(&mut changes, one, other, pace);
    checks(&mut changes, &one.checks, &other.checks, pace);
    // What one run's ledger knows is a failure to a run without one.
    let verdict = |case: &ScenarioFinished| match case.verdict {
        ResultKind::Known | ResultKind::Stale if !same_ledger => ResultKind::Fail,
        verdict => verdict,
    };
    changes.compare("verdict", json!(verdict(one)), json!(verdict(other)));
    changes.0
}

fn exchanges(changes: &mut Changes, one: &[ExchangeRecord], other: &[ExchangeRecord]) {
    let by_step = |exchanges: &[ExchangeRecord]| -> BTreeMap<usize, ExchangeRecord> {
        let number = |step: &str| step.trim_start_matches("steps[").trim_end_matches(']').parse().unwrap_or(usize::MAX);
        exchanges.iter().map(|exchange| (number(&exchange.step), exchange.clone())).collect()
    };
    changes.pair(by_step(one), by_step(other), |changes, step, one, other| {
        let place = format!("steps[{step}]");
        let shown = |exchange: &ExchangeRecord| json!({"request": exchange.request, "status": exchange.status});
        let (Some(one), Some(other)) = (one, other) else {
            return changes.differ(&place, one.map(shown), other.map(shown));
        };
        changes.compare(&format!("{place} request"), mask_text(&one.request).into(), mask_text(&other.request).into());
        let body = |body: &Option<Value>| body.as_ref().map_or(Value::Null, mask);
        changes.compare(&format!("{place} body"), body(&one.body), body(&other.body));
        changes.compare(&format!("{place} status"), json!(one.status), json!(other.status));
        changes.compare(&format!("{place} answer"), body(&one.answer), body(&other.answer));
    });
}

/// The attempts of one message at one subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Delivery<'a> {
    subscriber: &'a str,
    message: Option<usize>,
    confirmation: Option<&'a str>,
}

impl fmt::Display for Delivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.message, self.confirmation) {
            (_, Some(confirmation)) => write!(f, "{confirmation} at {}", self.subscriber),
            (Some(message), None) => write!(f, "message {message} at {}", self.subscriber),
            (None, None) => write!(f, "unknown message at {}", self.subscriber),
        }
    }
}

fn attempts(changes: &mut Changes, one: &ScenarioFinished, other: &ScenarioFinished, pace: Pace) {
    let (case_one, case_other) = (one, other);
    changes.pair(deliveries(&one.attempts), deliveries(&other.attempts), |changes, delivery, one, other| {
        let (one, other) = (one.map_or(&[][..], Vec::as_slice), other.map_or(&[][..], Vec::as_slice));
        changes.compare(&format!("{delivery}: attempts"), json!(one.len()), json!(other.len()));
        let gap = |case: &ScenarioFinished, attempts: &[&AttemptRecord], index: usize| {
            let (from, to) = (attempts[index - 1].ended_s, attempts[index].at_s);
            Gap { s: to - from, excused_s: lateness_s(case, from, to) }
        };
        for (index, (first, second)) in one.iter().zip(other).enumerate() {
            let place = |what: &str| format!("{delivery}: {what} {}", index + 1);
            if index > 0 {
                let (first, second) = (gap(case_one, one, index), gap(case_other, other, index));
                if !pace.takes(first, second) {
                    changes.differ(&place("gap before attempt"), Some(seconds(first.s)), Some(seconds(second.s)));
                }
            }
            changes.compare(&place("method of attempt"), json!(first.method), json!(second.method));
            changes.compare(&place("body of attempt"), body(first), body(second));
            changes.compare(&place("headers of attempt"), headers(first), headers(second));
        }
    });
}

fn deliveries(attempts: &[AttemptRecord]) -> BTreeMap<Delivery<'_>, Vec<&AttemptRecord>> {
    let mut deliveries: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for attempt in attempts {
        let delivery = Delivery {
            subscriber: &attempt.subscriber,
            message: attempt.message,
            confirmation: attempt.confirmation.as_deref(),
        };
        deliveries.entry(delivery).or_default().push(attempt);
    }
    deliveries
}

/// As JSON if it is JSON: the order of keys says nothing.
fn body(attempt: &AttemptRecord) -> Value {
    serde_json::from_str(&attempt.body).map_or_else(|_| mask_text(&attempt.body).into(), |body| mask(&body))
}

fn headers(attempt: &AttemptRecord) -> Value {
    let counts = |name: &str| !OF_THE_CLIENT.contains(&name) && !JOURNEY.contains(&name);
    let mut headers: Vec<String> = attempt
        .headers
        .iter()
        .filter(|(name, _)| counts(&name.to_lowercase()))
        .map(|(name, value)| format!("{}: {}", name.to_lowercase(), mask_text(value)))
        .collect();
    headers.sort();
    json!(headers)
}

fn checks(changes: &mut Changes, one: &[CheckRecord], other: &[CheckRecord], pace: Pace) {
    let by_path = |checks: &[CheckRecord]| -> BTreeMap<String, CheckRecord> {
        checks.iter().map(|check| (check.check.clone(), check.clone())).collect()
    };
    changes.pair(by_path(one), by_path(other), |changes, path, one, other| {
        let shown = |check: &CheckRecord| json!({"outcome": check.outcome, "observed": check.observed});
        let (Some(one), Some(other)) = (one, other) else {
            return changes.differ(path, one.map(shown), other.map(shown));
        };
        changes.compare(&format!("{path} expects"), one.expected.clone(), other.expected.clone());
        let both_pass = [one, other].iter().all(|check| check.outcome == CheckOutcome::Pass);
        let alike = same(path, &mask(&one.observed), &mask(&other.observed), pace.slack_s);
        // Of two checks that pass, one may have seen another of the values that are accepted.
        if one.outcome != other.outcome || (!alike && !both_pass) {
            changes.differ(path, Some(shown(one)), Some(shown(other)));
        }
    });
}

impl Pace {
    fn of(first: Clockwork, second: Clockwork, tolerance_s: f64) -> Self {
        let exact = Self { shorter_s: 0.0, longer_s: 0.0, slack_s: 0 };
        // A network that moves in ticks is late by some milliseconds, as a machine is.
        let is_real = |clock| !matches!(clock, Clockwork::Virtual);
        match (is_real(first), is_real(second)) {
            (false, false) => exact,
            (true, false) => Self { shorter_s: EARLY_S, longer_s: tolerance_s, slack_s: CHECK_SLACK_S },
            (false, true) => Self { shorter_s: tolerance_s, longer_s: EARLY_S, slack_s: CHECK_SLACK_S },
            (true, true) => Self { shorter_s: tolerance_s, longer_s: tolerance_s, slack_s: CHECK_SLACK_S },
        }
    }

    /// Whether the first run's gap may be taken for the second's.
    fn takes(self, first: Gap, second: Gap) -> bool {
        // Recorded times are exact to the millisecond, their difference in floating point is not.
        const ROUNDING: f64 = 0.001_5;
        let more = first.s - second.s;
        let (shorter_s, longer_s) = (self.shorter_s + second.excused_s, self.longer_s + first.excused_s);
        more >= -shorter_s - ROUNDING && more <= longer_s + ROUNDING
    }
}

fn seconds(gap: f64) -> Value {
    json!((gap * 1000.0).round() / 1000.0)
}

/// What was found so far.
#[derive(Debug, Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn compare(&mut self, place: &str, first: Value, second: Value) {
        if first != second {
            self.differ(place, Some(first), Some(second));
        }
    }

    fn differ(&mut self, place: &str, first: Option<Value>, second: Option<Value>) {
        self.0.push(Change { place: place.into(), first, second });
    }

    /// Calls `compare` with what both have under each key.
    fn pair<K: Ord, V>(
        &mut self,
        first: BTreeMap<K, V>,
        second: BTreeMap<K, V>,
        mut compare: impl FnMut(&mut Self, &K, Option<&V>, Option<&V>),
    ) {
        let keys: BTreeSet<&K> = first.keys().chain(second.keys()).collect();
        for key in keys {
            compare(self, key, first.get(key), second.get(key));
        }
    }
}
