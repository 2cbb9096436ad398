//! Takes the model's reply to a frame's request.
//! Gives the frame that answers it, and what is to be undone when the connection ends.
//! Never changes what the reply says, only how it is said: where HTTP has links, a websocket has ids.

use serde_json::{Map, Value, json};

use super::action::Action;
use super::envelope::Envelope;
use super::framing::{Frame, Framing};
use crate::policy::is_falsy;
use crate::protocol::{Fault, FaultKind, Operation, ProjectId, QueueName, Reply, Request, SubscriptionId, Transport};

/// What a client is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The frame for the client.
    pub frame: Frame,
    /// The status that it says.
    pub status: u16,
    /// The connection has subscribed itself.
    pub subscribed: Option<Subscribed>,
}

/// A connection's subscription of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscribed {
    /// What ends it. It lives no longer than the connection.
    pub end: Request,
    /// How notifications come from now on: as the request for the last subscription came.
    pub framing: Framing,
}

pub(super) fn answer(action: Action, project: ProjectId, envelope: Envelope, reply: Reply) -> Answer {
    let subscribed = match &reply {
        Reply::Done { body: Some(body), .. } if action == Action::SubscriptionCreate => {
            subscribed(&project, &envelope, &body.value())
        }
        _ => None,
    };
    let text = |key: &str| envelope.body.get(key).and_then(Value::as_str).unwrap_or_default();
    let (status, body) = match reply {
        Reply::Done { status, location, body } => {
            (status, done(action, status, location, body.map(|body| body.value()), text))
        }
        Reply::Fault(fault) => refused(action, fault, &project, text),
    };
    Answer { subscribed, ..envelope.answered(status, body) }
}

fn subscribed(project: &ProjectId, envelope: &Envelope, body: &Value) -> Option<Subscribed> {
    let asked = &envelope.body;
    if asked.get("subscriber").is_some_and(|subscriber| !is_falsy(subscriber)) {
        return None;
    }
    let queue = QueueName::parse(asked.get("queue_name")?.as_str()?)?;
    let id = SubscriptionId::of_text(body.get("subscription_id")?.as_str()?);
    let end = Request::new(project.clone(), Operation::DeleteSubscription { queue, id });
    Some(Subscribed { end: Request { transport: Transport::Websocket, ..end }, framing: envelope.framing })
}

/// The body of an answer to what was carried out. Observed: zaqar 23.0.1.
fn done<'a>(
    action: Action,
    status: u16,
    location: Option<String>,
    body: Option<Value>,
    text: impl Fn(&str) -> &'a str,
) -> Value {
    let queue = text("queue_name");
    let mut body = body.unwrap_or_else(|| json!({}));
    match action {
        Action::QueueCreate => format!("Queue {queue} created.").into(),
        Action::QueueDelete => format!("Queue {queue} removed.").into(),
        Action::QueueList => json!({ "queues": listed(&mut body, "queues", |queue| without(queue, "href")) }),
        Action::MessageList => json!({ "messages": listed(&mut body, "messages", |entry| message(&entry, None)) }),
        Action::QueueGetStats => {
            for end in ["newest", "oldest"] {
                if let Some(entry) = body["messages"].get_mut(end) {
                    *entry = statistic(entry.take());
                }
            }
            body
        }
        Action::MessageGet => json!({ "messages": message(&body, None) }),
        Action::MessageGetMany => json!({ "messages": listed(&mut body, "messages", |entry| message(&entry, None)) }),
        Action::MessagePost => json!({ "message_ids": listed(&mut body, "resources", last_part) }),
        Action::ClaimCreate if status == 201 => {
            let id = location.map(|location| last_part(location.into())).unwrap_or_default();
            let messages = listed(&mut body, "messages", |entry| message(&entry, id.as_str()));
            json!({ "claim_id": id, "messages": messages })
        }
        Action::ClaimGet => {
            let messages = listed(&mut body, "messages", |entry| message(&entry, Some(text("claim_id"))));
            json!({ "age": body["age"], "ttl": body["ttl"], "messages": messages })
        }
        Action::ClaimUpdate => format!("Claim {} updated.", text("claim_id")).into(),
        Action::ClaimDelete => format!("Claim {} deleted.", text("claim_id")).into(),
        Action::SubscriptionCreate => {
            body["message"] = format!("Subscription {queue} created.").into();
            body
        }
        Action::SubscriptionDelete => format!("Subscription {} removed.", text("subscription_id")).into(),
        Action::SubscriptionList => json!({ "subscriptions": body["subscriptions"].take() }),
        _ => body,
    }
}

