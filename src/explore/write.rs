//! Takes a case.
//! Gives it as the text of a scenario file whose expectations are literal: what the documented model does with it.
//! Never writes more than it takes to tell the deviating target from the documented one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::invariant::{INVARIANTS, View, Violation};
use super::promise::Promised;
use crate::judge::{Attempt, Observed};
use crate::protocol::{Deviation, Deviations};
use crate::scenario::{Action, Behaviour, Capability, Case, MAIN_PROJECT, Subscribe};
use crate::target::{Error, ModelTarget};

/// How much a file expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// How many attempts, and the gaps between them.
    Attempts,
    /// The order of arrivals and when each delivery began besides.
    Order,
    /// The status of every answer besides.
    Answers,
    /// What requests hold besides.
    Content,
}

impl Detail {
    /// The least first.
    pub const ALL: [Self; 4] = [Self::Attempts, Self::Order, Self::Answers, Self::Content];
}

/// The file, keys in the order in which people write them.
#[derive(Debug, Serialize)]
struct File {
    format: u32,
    title: String,
    requirements: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needs: Vec<String>,
    subscribers: BTreeMap<String, Value>,
    steps: Vec<Map<String, Value>>,
    expect: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    killed_by: Vec<&'static str>,
    notes: String,
}

/// The text of a file for `case`, which broke an invariant as `violation` says; `killed_by` are planted deviations that
/// it is to catch.
///
/// # Errors
/// If the documented model can't play it to its end.
pub fn write(
    case: &Arc<Case>,
    violation: &Violation,
    killed_by: &[Deviation],
    seed: u64,
    detail: Detail,
) -> Result<String, Error> {
    let observed = ModelTarget { deviations: Deviations::NONE }.play_now(case)?;
    let view = View::new(case, &observed);
    let rule = INVARIANTS.iter().find(|rule| rule.name == violation.invariant);
    let file = File {
        format: 1,
        title: format!("seed {seed:x}: {}", violation.invariant.replace('-', " ")),
        requirements: rule.map_or(&["schedule-ends"][..], |rule| rule.requirements).to_vec(),
        needs: case.needs.iter().map(Capability::to_string).collect(),
        subscribers: case
            .subscribers
            .iter()
            .map(|(name, script)| (name.clone(), self::script(script.iter())))
            .collect(),
        steps: (0..case.steps.len()).map(|index| step(index, case, &observed, detail)).collect(),
        expect: expect(case, &view, detail),
        killed_by: killed_by.iter().map(|deviation| deviation.name()).collect(),
        notes: format!("Seen: {}", violation.text),
    };
    Ok(serde_json::to_string_pretty(&file).expect("it is plain data") + "\n")
}

fn script<'a>(behaviours: impl Iterator<Item = &'a Behaviour>) -> Value {
    json!({ "script": behaviours.map(Behaviour::to_string).collect::<Vec<_>>() })
}

fn step(index: usize, case: &Case, observed: &Observed, detail: Detail) -> Map<String, Value> {
    let step = &case.steps[index];
    let (name, mut request) = action(&step.action);
    // Its subscriber's name is enough for a subscription that no other step speaks of.
    if let Action::Subscribe(Subscribe { name: Some(name), .. }) = &step.action
        && case.steps.iter().any(|other| speaks_of(&other.action) == Some(name))
    {
        request["as"] = name.as_str().into();
    }
    let mut written = Map::from_iter([(name.to_owned(), request)]);
    if let Some(at) = step.at {
        written.insert("at_s".into(), number(at.as_secs_f64()));
    }
    let status = observed.exchanges.iter().find(|exchange| exchange.step == index);
    let status = status.map(|exchange| exchange.response.status).filter(|_| step.action.asks());
    if let Some(status) = status.filter(|status| detail >= Detail::Answers || !(200..=299).contains(status)) {
        written.insert("expect".into(), json!({ "status": status }));
    }
    written
}

fn speaks_of(action: &Action) -> Option<&String> {
    match action {
        Action::Confirm(confirm) => Some(&confirm.subscription),
        Action::DeleteSubscription(delete) => Some(&delete.subscription),
        Action::PatchSubscription(patch) => Some(&patch.subscription),
        _ => None,
    }
}

