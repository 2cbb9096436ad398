//! Takes an action and the body of its request, which fits its schema.
//! Gives the operation that they name, or the reply where there is nothing to ask the model.
//! Never looks at who asks, except for the name of the project.

use serde_json::{Map, Value, json};

use super::action::Action;
use crate::policy::{is_falsy, type_name};
use crate::protocol::{
    Deviation, Deviations, Fault, FaultKind, Operation, Page, ProjectId, QueueName, Reply, Selection, SubscriptionId,
    Wanted, WantedQueues,
};

/// What a request asks for. Checks come in the order of the reference. Observed: zaqar 23.0.1.
pub(super) fn operation(
    action: Action,
    body: &Map<String, Value>,
    project: &ProjectId,
    own_url: &str,
    deviations: Deviations,
) -> Result<Operation, Reply> {
    let crashes = deviations.has(Deviation::WebsocketRequestCrashes);
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
    // Names are looked up before they are looked at: one that is no name is one that no queue has.
    let queue = QueueName::of_text(text("queue_name"));
    Ok(match action {
        Action::QueueList => {
            let detailed = body.get("detailed").and_then(Value::as_bool);
            Operation::ListQueues { page: page(body)?, wanted: WantedQueues { detailed, ..WantedQueues::default() } }
        }
        Action::QueueCreate => {
            let metadata = metadata(body.get("metadata"), crashes);
            check_names(&queue, project)?;
            Operation::CreateQueue { queue, metadata: metadata? }
        }
        Action::QueueDelete => Operation::DeleteQueue { queue },
        Action::QueueGet => Operation::ShowQueue { queue },
        Action::QueueGetStats => Operation::ShowStats { queue },
        Action::QueuePurge => Operation::PurgeQueue { queue, document: purged(body)? },
        Action::MessageList => Operation::ListMessages { queue, page: page(body)?, wanted: wanted(body) },
        Action::MessageGet => Operation::ShowMessage { queue, id: text("message_id").into() },
        Action::MessageGetMany => Operation::GetMessages { queue, ids: texts(body, "message_ids").unwrap_or_default() },
        Action::MessagePost => {
            check_names(&queue, project)?;
            let messages = body.get("messages").cloned().unwrap_or_default();
            let size = messages.to_string().len();
            let document = json!({ "messages": without_delay(messages, deviations) });
            Operation::PostMessages { queue, document: Some(document), size }
        }
        Action::MessageDelete => {
            let claim = body.get("claim_id").and_then(Value::as_str).map(str::to_owned);
            Operation::DeleteMessage { queue, id: text("message_id").into(), claim }
        }
        Action::MessageDeleteMany => {
            let (ids, claim_ids) = (texts(body, "message_ids"), texts(body, "claim_ids"));
            let selection = Selection { ids, pop: body.get("pop").and_then(integer), claim_ids };
            Operation::DeleteMessages { queue, selection }
        }
        Action::ClaimCreate => {
            let limit = body.get("limit").and_then(integer);
            Operation::CreateClaim { queue, limit, document: Some(only(body, ["ttl", "grace"]).into()) }
        }
        Action::ClaimGet => Operation::ShowClaim { queue, id: text("claim_id").into() },
        Action::ClaimUpdate => {
            let document = only(body, ["ttl", "grace"]).into();
            Operation::UpdateClaim { queue, id: text("claim_id").into(), document: Some(document) }
        }
        Action::ClaimDelete => Operation::DeleteClaim { queue, id: text("claim_id").into() },
        Action::SubscriptionList => Operation::ListSubscriptions { queue, page: page(body)? },
        Action::SubscriptionCreate => {
            let subscriber = Some(text("subscriber")).filter(|url| !url.is_empty()).unwrap_or(own_url);
            if crashes {
                check_scheme(subscriber)?;
            }
            let document = subscription(body, subscriber);
            check_names(&queue, project)?;
            Operation::CreateSubscription { queue, document: Some(document) }
        }
        Action::SubscriptionDelete => {
            let id = SubscriptionId::of_text(text("subscription_id"));
            Operation::DeleteSubscription { queue, id }
        }
        Action::SubscriptionGet => {
            let id = SubscriptionId::of_text(text("subscription_id"));
            Operation::ShowSubscription { queue, id }
        }
        _ => return Err(Fault::bare(FaultKind::ServiceUnavailable).into()),
    })
}

