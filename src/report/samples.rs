//! Takes nothing.
//! Gives the small runs that the tests of this folder render: one case of each verdict.
//! Never part of the built tool.

use serde_json::json;

use super::{Format, Options};
use crate::runner::{
    AttemptRecord, AttemptRow, CheckOutcome, CheckRecord, Counts, DeliveryRecord, ExchangeRecord, Header, ResultKind,
    RowVerdict, RunEvent, ScenarioFinished, Summary, Wall,
};
use crate::scenario::{Level, Requirement, Source};

/// What `format` makes of `events`.
pub(super) fn render(format: Format, events: &[RunEvent]) -> String {
    render_with(format, events, options())
}

pub(super) fn render_with(format: Format, events: &[RunEvent], options: Options) -> String {
    let mut out = Vec::new();
    let mut report = format.report(Box::new(&mut out), options);
    events.iter().for_each(|event| report.event(event).expect("a Vec takes everything"));
    report.finish().expect("a Vec takes everything");
    drop(report);
    String::from_utf8(out).expect("reports are UTF-8")
}

pub(super) fn options() -> Options {
    Options { colour: false, rerun: "--target http://127.0.0.1:8888".into() }
}

/// One case of each verdict, not in the order of their ids.
pub(super) fn run() -> Vec<RunEvent> {
    let mut events = vec![header()];
    events.extend(cases().into_iter().map(scenario));
    events.push(RunEvent::Summary(Summary {
        selected: 7,
        counts: Counts { pass: 1, known: 1, not_applicable: 1, inconclusive: 1, stale: 1, fail: 1, error: 1 },
        must: (1, 5),
        interrupted: false,
        unmatched: vec!["delivery/gone: expect.deliveries[0].attempts".into()],
        exit: 1,
        wall: Wall { elapsed_ms: 310.0, ..Wall::default() },
    }));
    events
}

/// One case, and it passes.
pub(super) fn good_run() -> Vec<RunEvent> {
    let summary = Summary {
        selected: 1,
        counts: Counts { pass: 1, ..Counts::default() },
        must: (1, 1),
        interrupted: false,
        unmatched: vec![],
        exit: 0,
        wall: Wall { elapsed_ms: 4.0, ..Wall::default() },
    };
    vec![header(), scenario(pass()), RunEvent::Summary(summary)]
}

pub(super) fn cases() -> Vec<ScenarioFinished> {
    vec![pass(), stale(), known(), not_applicable(), inconclusive(), fail(), error()]
}

pub(super) fn header() -> RunEvent {
    RunEvent::Header(Header {
        format: 1,
        tool: "zaqarcheck 0.1.0".into(),
        target: "model".into(),
        profile: Some("documented".into()),
        clock: "virtual".into(),
        scale: None,
        selected: 7,
        known: None,
    })
}

pub(super) fn scenario(case: ScenarioFinished) -> RunEvent {
    RunEvent::Scenario(Box::new(case))
}

pub(super) fn pass() -> ScenarioFinished {
    let mut case = case("defaults/empty-policy-means-defaults", ResultKind::Pass);
    case.title = "an empty _retry_policy means the documented defaults".into();
    case.elapsed_s = 180.0;
    case
}

pub(super) fn known() -> ScenarioFinished {
    let mut case = case("delivery/server-error-is-retried", ResultKind::Known);
    case.title = "a first attempt answered 503 is retried".into();
    case.checks = vec![check("expect.deliveries[0].attempts", CheckOutcome::Fail, json!(15), json!(1))];
    case.checks[0].known = vec!["http-error-not-retried".into()];
    case
}

pub(super) fn stale() -> ScenarioFinished {
    let mut case = case("delivery/redirect-is-not-followed", ResultKind::Stale);
    case.title = "a redirect is an answer, not a place to go".into();
    case.level = "should".into();
    case.reason = Some("the ledger says that it fails, and it passes".into());
    case.checks = vec![check("expect.deliveries[0].attempts", CheckOutcome::Pass, json!(1), json!(1))];
    case.checks[0].known = vec!["redirect-followed".into()];
    case
}

pub(super) fn not_applicable() -> ScenarioFinished {
    let mut case = case("network/partition-heals", ResultKind::NotApplicable);
    case.title = "a delivery outlives a partition".into();
    case.reason = Some("needs simulated-network".into());
    case
}

pub(super) fn error() -> ScenarioFinished {
    let mut case = case("queues/metadata-survives", ResultKind::Error);
    case.title = "metadata comes back as it was put".into();
    case.reason = Some("cannot connect to 127.0.0.1:8888: connection refused".into());
    case
}

pub(super) fn inconclusive() -> ScenarioFinished {
    let mut case = case("backoff/spread", ResultKind::Inconclusive);
    case.title = "delays are kept under load".into();
    case.checks = vec![check("expect.deliveries[0].delays_s", CheckOutcome::Inconclusive, json!([5]), json!([9.25]))];
    let row = AttemptRow { attempt: 2, expected_s: vec![5], observed_s: Some(9.25), verdict: RowVerdict::Noisy };
    case.deliveries = vec![delivery(vec![first_row(), row])];
    case.elapsed_s = 9.25;
    case
}

