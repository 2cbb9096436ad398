//! Takes the suite and four ways to play it: the model in process, its server in a network in memory, the same server
//! among hosts of turmoil, and on real sockets.
//! Gives nothing if all of them leave the same trace: who was sent what, for which time, and when.
//! Never compares milliseconds where a network or a machine has a part in them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use zaqarcheck::front::{FrontOptions, serve};
use zaqarcheck::model::Settings;
use zaqarcheck::protocol::{Deviations, Profile};
use zaqarcheck::runner::{
    AttemptRecord, Patience, Planned, ResultKind, ScenarioFinished, Suite, run_at_once, run_on_model, run_on_server,
};
use zaqarcheck::sim::{SimTarget, TurmoilTarget};
use zaqarcheck::target::{Access, ServerOptions, ServerTarget};

/// What turmoil may add to the time of an attempt: a few of its ticks for everything that came before.
const TICKS_S: f64 = 0.25;

#[test]
fn the_network_in_memory_leaves_the_trace_of_the_model_to_the_millisecond() {
    let plan = planned(|planned| !planned.case.disrupts_network());
    assert!(plan.len() >= 400, "only {} cases", plan.len());
    let mut attempts = 0;
    for profile in Profile::ALL {
        let deviations = profile.deviations();
        let model = run_on_model(&plan, deviations, None, 2);
        let sim = run_at_once(&plan, &SimTarget::new(deviations), None, 2);
        for (model, sim) in model.iter().zip(&sim) {
            assert_eq!(exact_trace(model), exact_trace(sim), "{} under {profile:?}", model.id);
            assert_eq!(model.verdict, sim.verdict, "{}", model.id);
            attempts += model.attempts.len();
        }
    }
    assert!(attempts > 2000, "only {attempts} attempts");
}

#[test]
fn turmoil_leaves_the_trace_of_the_model() {
    let plan = planned(|planned| ON_TURMOIL.contains(&planned.scenario.id.as_str()));
    check_turmoil(&plan, &run_on_model(&plan, Deviations::NONE, None, 2));
}

#[test]
fn turmoil_leaves_the_trace_of_the_network_in_memory_where_it_is_disrupted() {
    let plan = planned(|planned| DISRUPTED.contains(&planned.scenario.id.as_str()));
    check_turmoil(&plan, &run_at_once(&plan, &SimTarget::new(Deviations::NONE), None, 2));
}

fn check_turmoil(plan: &[Planned], expected: &[ScenarioFinished]) {
    assert!(plan.len() >= 12, "only {} cases", plan.len());
    let turmoil = run_at_once(plan, &TurmoilTarget { deviations: Deviations::NONE }, None, 2);
    for (expected, turmoil) in expected.iter().zip(&turmoil) {
        assert_eq!(trace(expected), trace(turmoil), "{}", expected.id);
        assert_eq!(turmoil.verdict, ResultKind::Pass, "{}", turmoil.id);
        for (expected, seen) in by_subscriber(expected).into_iter().zip(by_subscriber(turmoil)) {
            assert!((expected.at_s - seen.at_s).abs() <= TICKS_S, "{}: {expected:?}, {seen:?}", turmoil.id);
        }
    }
}

#[test]
fn a_server_on_real_sockets_leaves_the_trace_of_the_model() {
    let plan = planned(|planned| ON_SOCKETS.contains(&planned.scenario.id.as_str()));
    assert_eq!(plan.len(), ON_SOCKETS.len());
    let model = run_on_model(&plan, Deviations::NONE, None, 1);
    let mut served = tokio::runtime::Runtime::new().unwrap().block_on(play_on_sockets(plan));
    served.sort_by(|one, other| one.id.cmp(&other.id));
    for (model, served) in model.iter().zip(&served) {
        assert_eq!(orderless(model), orderless(served), "{}", model.id);
    }
}

