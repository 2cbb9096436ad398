//! Takes what was planned, observed, judged, and found in the ledger.
//! Gives the record of it.
//! Never drops anything that was seen; credentials never get this far.

use serde_json::Value;

use super::event::{
    AttemptRecord, AttemptRow, CheckOutcome, CheckRecord, DeliveryRecord, ExchangeRecord, ResultKind, RowVerdict,
    ScenarioFinished, Wall,
};
use super::ledger::Finding;
use super::plan::Planned;
use crate::judge::{self, Attempt, DeliveryTable, Exchange, Observed, Outcome, Verdict, subject_of};
use crate::scenario::{Capability, Case, Subject};
use crate::target;
use crate::time::{Duration, Instant};

pub(super) fn not_applicable(planned: &Planned, lacking: &[Capability]) -> ScenarioFinished {
    let lacking: Vec<String> = lacking.iter().map(ToString::to_string).collect();
    let reason = format!("the target does not have {}", lacking.join(", "));
    untested(planned, ResultKind::NotApplicable, reason)
}

/// The scenario does not reckon with what the target has.
pub(super) fn not_prepared(planned: &Planned, unknown: &[Capability]) -> ScenarioFinished {
    let unknown: Vec<String> = unknown.iter().map(ToString::to_string).collect();
    let reason = format!("the target has {}, which the scenario does not reckon with", unknown.join(", "));
    untested(planned, ResultKind::NotApplicable, reason)
}

pub(super) fn error(planned: &Planned, error: &target::Error) -> ScenarioFinished {
    untested(planned, ResultKind::Error, format!("cannot {error}"))
}

/// A case that was not judged, and why.
pub(super) fn untested(planned: &Planned, verdict: ResultKind, reason: String) -> ScenarioFinished {
    ScenarioFinished { reason: Some(reason), ..blank(planned, verdict) }
}

pub(super) fn finished(planned: &Planned, observed: Observed, verdict: Verdict, finding: Finding) -> ScenarioFinished {
    let case = &planned.case;
    let check = |check: judge::Check| CheckRecord {
        known: finding.known.get(&check.path).cloned().unwrap_or_default(),
        outcome: outcome(check.outcome),
        check: check.path,
        expected: check.expected,
        observed: check.observed,
    };
    ScenarioFinished {
        reason: finding.reason,
        checks: verdict.checks.into_iter().map(check).collect(),
        deliveries: verdict.deliveries.into_iter().map(table).collect(),
        elapsed_s: seconds(observed.ended.since_start()),
        wall: Wall { noise: observed.noise.iter().map(noise).collect(), ..Wall::default() },
        exchanges: observed.exchanges.into_iter().map(exchange).collect(),
        attempts: observed.attempts.into_iter().map(|attempt| attempt_record(case, attempt)).collect(),
        ..blank(planned, finding.kind)
    }
}

fn blank(planned: &Planned, verdict: ResultKind) -> ScenarioFinished {
    let Planned { scenario, case, requirements } = planned;
    ScenarioFinished {
        id: case.id.clone(),
        verdict,
        level: scenario.level.to_string(),
        title: scenario.title.clone(),
        file: scenario.file.clone(),
        requirements: requirements.clone(),
        reason: None,
        repeats: None,
        checks: Vec::new(),
        deliveries: Vec::new(),
        exchanges: Vec::new(),
        attempts: Vec::new(),
        elapsed_s: 0.0,
        wall: Wall::default(),
    }
}

const fn outcome(outcome: Outcome) -> CheckOutcome {
    match outcome {
        Outcome::Pass => CheckOutcome::Pass,
        Outcome::Inconclusive => CheckOutcome::Inconclusive,
        Outcome::Fail => CheckOutcome::Fail,
    }
}

fn table(table: DeliveryTable) -> DeliveryRecord {
    let row = |(attempt, row): (usize, judge::Row)| AttemptRow {
        attempt,
        expected_s: row.expected_s,
        observed_s: row.observed.map(seconds),
        verdict: row_verdict(row.verdict),
    };
    let (message, confirmation) = subject(Some(table.subject));
    DeliveryRecord {
        path: table.path,
        subscriber: table.subscriber,
        message,
        confirmation,
        rows: (1..).zip(table.rows).map(row).collect(),
    }
}

const fn row_verdict(verdict: judge::RowVerdict) -> RowVerdict {
    match verdict {
        judge::RowVerdict::Ok => RowVerdict::Ok,
        judge::RowVerdict::Early => RowVerdict::Early,
        judge::RowVerdict::Late => RowVerdict::Late,
        judge::RowVerdict::Noisy => RowVerdict::Noisy,
        judge::RowVerdict::Missing => RowVerdict::Missing,
        judge::RowVerdict::Unexpected => RowVerdict::Unexpected,
    }
}

fn exchange(exchange: Exchange) -> ExchangeRecord {
    let Exchange { step, sent, request, response } = exchange;
    ExchangeRecord {
        step: format!("steps[{step}]"),
        at_s: at(sent),
        body: readable(&request.body),
        request: format!("{} {}", request.method, request.target),
        status: response.status,
        answer: readable(&response.body),
        answer_is_text: !response.body.is_empty() && response.json().is_none(),
        answer_headers: response.headers,
    }
}

fn attempt_record(case: &Case, attempt: Attempt) -> AttemptRecord {
    let (message, confirmation) = subject(subject_of(case, &attempt));
    AttemptRecord {
        message,
        confirmation,
        at_s: at(attempt.arrived),
        ended_s: at(attempt.ended),
        method: attempt.request.method,
        headers: attempt.request.headers,
        body: String::from_utf8_lossy(&attempt.request.body).into_owned(),
        behaviour: attempt.behaviour,
        subscriber: attempt.subscriber,
    }
}

/// The number of a message, the type of a confirmation.
fn subject(subject: Option<Subject>) -> (Option<usize>, Option<String>) {
    match subject {
        Some(Subject::Message(number)) => (Some(number), None),
        Some(Subject::Confirmation(confirmation)) => (None, Some(confirmation.name().into())),
        None => (None, None),
    }
}

fn noise(noise: &judge::Noise) -> (u64, u64, u64) {
    let microseconds = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    (microseconds(noise.at.since_start()), microseconds(noise.late), microseconds(noise.stalled))
}

/// A body as JSON if it is JSON, as text if it is not, nothing if it is empty.
fn readable(body: &[u8]) -> Option<Value> {
    let value = || serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into());
    (!body.is_empty()).then(value)
}

fn at(instant: Instant) -> f64 {
    seconds(instant.since_start())
}

/// Seconds to the millisecond: finer is noise on a real clock, and nothing in virtual time is.
fn seconds(duration: Duration) -> f64 {
    duration.as_millis() as f64 / 1000.0
}
