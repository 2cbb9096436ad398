//! Takes the notifications of one post.
//! Gives a task for each subscriber of the queue.
//! Never waits for a subscriber: the client is answered at once.

use bytes::Bytes;
use serde_json::Value;

use super::delivery::{Task, is_unsendable};
use super::subscriptions::Subscription;
use super::{Model, mail, planted};
use crate::policy::select;
use crate::protocol::{Deviation, Document, Fault, FaultKind, ProjectId, QueueName};
use crate::time::Instant;

impl Model {
    /// Starts one task for each live subscription, in the order of their ids, and says whether there is one.
    /// Source: commit, `NotifierDriver.post`.
    pub(super) fn notify(
        &mut self,
        now: Instant,
        project: &ProjectId,
        name: &QueueName,
        notifications: impl Iterator<Item = Document>,
    ) -> Result<bool, Fault> {
        let deviations = self.settings.deviations;
        let Some(queue) = self.queue(project, name) else { return Ok(false) };
        let live = self.subscriptions_to_notify(now, project, name);
        // Only a server that accepts such a subscriber has one.
        if live.iter().any(|subscription| !subscription.is_reachable()) {
            let text = "Messages could not be enqueued. Please try again in a few seconds.";
            return Err(Fault::new(FaultKind::ServiceUnavailable, text));
        }
        let live = live.into_iter().filter(|subscription| subscription.hears(&self.settings)).collect();
        let audience = self.planted_audience(now, project, name, live);
        if audience.is_empty() {
            return Ok(false);
        }
        let notifications = planted::notifications(notifications.collect(), deviations);
        // Once for all subscribers: what many of them are sent is stored once.
        let texts: Vec<Bytes> = notifications.into_iter().map(|text| text.into_text().into()).collect();
        let task = |subscription: &&Subscription| {
            let options = planted::options(subscription.options.as_object()?.clone(), deviations);
            if deviations.has(Deviation::OddPostHeadersStopDelivery) && stops_delivery(options.get("post_headers")) {
                return None;
            }
            if subscription.is_mail() {
                let mail = |one: &Bytes| mail::notification(&subscription.subscriber, &options, one, deviations);
                return Some(Task::mail(&subscription.subscriber, texts.iter().map(mail).collect()));
            }
            if subscription.is_trust() && deviations.has(Deviation::TrustNeedsKeystone) {
                return None;
            }
            let odd = options.get("post_data").filter(|_| deviations.has(Deviation::OddPostDataStopsFirstAttempt));
            if odd.is_some_and(is_unsendable) {
                return None;
            }
            let own = planted::asked(&audience, subscription, deviations).options.get("_retry_policy");
            let policy = select(queue.metadata.get("_retry_policy"), own, deviations);
            Some(Task::new(subscription.url(), &options, &texts, policy, deviations))
        };
        let tasks: Vec<Task> = audience.iter().filter_map(task).collect();
        self.check_deliveries(tasks.len())?;
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
