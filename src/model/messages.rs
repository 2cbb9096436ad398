//! Takes messages that a client posts or asks for.
//! Gives them stored, listed, and handed to every subscriber of the queue.
//! Never waits for a subscriber: the client is answered at once.

use serde_json::{Map, Value, json};

use super::delivery::Task;
use super::subscriptions::Subscription;
use super::{Caller, Model, done, invalid, planted};
use crate::policy::{is_falsy, select};
use crate::protocol::{Deviation, Fault, FaultKind, Page, ProjectId, QueueName, Reply};
use crate::time::{Duration, Instant};

/// Seconds a message lives unless it or its queue says otherwise. Observed: zaqar 23.0.1.
const DEFAULT_TTL_S: i64 = 3600;
/// The range of a message's ttl in seconds. Source: api-ref, "Post Message".
const TTL_S: std::ops::RangeInclusive<i64> = 60..=1_209_600;
const TTL_TEXT: &str = "The TTL for a message may not exceed 1209600 seconds, and must be at least 60 seconds long.";

/// A stored message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    id: String,
    body: Value,
    ttl_s: i64,
    posted: Instant,
}

impl Message {
    fn is_alive(&self, now: Instant) -> bool {
        now.since(self.posted) < Duration::from_secs(self.ttl_s.unsigned_abs())
    }
}

impl Model {
    pub(super) fn post_messages(
        &mut self,
        caller: &Caller,
        queue: QueueName,
        document: Option<Value>,
    ) -> Result<Reply, Fault> {
        let Caller { now, ref project, .. } = *caller;
        let default_ttl_s = self
            .queue(project, &queue)
            .and_then(|queue| queue.metadata.get("_default_message_ttl")?.as_i64())
            .unwrap_or(DEFAULT_TTL_S);
        let messages = read_messages(document, default_ttl_s)?;
        let path = format!("/v2/queues/{queue}/messages");
        let ids: Vec<String> = messages.iter().map(|_| self.ids.uuid().to_string()).collect();

        if self.settings.deviations.has(Deviation::DeletedQueueKeepsSubscriptions) {
            self.queue_or_new(project, queue.clone());
        }
        let notified = self.notify(now, project, &queue, &messages)?;
        let kept = !notified || !self.settings.deviations.has(Deviation::NotifiedMessageNotStored);
        let stored = messages.into_iter().zip(&ids).map(|(NewMessage { body, ttl_s }, id)| Message {
            id: id.clone(),
            body,
            ttl_s,
            posted: now,
        });
        self.queue_or_new(project, queue).messages.extend(stored.filter(|_| kept));

        let resources: Vec<String> = ids.iter().map(|id| format!("{path}/{id}")).collect();
        let location = format!("{path}?ids={}", ids.join(","));
        Ok(done(201, Some(location), Some(json!({ "resources": resources }))))
    }

    pub(super) fn list_messages(&mut self, caller: &Caller, queue: &QueueName, page: &Page) -> Result<Reply, Fault> {
        let now = caller.now;
        let limit = super::queues::limit(page, "Limit must be at least 1 and may not be greater than 20.")?;
        let path = format!("/v2/queues/{queue}/messages");
        let entry = |message: &Message| {
            let age = now.since(message.posted).as_secs();
            json!({"id": message.id, "href": format!("{path}/{}", message.id), "ttl": message.ttl_s, "age": age, "body": message.body})
        };
        let stored = self.queue(&caller.project, queue);
        let all = stored.map_or(&[][..], |queue| queue.messages.as_slice());
        let marker = page.marker.as_deref().and_then(|marker| all.iter().position(|message| message.id == marker));
        let shown = all[marker.map_or(0, |marker| marker + 1)..].iter().filter(|message| message.is_alive(now));
        let shown: Vec<&Message> = shown.take(limit).collect();
        let delay = stored.and_then(|queue| queue.metadata.get("_default_message_delay"));
        let echo = page.echo.iter().map(|echo| format!("echo={echo}"));
        let delayed = delay.is_none_or(is_falsy).then(|| "include_delayed=true".to_owned());
        let more: Vec<String> = echo.chain(delayed).collect();
        let links = super::queues::links(&path, page, &more, shown.last().map(|message| &message.id));
        let messages: Vec<Value> = shown.into_iter().map(entry).collect();
        Ok(done(200, None, Some(json!({ "messages": messages, "links": links }))))
    }