/// The status and the body of an answer to what was refused: the text as HTTP has it, and for some a second one.
fn refused<'a>(action: Action, fault: Fault, project: &ProjectId, text: impl Fn(&str) -> &'a str) -> (u16, Value) {
    let (kind, status, queue) = (fault.kind, fault.kind.status(), text("queue_name"));
    let said = fault.description.unwrap_or_else(|| kind.title().to_owned());
    let both = |exception: String, error: String| (status, json!({ "exception": exception, "error": error }));
    match (action, kind) {
        (_, FaultKind::Internal) => both(said, "Unexpected error.".into()),
        (_, FaultKind::InvalidRequestBody) => {
            (status, json!({ "exception": format!("Bad request. {said}"), "error": null }))
        }
        (Action::QueueGetStats, FaultKind::NotFound) => {
            (status, json!({ "messages": { "claimed": 0, "free": 0, "total": 0 } }))
        }
        (Action::QueuePurge, FaultKind::NotFound) => (204, json!({})),
        (Action::MessageGetMany, FaultKind::NotFound) => (200, json!({ "messages": [] })),
        (Action::MessageDelete, FaultKind::UnableToDelete | FaultKind::MessageClaimed) => {
            let (message, claim) = (text("message_id"), text("claim_id"));
            let exception = match (kind, claim) {
                (FaultKind::MessageClaimed, "") => format!("Message {message} is claimed"),
                (FaultKind::MessageClaimed, claim) => format!("Message {message} is not claimed by {claim}"),
                _ if said.contains("not currently claimed") => format!("Message {message} is no longer claimed"),
                _ => format!("Claim {claim} does not exist in queue {queue} for project {project}"),
            };
            both(exception, said)
        }
        (Action::ClaimGet | Action::ClaimUpdate, FaultKind::NotFound) => {
            both(said, format!("Claim {} does not exist.", text("claim_id")))
        }
        (Action::SubscriptionCreate, FaultKind::Conflict) => {
            (status, format!("Subscription {queue} not created.").into())
        }
        (Action::SubscriptionGet, FaultKind::NotFound) => {
            let id = text("subscription_id");
            both(said, format!("Subscription {id} for queue {queue} does not exist."))
        }
        _ => (status, json!({ "exception": said, "error": null })),
    }
}

fn listed(body: &mut Value, key: &str, entry: impl Fn(Value) -> Value) -> Value {
    match body[key].take() {
        Value::Array(entries) => entries.into_iter().map(entry).collect(),
        other => other,
    }
}

/// A message as a websocket shows it: it has the id of its claim instead of an address.
fn message(entry: &Value, claim_id: Option<&str>) -> Value {
    let shown = |key: &str| (key.to_owned(), entry[key].clone());
    let mut message = Map::from_iter(["id", "ttl", "age", "body"].map(shown));
    message.insert("claim_id".into(), claim_id.into());
    message.into()
}

/// The oldest or the newest message.
fn statistic(mut entry: Value) -> Value {
    if let Some(Value::String(address)) = entry.as_object_mut().and_then(|keys| keys.shift_remove("href")) {
        let path = address.split('?').next().unwrap_or_default();
        entry["id"] = last_part(path.into());
    }
    entry
}

fn without(mut entry: Value, key: &str) -> Value {
    if let Some(keys) = entry.as_object_mut() {
        keys.shift_remove(key);
    }
    entry
}

/// The id at the end of an address.
fn last_part(address: Value) -> Value {
    let id = address.as_str().and_then(|address| address.rsplit('/').next()).map(str::to_owned);
    id.map_or(address, Value::String)
}