/// The last attempt of a schedule comes late, and one more follows.
pub(super) fn fail() -> ScenarioFinished {
    const EXPECTED: [u64; 13] = [0, 5, 5, 5, 5, 10, 15, 20, 25, 30, 30, 30, 30];
    let mut observed: Vec<f64> = EXPECTED.map(|gap| gap as f64).to_vec();
    observed[12] = 31.0;
    observed.push(30.0);
    let mut case = case("backoff/shape[fn=linear]", ResultKind::Fail);
    case.title = "the linear backoff rises by five seconds from the minimum to the maximum delay".into();
    case.checks = vec![
        check("expect.deliveries[0].attempts", CheckOutcome::Fail, json!(14), json!(15)),
        check("expect.deliveries[0].delays_s", CheckOutcome::Fail, json!(EXPECTED), whole(&observed)),
        check("steps[1].expect.status", CheckOutcome::Pass, json!(201), json!(201)),
    ];
    let mut rows = vec![first_row()];
    rows.extend(observed.iter().enumerate().map(|(n, gap)| AttemptRow {
        attempt: n + 2,
        expected_s: EXPECTED.get(n).copied().into_iter().collect(),
        observed_s: Some(*gap),
        verdict: [RowVerdict::Late, RowVerdict::Unexpected].get(n.wrapping_sub(12)).copied().unwrap_or(RowVerdict::Ok),
    }));
    case.deliveries = vec![delivery(rows)];
    let policy =
        json!({"_retry_policy": {"retries_with_no_delay": 1, "minimum_delay_retries": 4, "maximum_delay": 30}});
    let answer = json!({"resources": ["/v2/queues/orders/messages/0"]});
    case.exchanges = vec![
        exchange("steps[0]", "PUT /v2/queues/orders", policy, None),
        exchange(
            "steps[1]",
            "POST /v2/queues/orders/messages",
            json!({"messages": [{"body": {"n": 1}}]}),
            Some(answer),
        ),
    ];
    case.attempts = attempts(&observed);
    case.elapsed_s = 246.0;
    case
}

/// Gaps as the judge writes those of a virtual clock.
fn whole(gaps: &[f64]) -> serde_json::Value {
    gaps.iter().map(|gap| *gap as u64).collect()
}

fn attempts(gaps: &[f64]) -> Vec<AttemptRecord> {
    let mut at_s = 0.0;
    let times = std::iter::once(0.0).chain(gaps.iter().map(|gap| {
        at_s += gap;
        at_s
    }));
    times.map(attempt).collect()
}

fn attempt(at_s: f64) -> AttemptRecord {
    AttemptRecord {
        subscriber: "hook".into(),
        message: Some(0),
        confirmation: None,
        at_s,
        ended_s: at_s,
        method: "POST".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: r#"{"body": {"n": 1}}"#.into(),
        behaviour: "read_then_close".into(),
    }
}

fn exchange(step: &str, request: &str, body: serde_json::Value, answer: Option<serde_json::Value>) -> ExchangeRecord {
    ExchangeRecord {
        step: step.into(),
        at_s: 0.0,
        request: request.into(),
        body: Some(body),
        status: 201,
        answer,
        answer_is_text: false,
        answer_headers: Vec::new(),
    }
}

fn delivery(rows: Vec<AttemptRow>) -> DeliveryRecord {
    DeliveryRecord {
        path: "expect.deliveries[0]".into(),
        subscriber: "hook".into(),
        message: Some(0),
        confirmation: None,
        rows,
    }
}

fn first_row() -> AttemptRow {
    AttemptRow { attempt: 1, expected_s: vec![], observed_s: None, verdict: RowVerdict::Ok }
}

fn check(path: &str, outcome: CheckOutcome, expected: serde_json::Value, observed: serde_json::Value) -> CheckRecord {
    CheckRecord { check: path.into(), outcome, expected, observed, known: vec![] }
}

fn case(id: &str, verdict: ResultKind) -> ScenarioFinished {
    ScenarioFinished {
        id: id.into(),
        verdict,
        level: "must".into(),
        title: "a title".into(),
        file: format!("scenarios/{}.json", id.split('[').next().unwrap_or(id)),
        requirements: vec![Requirement {
            id: "phase-order".into(),
            level: Level::Must,
            source: Source::Guide,
            locator: "section \"Retry phases\"".into(),
            text: "Retries run through four phases: at once, with the minimum delay, with a growing delay, with the \
                   maximum delay."
                .into(),
            excluded: None,
            decision: None,
        }],
        reason: None,
        repeats: None,
        checks: vec![],
        deliveries: vec![],
        exchanges: vec![],
        attempts: vec![],
        elapsed_s: 0.0,
        wall: Wall { elapsed_ms: 3.0, ..Wall::default() },
    }
}
