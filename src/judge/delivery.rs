//! Takes one expected delivery and the attempts that reached its subscriber.
//! Gives a table, attempt by attempt, and the checks that follow from it.
//! Never takes an attempt for another message's: what can't be told apart is unexpected.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Attempt, Check, Observed, Outcome, Timing, confirmation, document};
use crate::scenario::{Action, Capability, Case, ExpectedDelivery, OneOrMany, Subject};
use crate::time::{Duration, Instant};

/// Headers that may differ from attempt to attempt without the notification being another: they describe the journey.
pub const JOURNEY: [&str; 5] = ["date", "traceparent", "tracestate", "x-request-id", "x-openstack-request-id"];

/// The attempts of one message, or of one type of confirmation, at one subscriber, expected and observed.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryTable {
    /// The path in the file, e.g. `expect.deliveries[0]`.
    pub path: String,
    /// The subscriber's name.
    pub subscriber: String,
    /// What was delivered.
    pub subject: Subject,
    /// One row for each attempt that was expected or observed.
    pub rows: Vec<Row>,
}

/// One attempt, expected and observed.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The gaps accepted before it in seconds; empty for a first attempt and for one nobody expected.
    pub expected_s: Vec<u64>,
    /// The gap before it; nothing for a first attempt and for one that never came.
    pub observed: Option<Duration>,
    /// What is to be said of it.
    pub verdict: RowVerdict,
}

/// What is to be said of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowVerdict {
    /// Arrived when it was expected.
    Ok,
    /// Arrived before it may.
    Early,
    /// Arrived after the tolerance.
    Late,
    /// Late, but the machine's own timer was late by as much.
    Noisy,
    /// Never arrived.
    Missing,
    /// Arrived although nobody expected it.
    Unexpected,
}

/// What an attempt carries: a confirmation where the server sends them, else the message whose body is inside, or the
/// only one there is.
pub fn subject_of(case: &Case, attempt: &Attempt) -> Option<Subject> {
    let confirmation = || confirmation::read(&attempt.request).map(|(confirmation, _)| confirmation);
    let asked = case.needs.contains(&Capability::Confirmation).then(confirmation).flatten();
    asked.map(Subject::Confirmation).or_else(|| message_of(case, attempt).map(Subject::Message))
}

fn message_of(case: &Case, attempt: &Attempt) -> Option<usize> {
    let mut posted = case.steps.iter().flat_map(|step| match &step.action {
        Action::Post(post) => post.messages.as_slice(),
        _ => &[],
    });
    if let (Some(_), None) = (posted.clone().next(), posted.clone().nth(1)) {
        return Some(0);
    }
    let document = attempt.request.json()?;
    posted.position(|message| holds(&document, &message.body))
}

/// Whether a notification with this body is the document, or is somewhere inside it, as `post_data` allows.
fn holds(document: &Value, body: &Value) -> bool {
    match document {
        Value::Object(keys) => keys.get("body") == Some(body) || keys.values().any(|value| holds(value, body)),
        Value::Array(items) => items.iter().any(|item| holds(item, body)),
        _ => false,
    }
}

/// Attempts, in the order of their arrival, by the subscriber that they reached and by what they carry.
pub(super) type Arrived<'a> = BTreeMap<(&'a str, Option<Subject>), Vec<&'a Attempt>>;

/// Tells once for each attempt whose it is.
pub(super) fn arrived<'a>(case: &Case, observed: &'a Observed) -> Arrived<'a> {
    let mut arrived = Arrived::new();
    for attempt in &observed.attempts {
        arrived.entry((attempt.subscriber.as_str(), subject_of(case, attempt))).or_default().push(attempt);
    }
    arrived
}

/// The paths of the checks that [`judge`] may make of one expected delivery.
pub(super) fn check_paths(index: usize, expected: &ExpectedDelivery) -> impl Iterator<Item = String> {
    let kinds = [
        ("attempts", true),
        ("delays_s", expected.attempts > 1),
        ("first_at_s", expected.first_at_s.is_some()),
        ("body", expected.body.is_some()),
        ("body_text", expected.body_text.is_some()),
        ("headers", !expected.headers.is_empty()),
        ("link", expected.confirmation.is_some()),
        ("same_every_attempt", true),
    ];
    let made = kinds.into_iter().filter(|(_, is_made)| *is_made);
    made.map(move |(kind, _)| format!("expect.deliveries[{index}].{kind}"))
}