/// The key of an action in a file, and what stands under it.
fn action(action: &Action) -> (&'static str, Value) {
    let of = |project: &str, queue: &str, more: &[(&str, Option<Value>)]| {
        let mut keys = Map::from_iter([("queue".to_owned(), json!(queue))]);
        if project != MAIN_PROJECT {
            keys.insert("project".into(), project.into());
        }
        keys.extend(more.iter().filter_map(|(key, value)| Some(((*key).to_owned(), value.clone()?))));
        Value::from(keys)
    };
    match action {
        Action::PutQueue(put) => ("put_queue", of(&put.project, &put.queue, &[("metadata", put.metadata.clone())])),
        Action::PatchQueue(patch) => {
            ("patch_queue", of(&patch.project, &patch.queue, &[("changes", Some(patch.changes.clone()))]))
        }
        Action::DeleteQueue(delete) => ("delete_queue", of(&delete.project, &delete.queue, &[])),
        Action::Subscribe(made) => {
            let to = made.to.clone().map(Value::from);
            let more = [("to", to), ("ttl", made.ttl.clone()), ("options", made.options.clone())];
            ("subscribe", of(&made.project, &made.queue, &more))
        }
        Action::Confirm(confirm) => {
            let more =
                [("subscription", Some(json!(confirm.subscription))), ("confirmed", Some(confirm.confirmed.clone()))];
            ("confirm", of(&confirm.project, &confirm.queue, &more))
        }
        Action::PatchSubscription(patch) => {
            let more = [("subscription", Some(json!(patch.subscription))), ("changes", Some(patch.changes.clone()))];
            ("patch_subscription", of(&patch.project, &patch.queue, &more))
        }
        Action::DeleteSubscription(delete) => (
            "delete_subscription",
            of(&delete.project, &delete.queue, &[("subscription", Some(json!(delete.subscription)))]),
        ),
        Action::Post(post) => {
            let messages: Vec<Value> = post.messages.iter().map(|message| json!({ "body": message.body })).collect();
            ("post", of(&post.project, &post.queue, &[("messages", Some(messages.into()))]))
        }
        other => unreachable!("no plan has a step like {other:?}"),
    }
}

fn expect(case: &Case, view: &View<'_>, detail: Detail) -> Value {
    let mut deliveries: Vec<Value> =
        view.promise.deliveries.iter().map(|promised| delivery(view, promised, detail)).collect();
    let silent = view.promise.silences.keys().filter(|(name, message)| !reaches(view, name, *message));
    deliveries.extend(silent.map(|(name, message)| json!({ "subscriber": name, "message": message, "attempts": 0 })));
    deliveries.extend(confirmations(case, view));
    let mut expect = json!({ "deliveries": deliveries, "quiet_s": number(case.expect.quiet_s) });
    if detail >= Detail::Order && case.needs.is_empty() {
        let arrivals = |name: &String| {
            let of = |attempt: &&Attempt| attempt.subscriber == *name;
            let numbers = view.observed.attempts.iter().filter(of).filter_map(|attempt| view.number(attempt));
            numbers.collect::<Vec<usize>>()
        };
        expect["arrivals"] = case.subscribers.keys().map(|name| (name.clone(), json!(arrivals(name)))).collect();
    }
    expect
}

fn reaches(view: &View<'_>, subscriber: &str, message: usize) -> bool {
    view.promise.deliveries.iter().any(|promised| promised.subscriber == subscriber && promised.message == message)
}

fn delivery(view: &View<'_>, promised: &Promised, detail: Detail) -> Value {
    let told = view.told(promised);
    let gaps: Vec<u64> = told.attempts.windows(2).map(|pair| pair[1].arrived.since(pair[0].ended).as_secs()).collect();
    let mut expected =
        json!({ "subscriber": promised.subscriber, "message": promised.message, "attempts": told.attempts.len() });
    if !gaps.is_empty() {
        expected["delays_s"] = gaps.into();
    }
    let Some(first) = told.attempts.first() else { return expected };
    if detail >= Detail::Order {
        expected["first_at_s"] = number(first.arrived.since(promised.posted).as_secs_f64());
    }
    if detail >= Detail::Content {
        expected["body_text"] = String::from_utf8_lossy(&first.request.body).into();
        expected["headers"] = first.request.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    }
    expected
}

/// How often each subscriber is asked to confirm, and after which gaps.
fn confirmations(case: &Case, view: &View<'_>) -> Vec<Value> {
    let asked = |name: &String| {
        let of = |attempt: &&Attempt| attempt.subscriber == *name && view.confirms(attempt);
        let attempts: Vec<&Attempt> = view.observed.attempts.iter().filter(of).collect();
        let gaps: Vec<u64> = attempts.windows(2).map(|pair| pair[1].arrived.since(pair[0].ended).as_secs()).collect();
        let mut expected = json!({
            "subscriber": name, "confirmation": "SubscriptionConfirmation", "attempts": attempts.len(),
        });
        if !gaps.is_empty() {
            expected["delays_s"] = gaps.into();
        }
        (!attempts.is_empty()).then_some(expected)
    };
    case.subscribers.keys().filter_map(asked).collect()
}

/// Whole numbers without a fraction, as people write them.
fn number(seconds: f64) -> Value {
    if seconds.fract() == 0.0 { json!(seconds as u64) } else { json!(seconds) }
}
