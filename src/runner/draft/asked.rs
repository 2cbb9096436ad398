//! Takes what a client asks for and how its subscribers answer.
//! Gives the scenario file of it, which expects no delivery.
//! Never checks anything: the file is read as any other is.

use serde_json::{Map, Value, json};

use super::Wanted;
use crate::protocol::DeliveryOutcome;
use crate::schedule::Outcomes;

/// The file, keys in the order in which people write them.
pub(super) fn file(wanted: &Wanted, quiet_s: f64) -> Value {
    let names = names(wanted);
    let scripts = names.iter().zip(&wanted.outcomes);
    let scripts = scripts.map(|(name, outcomes)| (name.clone(), json!({ "script": script(outcomes) })));
    let queue = || ("queue", Some(json!(wanted.queue)));
    let mut steps = vec![json!({ "put_queue": keys([queue(), ("metadata", wanted.metadata.clone())]) })];
    steps.extend(names.iter().map(|name| {
        let (ttl, options) = (wanted.subscription_ttl.map(Value::from), wanted.options.clone());
        json!({ "subscribe": keys([queue(), ("to", Some(json!(name))), ("ttl", ttl), ("options", options)]) })
    }));
    let message = |body: &Value| keys([("body", Some(body.clone())), ("ttl", wanted.ttl.map(Value::from))]);
    let messages: Vec<Value> = wanted.messages.iter().map(message).collect();
    steps.push(json!({ "post": keys([queue(), ("messages", Some(messages.into()))]) }));
    json!({
        "format": 1,
        "title": wanted.title.as_deref().unwrap_or("recorded"),
        "requirements": if wanted.requirements.is_empty() { vec!["notification-sent".to_owned()] } else { wanted.requirements.clone() },
        "subscribers": scripts.collect::<Map<_, _>>(),
        "steps": steps,
        "expect": { "deliveries": [], "quiet_s": number(quiet_s) },
        "notes": "Recorded: what a server did, which need not be what the documents ask for.",
    })
}

/// The names of the subscribers.
pub(super) fn names(wanted: &Wanted) -> Vec<String> {
    match wanted.outcomes.len() {
        1 => vec!["hook".to_owned()],
        count => (1..=count).map(|number| format!("hook-{number}")).collect(),
    }
}

/// A connection that is refused leaves no trace. One that is closed without an answer is the same to a server, and seen.
fn script(outcomes: &Outcomes) -> Vec<String> {
    let behaviour = |outcome: &DeliveryOutcome| match outcome {
        DeliveryOutcome::Answered { status, .. } => format!("status {status}"),
        _ => "read_then_close".to_owned(),
    };
    outcomes.one_by_one().map(behaviour).collect()
}

/// An object of the keys that have a value.
fn keys<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect::<Map<_, _>>().into()
}

/// Whole numbers without a fraction, as people write them.
pub(super) fn number(seconds: f64) -> Value {
    if seconds.fract() == 0.0 { json!(seconds as u64) } else { json!(seconds) }
}