pub(super) fn judge(
    index: usize,
    expected: &ExpectedDelivery,
    case: &Case,
    observed: &Observed,
    arrived: &Arrived<'_>,
    timing: &Timing,
) -> (DeliveryTable, Vec<Check>) {
    let path = format!("expect.deliveries[{index}]");
    let whose = (expected.subscriber.as_str(), Some(expected.subject()));
    let attempts = arrived.get(&whose).map(Vec::as_slice).unwrap_or_default();
    let rows = rows(expected, attempts, observed, timing);

    let mut checks = vec![check_attempts(&path, expected, &rows, attempts.len())];
    checks.extend(check_delays(&path, expected, &rows));
    checks.extend(check_first(&path, expected, case, observed, attempts.first().copied(), timing));
    checks.extend(check_content(&path, expected, attempts));
    let table = DeliveryTable { path, subscriber: expected.subscriber.clone(), subject: expected.subject(), rows };
    (table, checks)
}

fn rows(expected: &ExpectedDelivery, attempts: &[&Attempt], observed: &Observed, timing: &Timing) -> Vec<Row> {
    let wanted = expected.attempts as usize;
    let row = |index: usize| {
        let accepted = index.checked_sub(1).and_then(|before| expected.delays_s.get(before));
        let expected_s = accepted.map(|delay| delay.accepted().to_vec()).unwrap_or_default();
        let gap = index.checked_sub(1).and_then(|before| Some((*attempts.get(before)?, attempts.get(index)?.arrived)));
        let observed_gap = gap.map(|(before, to)| to.since(before.ended));
        let verdict = match (attempts.get(index), gap) {
            (None, _) => RowVerdict::Missing,
            (Some(_), _) if index >= wanted => RowVerdict::Unexpected,
            (Some(_), Some((before, to))) => gap_verdict(&expected_s, before, to, observed, timing),
            (Some(_), None) => RowVerdict::Ok,
        };
        Row { expected_s, observed: observed_gap, verdict }
    };
    (0..wanted.max(attempts.len())).map(row).collect()
}

fn gap_verdict(accepted: &[u64], before: &Attempt, to: Instant, observed: &Observed, timing: &Timing) -> RowVerdict {
    let (from, gap) = (before.ended, to.since(before.ended));
    let delays = || accepted.iter().map(|delay| Duration::from_secs(*delay));
    let early = timing.early(before.is_hung_up());
    if delays().any(|delay| gap + early >= delay && gap <= delay + timing.late(delay)) {
        return RowVerdict::Ok;
    }
    // The longest accepted delay that has passed is the one this attempt is late for.
    match delays().filter(|delay| gap > *delay).max() {
        None => {
            // The subscriber noticed the hang-up late if the machine was late then.
            let missing = delays().min().unwrap_or_default().saturating_sub(gap);
            let blame = observed.lateness(before.arrived, from, missing, 1) + early;
            if before.is_hung_up() && blame >= missing { RowVerdict::Noisy } else { RowVerdict::Early }
        }
        Some(delay) if is_noisy(observed, (from, to), gap - delay, 1, timing.late(delay)) => RowVerdict::Noisy,
        Some(_) => RowVerdict::Late,
    }
}

fn check_attempts(path: &str, expected: &ExpectedDelivery, rows: &[Row], count: usize) -> Check {
    let outcome = Outcome::of(count == expected.attempts as usize);
    let observed = match outcome {
        Outcome::Pass => json!({ "attempts": count }),
        // A wrong count is pinned together with the gaps, so that another defect can't hide behind the same number.
        _ => json!({ "attempts": count, "delays_s": whole_gaps(rows) }),
    };
    Check { path: format!("{path}.attempts"), outcome, expected: json!({ "attempts": expected.attempts }), observed }
}

/// Only gaps on both sides are compared: a wrong count has its own check.
fn check_delays(path: &str, expected: &ExpectedDelivery, rows: &[Row]) -> Option<Check> {
    let verdicts = || rows.iter().map(|row| row.verdict);
    let outcome = if verdicts().any(|verdict| matches!(verdict, RowVerdict::Early | RowVerdict::Late)) {
        Outcome::Fail
    } else if verdicts().any(|verdict| verdict == RowVerdict::Noisy) {
        Outcome::Inconclusive
    } else {
        Outcome::Pass
    };
    let shown: Vec<Value> = expected
        .delays_s
        .iter()
        .map(|delay| match delay {
            OneOrMany::One(delay) => json!(delay),
            OneOrMany::Many(delays) => json!(delays),
        })
        .collect();
    let check = Check { path: format!("{path}.delays_s"), outcome, expected: shown.into(), observed: whole_gaps(rows) };
    (expected.attempts > 1).then_some(check)
}

