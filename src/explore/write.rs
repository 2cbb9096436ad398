//! Takes a case.
//! Gives it as the text of a scenario file whose expectations are literal: what the documented model does with it.
//! Never writes more than it takes to tell the deviating target from the documented one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::invariant::{INVARIANTS, View, Violation};
use super::promise::Promised;
use crate::judge::{Attempt, Exchange, Observed, without_uuids};
use crate::protocol::{Deviation, Deviations};
use crate::scenario::{Action, Behaviour, Capability, Case, Confirmation, MAIN_PROJECT, NewMessage, Subscribe, layout};
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
    Ok(layout(&serde_json::to_value(&file).expect("it is plain data")))
}

fn script<'a>(behaviours: impl Iterator<Item = &'a Behaviour>) -> Value {
    // An answer that has more than a status is an object, and reads as one.
    let entry = |text: String| serde_json::from_str(&text).ok().filter(Value::is_object).unwrap_or_else(|| text.into());
    json!({ "script": behaviours.map(|behaviour| entry(behaviour.to_string())).collect::<Vec<Value>>() })
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
    let exchange = observed.exchanges.iter().find(|exchange| exchange.step == index);
    let is_told = |exchange: &&Exchange| detail >= Detail::Answers || !(200..=299).contains(&exchange.response.status);
    if let Some(exchange) = exchange.filter(is_told) {
        let mut expected = json!({ "status": exchange.response.status });
        if let Some(body) = body(exchange).filter(|_| detail >= Detail::Content) {
            expected["body"] = body;
        }
        written.insert("expect".into(), expected);
    }
    written
}

/// What is told of an answer besides its status: why it refuses something, or the messages that it lists.
fn body(exchange: &Exchange) -> Option<Value> {
    let document = exchange.response.json()?;
    // The project has another name in another run.
    let project = exchange.request.header("x-project-id").unwrap_or("{id}");
    let without =
        |value: &Value| value.as_str().map_or_else(|| value.clone(), |text| text.replace(project, "{id}").into());
    let part = |document: &Value, names: &[&str]| -> Value {
        let known = names.iter().filter_map(|name| Some(((*name).to_owned(), document.get(name)?)));
        known.map(|(name, value)| (name, with_id(&without(value)))).collect::<Map<_, _>>().into()
    };
    match document.get("messages").and_then(Value::as_array) {
        Some(messages) => {
            let shown: Value = messages.iter().map(|message| part(message, &["body", "ttl"])).collect();
            Some(json!({ "messages": shown }))
        }
        None => document.get("title").map(|_| part(&document, &["title", "description"])),
    }
}

/// A text that names something by an identifier that the server has made.
fn with_id(text: &Value) -> Value {
    match without_uuids(text.clone()) {
        Value::String(masked) => masked.replace("{uuid}", "{id}").into(),
        other => other,
    }
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
        Action::ListMessages(list) => ("list_messages", of(&list.project, &list.queue, &[])),
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
            let message = |message: &NewMessage| match &message.ttl {
                None => json!({ "body": message.body }),
                Some(ttl) => json!({ "body": message.body, "ttl": ttl }),
            };
            let messages: Vec<Value> = post.messages.iter().map(message).collect();
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
    deliveries.extend(confirmations(case, view, detail));
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
        expected["headers"] = headers(first);
    }
    expected
}

/// How often each subscriber is asked to confirm, and after which gaps; then what it is asked.
fn confirmations(case: &Case, view: &View<'_>, detail: Detail) -> Vec<Value> {
    let asked = |name: &String, confirmation: Confirmation| {
        let of = |attempt: &&Attempt| attempt.subscriber == *name && view.confirmation(attempt) == Some(confirmation);
        let attempts: Vec<&Attempt> = view.observed.attempts.iter().filter(of).collect();
        let mut expected =
            json!({ "subscriber": name, "confirmation": confirmation.name(), "attempts": attempts.len() });
        let gaps: Vec<u64> = attempts.windows(2).map(|pair| pair[1].arrived.since(pair[0].ended).as_secs()).collect();
        if !gaps.is_empty() {
            expected["delays_s"] = gaps.into();
        }
        let first = attempts.first()?;
        if let Some(body) = first.request.json().filter(|_| detail >= Detail::Content) {
            expected["body"] = of_confirmation(&body);
            expected["headers"] = headers(first);
        }
        Some(expected)
    };
    let pairs = case.subscribers.keys().flat_map(|name| Confirmation::ALL.map(|confirmation| (name, confirmation)));
    pairs.filter_map(|(name, confirmation)| asked(name, confirmation)).collect()
}

/// The part of a confirmation that is no other in another run, wherever `post_data` has put it.
fn of_confirmation(body: &Value) -> Value {
    let keys = body.as_object().into_iter().flatten();
    let part = keys.filter_map(|(key, value)| match (key.as_str(), value) {
        ("Message" | "Message_Type" | "SubscribeBody" | "UnsubscribeBody" | "URL-Methods" | "queue_name", _) => {
            Some((key.clone(), value.clone()))
        }
        ("URL-Paths", _) => Some((key.clone(), with_id(value))),
        (_, Value::Object(_)) => Some((key.clone(), of_confirmation(value))),
        _ => None,
    });
    Value::Object(part.collect())
}

fn headers(attempt: &Attempt) -> Value {
    attempt.request.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect()
}

/// Whole numbers without a fraction, as people write them.
fn number(seconds: f64) -> Value {
    if seconds.fract() == 0.0 { json!(seconds as u64) } else { json!(seconds) }
}