/// Checked where a queue may come to be.
fn check_names(queue: &QueueName, project: &ProjectId) -> Result<(), Reply> {
    let text = match queue.as_str() {
        _ if project.as_str().chars().count() > 256 => "Project ids may not be more than 256 characters long.",
        name if name.chars().count() > 64 => "Queue names may not be more than 64 characters long.",
        name if QueueName::parse(name).is_none() => {
            "Queue names may only contain ASCII letters, digits, underscores, and dashes."
        }
        _ => return Ok(()),
    };
    Err(invalid(text))
}

fn metadata(metadata: Option<&Value>, crashes: bool) -> Result<Option<Value>, Reply> {
    match metadata {
        None => Ok(None),
        Some(falsy) if is_falsy(falsy) => Ok(None),
        Some(other) if !other.is_object() && crashes => {
            Err(crash(format!("'{}' object has no attribute 'get'", type_name(other))))
        }
        Some(metadata) => Ok(Some(metadata.clone())),
    }
}

/// What a purge is to take: both kinds unless some are named, and of those named the ones there are.
fn purged(body: &Map<String, Value>) -> Result<Option<Value>, Reply> {
    let Some(named) = texts(body, "resource_types") else { return Ok(None) };
    let known: Vec<String> =
        named.into_iter().filter(|kind| ["messages", "subscriptions"].contains(&kind.as_str())).collect();
    if known.is_empty() {
        return Err(Reply::Done { status: 204, location: None, body: None });
    }
    Ok(Some(json!({ "resource_types": known })))
}

/// A server that does not know of delays does not look at them either.
fn without_delay(mut messages: Value, deviations: Deviations) -> Value {
    if deviations.has(Deviation::WebsocketPostIgnoresQueue) {
        let objects = messages.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut);
        objects.for_each(|message| {
            message.shift_remove("delay");
        });
    }
    messages
}

/// The reference looks for what serves the scheme before it looks at whether the scheme is allowed.
fn check_scheme(subscriber: &str) -> Result<(), Reply> {
    let scheme = subscriber.split_once(':').map(|(scheme, _)| scheme.to_lowercase()).unwrap_or_default();
    match scheme.as_str() {
        "http" | "https" | "mailto" => Ok(()),
        "trust+http" | "trust+https" => Err(crash("An auth plugin is required to get user_id")),
        _ => Err(crash(format!("No 'zaqar.notification.tasks' driver found, looking for '{scheme}'"))),
    }
}

fn subscription(body: &Map<String, Value>, subscriber: &str) -> Value {
    let mut document = only(body, ["ttl", "options"]);
    document.insert("subscriber".into(), subscriber.into());
    document.into()
}

/// These keys of a body, as far as it has them.
fn only(body: &Map<String, Value>, keys: [&str; 2]) -> Map<String, Value> {
    body.iter()
        .filter(|(key, _)| keys.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Ids, if the body has some; what is no text is the id of nothing.
fn texts(body: &Map<String, Value>, key: &str) -> Option<Vec<String>> {
    let texts = body.get(key)?.as_array()?;
    Some(texts.iter().map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)).collect())
}

/// An integer; what is more than can be counted is as much as can be.
fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.is_u64().then_some(i64::MAX))
}

fn wanted(body: &Map<String, Value>) -> Wanted {
    let flag = |key: &str| body.get(key).and_then(Value::as_bool);
    Wanted { echo: flag("echo"), include_claimed: flag("include_claimed"), include_delayed: flag("include_delayed") }
}

/// Which part of a list is asked for.
fn page(body: &Map<String, Value>) -> Result<Page, Reply> {
    let marker = body.get("marker").and_then(Value::as_str).map(str::to_owned);
    Ok(Page { marker, limit: limit(body.get("limit"))? })
}

/// Not every schema asks for a number.
fn limit(limit: Option<&Value>) -> Result<Option<i64>, Reply> {
    match limit {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => text
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| invalid(format!("invalid literal for int() with base 10: '{text}'"))),
        Some(value) => integer(value).map(Some).ok_or_else(|| invalid("Limit must be a number.")),
    }
}

fn invalid(text: impl Into<String>) -> Reply {
    Fault::new(FaultKind::InvalidApiRequest, text).into()
}

/// What the reference answers when it breaks down over a request: the exception in Python's words.
fn crash(exception: impl Into<String>) -> Reply {
    Fault::new(FaultKind::Internal, exception).into()
}