/// Observed gaps in whole seconds; one that counts as expected is written as expected.
fn whole_gaps(rows: &[Row]) -> Value {
    let whole = |row: &Row| {
        let gap = row.observed?;
        let nearest = row.expected_s.iter().min_by_key(|delay| gap.abs_diff(Duration::from_secs(**delay)));
        Some(match (row.verdict, nearest) {
            (RowVerdict::Ok, Some(delay)) => *delay,
            _ => gap.as_secs(),
        })
    };
    rows.iter().filter_map(whole).collect::<Vec<u64>>().into()
}

fn check_first(
    path: &str,
    expected: &ExpectedDelivery,
    case: &Case,
    observed: &Observed,
    first: Option<&Attempt>,
    timing: &Timing,
) -> Option<Check> {
    let first_at_s = expected.first_at_s?;
    let posted = observed
        .exchanges
        .iter()
        .find(|exchange| posts(case, exchange.step, expected.message.unwrap_or_default()))?
        .sent;
    let wait = Duration::from_secs_f64(first_at_s);
    let (due, late) = (posted + wait, timing.late(wait));
    // Those before the first one of this message, in the same batch, have passed their lateness on.
    let before = |first: &Attempt| {
        let between = |attempt: &&Attempt| attempt.arrived > posted && attempt.arrived <= first.arrived;
        observed.attempts.iter().filter(between).count()
    };
    let outcome = match first {
        None => Outcome::Fail,
        Some(first) if first.arrived + timing.early(false) >= due && first.arrived <= due + late => Outcome::Pass,
        Some(first) if first.arrived < due => Outcome::Fail,
        Some(first) if is_noisy(observed, (posted, first.arrived), first.arrived.since(due), before(first), late) => {
            Outcome::Inconclusive
        }
        Some(_) => Outcome::Fail,
    };
    let seen = first
        .map(|first| if outcome == Outcome::Pass { first_at_s } else { first.arrived.since(posted).as_secs() as f64 });
    Some(Check { path: format!("{path}.first_at_s"), outcome, expected: json!(first_at_s), observed: json!(seen) })
}

/// Whether the machine may be to blame that the last of `attempts` attempts between two instants was late.
fn is_noisy(
    observed: &Observed,
    (from, to): (Instant, Instant),
    late: Duration,
    attempts: usize,
    tolerated: Duration,
) -> bool {
    observed.lateness(from, to, late, attempts) + tolerated >= late
}

/// Whether the step posts the message of this number.
fn posts(case: &Case, step: usize, message: usize) -> bool {
    let posted = |index: usize| match &case.steps[index].action {
        Action::Post(post) => post.messages.len(),
        _ => 0,
    };
    let before: usize = (0..step).map(posted).sum();
    (before..before + posted(step)).contains(&message)
}

/// What every attempt carries: what the scenario names, and the same as the first.
fn check_content(path: &str, expected: &ExpectedDelivery, attempts: &[&Attempt]) -> Vec<Check> {
    let mut checks = Vec::new();
    if attempts.is_empty() {
        return checks; // The count has its own check.
    }
    if let Some(body) = &expected.body {
        let seen = |attempt: &&Attempt| document::project(body, &attempt.request.json().unwrap_or(Value::Null));
        checks.push(check_every(format!("{path}.body"), body.clone(), attempts, seen));
    }
    if let Some(text) = &expected.body_text {
        let seen = |attempt: &&Attempt| String::from_utf8_lossy(&attempt.request.body).into();
        checks.push(check_every(format!("{path}.body_text"), json!(text), attempts, seen));
    }
    if !expected.headers.is_empty() {
        let seen = |attempt: &&Attempt| {
            let present =
                |name: &String| Some((name.clone(), attempt.request.header(&name.to_lowercase())?.to_owned()));
            json!(expected.headers.keys().filter_map(present).collect::<BTreeMap<_, _>>())
        };
        checks.push(check_every(format!("{path}.headers"), json!(expected.headers), attempts, seen));
    }
    if expected.confirmation.is_some() {
        let seen = |attempt: &&Attempt| confirmation::link_of(&attempt.request);
        checks.push(check_every(format!("{path}.link"), confirmation::whole_link(), attempts, seen));
    }
    if let Some((first, retries)) = attempts.split_first().filter(|(_, retries)| !retries.is_empty()) {
        let same = retries.iter().all(|retry| content(retry) == content(first));
        checks.push(Check::equal(format!("{path}.same_every_attempt"), json!(true), json!(same)));
    }
    checks
}