    /// Starts one task for each live subscription, in the order of their ids, and says whether there is one.
    /// Source: commit, `NotifierDriver.post`.
    fn notify(
        &mut self,
        now: Instant,
        project: &ProjectId,
        name: &QueueName,
        messages: &[NewMessage],
    ) -> Result<bool, Fault> {
        let deviations = self.settings.deviations;
        let Some(queue) = self.queue(project, name) else { return Ok(false) };
        let notifications = messages.iter().map(|message| message.notification(name)).collect();
        let notifications = planted::notifications(notifications, deviations);
        let live = queue.subscriptions.values().filter(|subscription| subscription.is_alive(now));
        // Only a server that accepts such a subscriber has one.
        if live.clone().any(|subscription| subscription.subscriber.is_empty()) {
            let text = "Messages could not be enqueued. Please try again in a few seconds.";
            return Err(Fault::new(FaultKind::ServiceUnavailable, text));
        }
        let live = live.filter(|subscription| subscription.is_webhook()).collect();
        let audience = self.planted_audience(now, project, name, live);
        let task = |subscription: &&Subscription| {
            let options = planted::options(subscription.options.as_object()?.clone(), deviations);
            if deviations.has(Deviation::OddPostHeadersStopDelivery) && stops_delivery(options.get("post_headers")) {
                return None;
            }
            let own = planted::asked(&audience, subscription, deviations).options.get("_retry_policy");
            let policy = select(queue.metadata.get("_retry_policy"), own, deviations);
            Some(Task::new(subscription.subscriber.clone(), &options, &notifications, policy, deviations))
        };
        let tasks: Vec<Task> = audience.iter().filter_map(task).collect();
        let notified = !tasks.is_empty();
        for task in planted::tasks(tasks, deviations) {
            self.start(now, task);
        }
        Ok(notified)
    }
}

/// Whether the reference breaks down over these `post_headers` before it sends anything. Observed: zaqar 23.0.1.
fn stops_delivery(post_headers: Option<&Value>) -> bool {
    match post_headers {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_)) => true,
        _ => false,
    }
}

/// A message as the client wrote it, checked.
struct NewMessage {
    body: Value,
    ttl_s: i64,
}

impl NewMessage {
    /// What a subscriber is sent. Observed: zaqar 23.0.1.
    fn notification(&self, queue: &QueueName) -> Value {
        json!({"ttl": self.ttl_s, "body": self.body, "Message_Type": "Notification", "queue_name": queue.as_str()})
    }
}

fn read_messages(document: Option<Value>, default_ttl_s: i64) -> Result<Vec<NewMessage>, Fault> {
    let body_fault = |text: &str| Fault::new(FaultKind::InvalidRequestBody, text);
    let document = document.ok_or_else(|| invalid("Request body can not be empty"))?;
    match document.get("messages") {
        None => Err(invalid("No messages were found in the request body.")),
        Some(Value::Array(messages)) if messages.is_empty() => Err(invalid("No messages to enqueu.")),
        Some(Value::Array(messages)) => messages.iter().map(|message| read_message(message, default_ttl_s)).collect(),
        Some(_) => Err(body_fault("Document type not supported.")),
    }
}

fn read_message(message: &Value, default_ttl_s: i64) -> Result<NewMessage, Fault> {
    let empty = Map::new();
    let keys = message.as_object().unwrap_or(&empty);
    let body = keys.get("body").ok_or_else(|| Fault::new(FaultKind::InvalidRequestBody, "Missing \"body\" field."))?;
    let ttl_s = match keys.get("ttl") {
        None => default_ttl_s,
        Some(ttl) => ttl.as_i64().ok_or_else(|| {
            Fault::new(FaultKind::InvalidRequestBody, "The value of the \"ttl\" field must be a int.")
        })?,
    };
    if !TTL_S.contains(&ttl_s) {
        return Err(invalid(TTL_TEXT));
    }
    Ok(NewMessage { body: body.clone(), ttl_s })
}