/// Plays the plan against `front::serve`, on clocks that run fast.
async fn play_on_sockets(plan: Vec<Planned>) -> Vec<ScenarioFinished> {
    const SCALE: u32 = 20;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let options = ServerOptions {
        address: listener.local_addr().unwrap().to_string(),
        scale: SCALE,
        bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
        advertise: None,
        jobs: 8,
        capabilities: std::collections::BTreeSet::new(),
        access: Access::default(),
        run: "engines".into(),
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let front = FrontOptions { time_scale: SCALE, ..FrontOptions::new(Settings::new(Deviations::NONE)) };
    let server = tokio::spawn(serve(listener, front, async { _ = stopped.await }));
    let target = Arc::new(ServerTarget::new(options));
    let (finished, interrupted) =
        run_on_server(plan, target, None, Patience::default(), std::future::pending(), |_| {}).await;
    assert!(!interrupted);
    stop.send(()).unwrap();
    server.await.unwrap();
    finished
}

/// Who was sent what, for which time: a line for each attempt, subscriber by subscriber.
fn trace(case: &ScenarioFinished) -> Vec<String> {
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    let line = |attempt: &AttemptRecord| {
        let count = counts.entry((attempt.subscriber.clone(), attempt.message)).or_default();
        *count += 1;
        let AttemptRecord { subscriber, message, method, body, behaviour, .. } = attempt;
        format!("{subscriber} {message:?} attempt {count}: {method} {body}; {behaviour}")
    };
    by_subscriber(case).into_iter().map(line).collect()
}

/// Each attempt of it, where attempts at two messages may overtake each other: the machine decides who is first at one instant.
fn orderless(case: &ScenarioFinished) -> Vec<String> {
    let mut lines = trace(case);
    lines.sort();
    lines
}

/// The trace with times, and the answers to the client.
fn exact_trace(case: &ScenarioFinished) -> Vec<String> {
    let times = by_subscriber(case).into_iter().map(|attempt| format!("from {} to {}", attempt.at_s, attempt.ended_s));
    let answers = case.exchanges.iter().map(|it| format!("{} at {}: {} {:?}", it.step, it.at_s, it.status, it.answer));
    trace(case).into_iter().chain(times).chain(answers).collect()
}

/// Attempts of one instant have no order between subscribers.
fn by_subscriber(case: &ScenarioFinished) -> Vec<&AttemptRecord> {
    let mut attempts: Vec<&AttemptRecord> = case.attempts.iter().collect();
    attempts.sort_by(|one, other| one.subscriber.cmp(&other.subscriber));
    attempts
}

fn planned(wanted: impl Fn(&Planned) -> bool) -> Vec<Planned> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut plan = Suite::read(&root).unwrap_or_else(|error| panic!("cannot {error}")).plan();
    plan.retain(wanted);
    plan
}

/// Turmoil needs some milliseconds for a second: short scenarios, one for each way in which an attempt can go.
const ON_TURMOIL: [&str; 15] = [
    "confirmation/confirmed-by-link",
    "confirmation/retried",
    "confirmation/unsubscribe",
    "delivery/batch-in-order",
    "delivery/broken-connection-is-retried",
    "delivery/deleted-subscription-finishes-its-retries",
    "delivery/each-subscriber-its-own-schedule",
    "delivery/post-data-template",
    "delivery/redirect-is-an-answer",
    "delivery/refused-connection-is-retried",
    "delivery/slow-body-is-an-answer",
    "delivery/success-in-the-pre-backoff-phase",
    "delivery/timeout-is-retried",
    "delivery/truncated-answer-is-retried",
    "delivery/twelve-subscribers",
];

/// One for each event, and for each side from which it can meet an attempt. Where turmoil's latency is another than ours,
/// so are the times.
const DISRUPTED: [&str; 13] = [
    "network/answer-cut-off-while-it-waits",
    "network/answer-held-beyond-the-timeout",
    "network/answer-held-for-less-than-the-timeout",
    "network/answer-lost-once",
    "network/held-for-less-than-the-timeout",
    "network/one-subscriber-silent",
    "network/outage-between-two-retries",
    "network/outage-ends-in-the-pre-backoff-phase",
    "network/requests-lost",
    "network/server-crashes-while-it-waits",
    "network/server-restarts-and-serves",
    "network/subscriber-crashes-while-it-answers",
    "network/subscriber-restarts",
];

/// Without a clock of its own in what they are about, so that a machine that is late changes nothing.
const ON_SOCKETS: [&str; 5] = [
    "delivery/batch-in-order",
    "delivery/post-data-template",
    "delivery/refused-connection-is-retried",
    "delivery/success-in-the-pre-backoff-phase",
    "delivery/two-posts",
];