/// Passes if every attempt shows what is expected; else shows the first that does not.
fn check_every(path: String, expected: Value, attempts: &[&Attempt], seen: impl Fn(&&Attempt) -> Value) -> Check {
    let wrong = attempts.iter().map(seen).find(|seen| *seen != expected);
    Check::equal(path, expected.clone(), wrong.unwrap_or(expected))
}

/// Method, body and headers.
type Content<'a> = (&'a str, Cow<'a, [u8]>, Vec<&'a (String, String)>);

fn content(attempt: &Attempt) -> Content<'_> {
    let headers = attempt.request.headers.iter().filter(|(name, _)| !JOURNEY.contains(&name.as_str()));
    let mut headers: Vec<_> = headers.collect();
    headers.sort();
    (&attempt.request.method, confirmation::without_signature(&attempt.request), headers)
}

/// The order of arrival, where the scenario asks for one.
pub(super) fn judge_arrivals(case: &Case, observed: &Observed) -> Vec<Check> {
    let check = |(subscriber, expected): (&String, &Vec<usize>)| {
        let arrived = observed.attempts.iter().filter(|attempt| attempt.subscriber == *subscriber);
        let number = |attempt: &Attempt| match subject_of(case, attempt) {
            Some(Subject::Confirmation(_)) => None,
            Some(Subject::Message(number)) => Some(Some(number)),
            None => Some(None),
        };
        let order: Vec<Option<usize>> = arrived.filter_map(number).collect();
        Check::equal(format!("expect.arrivals.{subscriber}"), json!(expected), json!(order))
    };
    case.expect.arrivals.iter().map(check).collect()
}

/// What reached a subscriber although no delivery of the scenario speaks of it.
pub(super) fn judge_unexpected(case: &Case, arrived: &Arrived<'_>) -> Check {
    let expected = case.expect.deliveries.iter();
    let listed: BTreeSet<_> = expected.map(|it| (it.subscriber.as_str(), Some(it.subject()))).collect();
    let unexpected = arrived.iter().filter(|(whose, _)| !listed.contains(*whose));
    let seen = unexpected.map(|((subscriber, subject), attempts)| {
        let attempts = attempts.len();
        match subject {
            Some(Subject::Confirmation(confirmation)) => {
                json!({"subscriber": subscriber, "confirmation": confirmation.name(), "attempts": attempts})
            }
            Some(Subject::Message(number)) => {
                json!({"subscriber": subscriber, "message": number, "attempts": attempts})
            }
            None => json!({"subscriber": subscriber, "message": null, "attempts": attempts}),
        }
    });
    Check::equal("expect.deliveries".into(), json!([]), seen.collect::<Vec<Value>>().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Noise;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// The verdict on an attempt that comes `gap` after the end of one that the server hung up on, or did not, while the
    /// machine was `noise` late there; 5 s are expected.
    fn check(hung_up: bool, gap: u64, noise: u64, expected: RowVerdict) {
        let at = |at| Instant::after_start(MS(at));
        let before = Attempt {
            subscriber: "hook".into(),
            arrived: at(0),
            ended: at(10_000),
            due: at(if hung_up { 20_000 } else { 10_000 }),
            request: crate::wire::HttpRequest::default(),
            behaviour: "hang 20s".into(),
        };
        let noise = Noise { at: at(10_000), late: MS(noise), stalled: Duration::ZERO };
        let observed = Observed { noise: vec![noise], ..Observed::default() };
        let timing = Timing::with_delays(MS(50), MS(400), &[5]);
        assert_eq!(gap_verdict(&[5], &before, at(10_000 + gap), &observed, &timing), expected, "{hung_up} {gap}");
    }

    #[test]
    fn early_is_a_failure_unless_the_end_before_was_noticed_late() {
        check(false, 4_960, 0, RowVerdict::Ok);
        check(false, 4_900, 0, RowVerdict::Early);
        check(false, 4_900, 900, RowVerdict::Early);
        check(true, 4_900, 0, RowVerdict::Ok);
        check(true, 4_000, 0, RowVerdict::Early);
        check(true, 4_000, 600, RowVerdict::Noisy);
        check(true, 6_300, 100, RowVerdict::Noisy);
        check(true, 6_400, 0, RowVerdict::Late);
    }
}
