//! Takes servers that are nothing but a pose: one that says yes to everything, one that fails, one that shouts.
//! Gives the whole suite played on them, which must not mistake any of them for a Zaqar.
//! Never plays the model: a suite that only tells small mistakes apart could still pass a server that does nothing.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use serde_json::{Value, json};
use zaqarcheck::judge::{Clockwork, Observed};
use zaqarcheck::runner::{CheckOutcome, Planned, Suite, run_case};
use zaqarcheck::scenario::{Action, Capability, Case};
use zaqarcheck::target::{Bindings, Error, Move, Stage, Target};
use zaqarcheck::time::{Duration, Instant};
use zaqarcheck::wire::{HttpRequest, HttpResponse};

/// More requests than any scenario expects of one message.
const SHOUTS: usize = 250;

/// A server that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pose {
    /// Every request is answered plausibly, and nothing is ever delivered.
    AlwaysPass,
    /// Every request is answered with 500.
    AlwaysFail,
    /// Every request is answered plausibly, and every message is delivered many times to every subscriber.
    Shouts,
}

#[test]
fn a_server_that_says_yes_and_delivers_nothing_fails_every_delivery() {
    let delivered = |planned: &Planned| delivers(&planned.case);
    let missed = |check: &str| check.starts_with("expect.deliveries[") && check.ends_with("].attempts");
    check(Pose::AlwaysPass, delivered, missed);
}

#[test]
fn a_server_that_only_fails_passes_nothing() {
    check(Pose::AlwaysFail, |_| true, |_| true);
}

#[test]
fn a_server_that_delivers_everything_many_times_fails_every_case_with_a_message_for_a_subscriber() {
    let posted = |planned: &Planned| posts(&planned.case);
    check(Pose::Shouts, posted, |check| check.starts_with("expect.deliveries"));
}

/// Plays the cases that are `meant`; each must fail in a check that is `telling`.
fn check(pose: Pose, meant: fn(&Planned) -> bool, telling: fn(&str) -> bool) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let plan = Suite::read(&root).unwrap_or_else(|error| panic!("cannot {error}")).plan();
    let plan: Vec<Planned> =
        plan.into_iter().filter(|planned| !planned.case.disrupts_network()).filter(meant).collect();
    assert!(plan.len() >= 200, "only {} cases", plan.len());
    for planned in plan {
        let record = ready(run_case(&planned, &pose, None));
        let failed = record.checks.iter().filter(|check| check.outcome == CheckOutcome::Fail);
        assert!(failed.map(|check| check.check.as_str()).any(telling), "{} passes {pose:?}", planned.case.id);
    }
}

/// Whether an attempt is expected.
fn delivers(case: &Case) -> bool {
    case.expect.deliveries.iter().any(|delivery| delivery.attempts > 0)
}

fn posts(case: &Case) -> bool {
    let posted = case.steps.iter().any(|step| matches!(step.action, Action::Post(_)));
    posted && !case.subscribers.is_empty()
}

impl Target for Pose {
    fn name(&self) -> String {
        format!("{self:?}")
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        BTreeSet::from([Capability::Confirmation])
    }

    fn clock(&self) -> Clockwork {
        Clockwork::Virtual
    }

    fn play(&self, case: &Arc<Case>) -> impl Future<Output = Result<Observed, Error>> + Send {
        std::future::ready(Ok(self.pose(case)))
    }
}

impl Pose {
    fn pose(self, case: &Arc<Case>) -> Observed {
        let addresses = case.subscribers.keys().map(|name| (name.clone(), format!("http://{name}.test/"))).collect();
        let mut stage = Stage::new(Arc::clone(case), Bindings::new("fake", case, addresses), Duration::ZERO);
        let mut now = Instant::START;
        loop {
            match stage.poll(now) {
                Move::Disrupt(disruption) => unreachable!("a fake has no network: {disruption}"),
                Move::Over => return stage.into_observed(now, Vec::new()),
                Move::Wait(until) => now = until,
                Move::Send(request) => {
                    stage.handle_answer(now, self.answer(&request));
                    if self == Self::Shouts && request.method == "POST" && request.target.ends_with("/messages") {
                        shout(&mut stage, now, case, &request);
                    }
                }
            }
        }
    }

    fn answer(self, request: &HttpRequest) -> HttpResponse {
        let id = "00000000-0000-4000-8000-000000000000";
        let (status, body) = match request.method.as_str() {
            _ if self == Self::AlwaysFail => (500, json!({"title": "Internal server error"})),
            "PUT" => (201, Value::Null),
            "POST" => (201, json!({"subscription_id": id, "resources": []})),
            "DELETE" => (204, Value::Null),
            "PATCH" if request.target.contains("/subscriptions/") => (204, Value::Null),
            _ => (200, json!({})),
        };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        HttpResponse { status, headers: Vec::new(), body: body.into() }
    }
}

/// Every message of the post, many times, to everyone.
fn shout(stage: &mut Stage, now: Instant, case: &Case, post: &HttpRequest) {
    let posted = post.json().unwrap_or_default();
    for message in posted["messages"].as_array().into_iter().flatten() {
        let notification = json!({"body": message["body"], "queue_name": "orders", "ttl": 3600});
        for subscriber in case.subscribers.keys() {
            for _ in 0..SHOUTS {
                let request = HttpRequest {
                    method: "POST".into(),
                    target: "/".into(),
                    headers: vec![("content-type".into(), "application/json".into())],
                    body: notification.to_string().into(),
                };
                if let Some((ticket, _)) = stage.handle_arrival(now, subscriber, request) {
                    stage.handle_end(now, ticket);
                }
            }
        }
    }
}

/// The result of a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}
