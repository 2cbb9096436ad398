//! Takes the model's server in the network in memory, with a latency, faults, and a server that never gives up.
//! Gives what its subscriber sees of them, and when.
//! Never leaves a fault to chance: the seed or the plan says which attempt meets which.

use std::sync::Arc;
use std::time::Duration;

use zaqarcheck::judge::Observed;
use zaqarcheck::protocol::Deviations;
use zaqarcheck::scenario::{Case, Register, parse};
use zaqarcheck::sim::{Fault, Faults, SimOptions, SimTarget};

/// A subscriber that answers at once and at length, under the default policy: retries after 0 0 0 5 5 5 s and so on.
const STEPS: &str = r#"[
    {"put_queue": {"queue": "q"}},
    {"subscribe": {"queue": "q", "to": "hook"}},
    {"post": {"queue": "q", "messages": [{"body": 1}]}}
]"#;

#[test]
fn every_fault_is_met_by_the_attempt_it_is_planned_for() {
    check(&[Fault::Refuse], &[0]);
    check(&[Fault::DnsFailure], &[0]);
    check(&[Fault::ResetOnAccept], &[0]);
    check(&[Fault::CloseOnAccept], &[0]);
    check(&[Fault::ConnectHangs], &[10_000]);
    check(&[Fault::ConnectHangs, Fault::Refuse, Fault::ConnectHangs], &[20_000]);
    check(&[Fault::Refuse, Fault::Refuse, Fault::Refuse, Fault::Refuse], &[5_000]);
}

#[test]
fn a_fault_may_come_within_the_request_or_within_the_answer() {
    check(&[Fault::ResetAfter(0)], &[0]);
    check(&[Fault::ResetAfter(100)], &[0]);
    check(&[Fault::ResetAfter(1000)], &[0, 0]);
    check(&[Fault::ResetAfter(100_000)], &[0]);
    check(&[Fault::BlackHoleAfter(100)], &[10_000]);
    check(&[Fault::BlackHoleAfter(1000)], &[0, 10_000]);
    check(&[Fault::BlackHoleAfter(100_000)], &[0]);
}

#[test]
fn slow_bytes_delay_and_in_the_end_exceed_the_timeout() {
    let quick = play(&[Fault::SlowBytes(Duration::from_millis(1))]);
    let [arrived] = quick[..] else { panic!("{quick:?}") };
    assert!((100..1000).contains(&arrived), "a request has some hundred bytes, and a millisecond for each: {arrived}");
    // The answer has two thousand.
    let slow = play(&[Fault::SlowBytes(Duration::from_millis(5))]);
    assert_eq!(slow.len(), 2, "{slow:?}");
    assert_eq!(slow[1], 10_000);
}

#[test]
fn a_connection_crosses_the_network_four_times() {
    let options = SimOptions { latency: Duration::from_millis(50), ..SimOptions::default() };
    let observed = SimTarget { options }.play_now(&case(r#"["read_then_close", "status 200"]"#)).unwrap();
    // Three requests of the client, there and back on a connection of its own; the third has arrived after half of it,
    // and more than that again gets the notification to the subscriber.
    assert_eq!(arrivals(&observed), [2 * 200 + 150 + 150, 2 * 200 + 150 + 150 + 200]);
}

#[test]
fn a_seed_gives_the_same_bytes_again_and_another_seed_others() {
    let seeded = |seed| {
        let faults = Arc::new(Faults::Seeded { seed, percent: 60 });
        let options = SimOptions { faults, ..SimOptions::default() };
        SimTarget { options }.play_now(&case(r#"["read_then_close"]"#)).unwrap()
    };
    assert_eq!(seeded(1), seeded(1));
    let different = (2..12).filter(|seed| seeded(*seed) != seeded(1)).count();
    assert!(different >= 9, "{different} of 10");
}

/// Whatever happens, a notification arrives once the first attempt that meets no fault is due.
#[test]
fn the_first_attempt_without_a_fault_arrives() {
    for seed in 0..50 {
        let faults = Faults::Seeded { seed, percent: 50 };
        let Some(spared) = (0..15).find(|attempt| faults.of("hook", *attempt).is_none()) else { continue };
        let options = SimOptions { faults: Arc::new(faults.clone()), ..SimOptions::default() };
        let observed = SimTarget { options }.play_now(&case(r#"["status 200"]"#)).unwrap();
        assert!(!observed.attempts.is_empty(), "seed {seed}: attempt {spared} meets no fault");
        assert!(observed.attempts.len() <= spared as usize + 1, "seed {seed}: {observed:?}");
    }
}

#[track_caller]
fn check(faults: &[Fault], expected_ms: &[u128]) {
    assert_eq!(play(faults), expected_ms, "{faults:?}");
}

/// When requests arrive at the subscriber, the first attempts meeting these faults.
fn play(faults: &[Fault]) -> Vec<u128> {
    let plan = (0..).zip(faults).map(|(attempt, fault)| ("hook".to_owned(), attempt, *fault)).collect();
    let options = SimOptions { faults: Arc::new(Faults::Plan(plan)), ..SimOptions::default() };
    let long = format!(r#"[{{"status": 200, "body": "{}"}}]"#, "x".repeat(2000));
    arrivals(&SimTarget { options }.play_now(&case(&long)).unwrap())
}

fn arrivals(observed: &Observed) -> Vec<u128> {
    observed.attempts.iter().map(|attempt| attempt.arrived.since_start().as_millis()).collect()
}

fn case(script: &str) -> Arc<Case> {
    let entry = r#"[{"id": "r", "level": "must", "source": "guide", "locator": "l", "text": "t"}]"#;
    let register = Register::parse("requirements.json", entry).unwrap();
    let text = format!(
        r#"{{"format": 1, "title": "t", "requirements": ["r"], "subscribers": {{"hook": {{"script": {script}}}}},
        "steps": {STEPS}, "expect": {{"quiet_s": 200}}}}"#
    );
    let scenario = parse("sim/case", "case.json", &text, &register).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    Arc::clone(&scenario.cases[0])
}

/// A server whose schedule has no end is found out, although its time stands still.
#[test]
fn an_endless_schedule_ends_the_case() {
    let endless = STEPS.replace(
        r#"{"queue": "q"}}"#,
        r#"{"queue": "q", "metadata": {"_retry_policy": {"retries_with_no_delay": 100000}}}}"#,
    );
    assert_ne!(endless, STEPS);
    let text = format!(
        r#"{{"format": 1, "title": "t", "requirements": ["r"],
        "subscribers": {{"hook": {{"script": ["read_then_close"]}}}}, "steps": {endless}}}"#
    );
    let entry = r#"[{"id": "r", "level": "must", "source": "guide", "locator": "l", "text": "t"}]"#;
    let register = Register::parse("requirements.json", entry).unwrap();
    let scenario = parse("sim/endless", "endless.json", &text, &register).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let error = SimTarget::new(Deviations::NONE).play_now(&scenario.cases[0]).unwrap_err();
    assert!(error.to_string().contains("more than 10000 attempts"), "{error}");
}
