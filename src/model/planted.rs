//! Takes what the model is about to answer, to send or to start, at the few places where a planted deviation changes it.
//! Gives the same back, or what a server with that mistake would do instead.
//! Never in the way of a reader of the model: with no planted deviation everything here hands through what it is given.

use serde_json::{Map, Value, json};

use super::Model;
use super::confirmation::Confirmation;
use super::delivery::Task;
use super::subscriptions::Subscription;
use crate::policy::select;
use crate::protocol::{
    Delivery, DeliveryOutcome, Deviation, Deviations, Document, Fault, FaultKind, Operation, ProjectId, QueueName,
    Reply, Request,
};
use crate::time::{Duration, Instant};

/// How many subscriptions are notified where the rest is forgotten.
const PAGE: usize = 10;

/// The requests whose answers may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    CreateQueue,
    CreateSubscription,
    Other,
    UpdateQueue,
    UpdateSubscription,
}

impl Kind {
    pub(super) const fn of(operation: &Operation) -> Self {
        match operation {
            Operation::CreateQueue { .. } => Self::CreateQueue,
            Operation::CreateSubscription { .. } => Self::CreateSubscription,
            Operation::UpdateQueue { .. } => Self::UpdateQueue,
            Operation::UpdateSubscription { .. } => Self::UpdateSubscription,
            _ => Self::Other,
        }
    }
}

/// The request as the server reads it.
pub(super) fn request(mut request: Request, deviations: Deviations) -> Request {
    if deviations.has(Deviation::ProjectsShareQueues) {
        request.project = ProjectId::parse("all").expect("the name is well-formed");
    }
    match &mut request.operation {
        Operation::PostMessages { document: Some(document), .. } if deviations.has(Deviation::MessageTtlUnchecked) => {
            let messages = document.get_mut("messages").and_then(Value::as_array_mut).into_iter().flatten();
            for ttl in messages.filter_map(|message| message.get_mut("ttl")).filter(|ttl| ttl.is_i64()) {
                *ttl = ttl.as_i64().unwrap_or_default().clamp(60, 1_209_600).into();
            }
        }
        Operation::CreateSubscription { document: Some(document), .. }
            if deviations.has(Deviation::SubscriptionTtlIgnored) =>
        {
            let asked = document.get("ttl").and_then(Value::as_i64).is_some_and(|ttl_s| ttl_s >= 60);
            document.as_object_mut().filter(|_| asked).and_then(|keys| keys.shift_remove("ttl"));
        }
        _ => {}
    }
    request
}

/// The answer as the client gets it.
pub(super) fn reply(kind: Kind, reply: Reply, deviations: Deviations) -> Reply {
    match reply {
        Reply::Fault(fault) => refusal(fault, deviations),
        Reply::Done { status, location, body } => {
            let wrong = match (kind, status) {
                (Kind::CreateQueue, 201) => (Deviation::CreateAnswersOk, 200),
                (Kind::CreateQueue, _) => (Deviation::CreateAgainAnswersCreated, 201),
                (Kind::CreateSubscription, _) => (Deviation::SubscribeAnswersOk, 200),
                (Kind::UpdateQueue, _) => (Deviation::QueuePatchAnswersNoContent, 204),
                (Kind::UpdateSubscription, _) => (Deviation::SubscriptionPatchAnswersOk, 200),
                (Kind::Other, _) => return Reply::Done { status, location, body },
            };
            match wrong {
                (deviation, 204) if deviations.has(deviation) => Reply::Done { status: 204, location, body: None },
                (deviation, status) if deviations.has(deviation) => Reply::Done { status, location, body },
                _ => Reply::Done { status, location, body },
            }
        }
    }
}

fn refusal(fault: Fault, deviations: Deviations) -> Reply {
    let status = match fault.kind.status() {
        400 if deviations.has(Deviation::ErrorStatus422) => 422,
        status => status,
    };
    let mut document = Map::new();
    match () {
        () if deviations.has(Deviation::ErrorTitleMissing) => {}
        () if deviations.has(Deviation::ErrorTitleWrong) => {
            document.insert("title".into(), status.to_string().into());
        }
        () => {
            document.insert("title".into(), fault.kind.title().into());
        }
    }
    if let Some(description) = fault.description.clone().filter(|_| !deviations.has(Deviation::ErrorDescriptionMissing))
    {
        document.insert("description".into(), description.into());
    }
    let body = Some(Value::from(document).into());
    let right = Reply::Fault(fault);
    let wrong = Reply::Done { status, location: None, body };
    let any = [
        Deviation::ErrorDescriptionMissing,
        Deviation::ErrorStatus422,
        Deviation::ErrorTitleMissing,
        Deviation::ErrorTitleWrong,
    ];
    if any.into_iter().any(|deviation| deviations.has(deviation)) { wrong } else { right }
}

/// What the notifier makes of an outcome.
pub(super) fn outcome(outcome: &DeliveryOutcome, retrying: bool, deviations: Deviations) -> DeliveryOutcome {
    let has = |deviation| deviations.has(deviation);
    let success = || DeliveryOutcome::Answered { status: 200, location: None };
    match outcome {
        DeliveryOutcome::ConnectionError if has(Deviation::ConnectionErrorNotRetried) => success(),
        DeliveryOutcome::TimedOut if has(Deviation::TimeoutNotRetried) => success(),
        DeliveryOutcome::Answered { status, .. } => {
            let (fails, succeeds) = match status {
                200..=299 => (*status != 200 && has(Deviation::OnlyOkSucceeds), false),
                300..=399 => (has(Deviation::RedirectRetried), false),
                400..=499 => (has(Deviation::ClientErrorRetried), false),
                500..=599 => (
                    false,
                    has(Deviation::ServerErrorIsSuccess)
                        || *status != 503 && has(Deviation::OnlyUnavailableFails)
                        || retrying && has(Deviation::ServerErrorEndsRetries),
                ),
                _ => (false, has(Deviation::UnusualStatusIsSuccess)),
            };
            let ends = retrying && (200..=499).contains(status) && has(Deviation::RetriesAfterSuccess);
            match () {
                () if fails || ends => DeliveryOutcome::ConnectionError,
                () if succeeds => success(),
                () => outcome.clone(),
            }
        }
        outcome => outcome.clone(),
    }
}

/// The request of an attempt as it goes out.
pub(super) fn delivery(delivery: &mut Delivery, retrying: bool, deviations: Deviations) {
    let has = |deviation| deviations.has(deviation);
    if has(Deviation::ContentTypeWrong) {
        let types = delivery.headers.iter_mut().filter(|(name, _)| name == "content-type");
        types.for_each(|(_, value)| *value = "text/plain".into());
    }
    if retrying && has(Deviation::BodyChangesOnRetry) {
        delivery.body = [&delivery.body[..], b" "].concat().into();
    }
    if retrying && has(Deviation::HeadersAddedOnRetry) {
        delivery.headers.push(("x-retry".into(), "1".into()));
    }
    if retrying && has(Deviation::HeadersLostOnRetry) {
        delivery.headers = vec![("content-type".into(), "application/json".into())];
    }
}

/// The notifications of a post, in the order in which they go out.
pub(super) fn notifications(mut notifications: Vec<Document>, deviations: Deviations) -> Vec<Document> {
    let has = |deviation| deviations.has(deviation);
    if ALTERING.into_iter().any(has) {
        notifications = notifications.iter().map(|notification| altered(notification.value(), deviations)).collect();
    }
    match () {
        () if has(Deviation::BatchInReverse) => notifications.reverse(),
        () if has(Deviation::BatchIsOneNotification) && notifications.len() > 1 => {
            notifications = vec![Document::list(notifications)];
        }
        () if has(Deviation::BatchOnlyFirst) => notifications.truncate(1),
        () if has(Deviation::BatchSecondSkipped) && notifications.len() > 1 => {
            notifications.remove(1);
        }
        () if has(Deviation::NotifiedTwice) => {
            notifications =
                notifications.into_iter().flat_map(|notification| [notification.clone(), notification]).collect();
        }
        () => {}
    }
    notifications
}

/// What changes a single notification.
const ALTERING: [Deviation; 4] = [
    Deviation::BodyIsString,
    Deviation::NotificationIsBodyAlone,
    Deviation::NotificationTtlMissing,
    Deviation::QueueNameMissing,
];

fn altered(mut notification: Value, deviations: Deviations) -> Document {
    if deviations.has(Deviation::BodyIsString) {
        notification["body"] = notification["body"].to_string().into();
    }
    if deviations.has(Deviation::NotificationIsBodyAlone) {
        return notification["body"].take().into();
    }
    for (deviation, key) in [(Deviation::NotificationTtlMissing, "ttl"), (Deviation::QueueNameMissing, "queue_name")] {
        notification.as_object_mut().filter(|_| deviations.has(deviation)).and_then(|keys| keys.shift_remove(key));
    }
    notification.into()
}

/// Whether a subscriber is notified that is meant to be, or not.
pub(super) fn hears(allowed: bool, confirmed: bool, deviations: Deviations) -> bool {
    let silent = deviations.has(Deviation::UnconfirmedNeverNotified) && !confirmed;
    (allowed || deviations.has(Deviation::UnconfirmedNotified)) && !silent
}

/// What the server keeps of a confirmation.
pub(super) fn confirmed(before: bool, now: bool, deviations: Deviations) -> bool {
    match now {
        true => !deviations.has(Deviation::ConfirmationNotStored),
        false => before && deviations.has(Deviation::UnsubscribeIgnored),
    }
}

/// The confirmation as it goes out, if it does.
pub(super) fn confirmation(mut document: Value, kind: Confirmation, deviations: Deviations) -> Option<Value> {
    let has = |deviation| deviations.has(deviation);
    let unsent = match kind {
        Confirmation::Subscription => Deviation::ConfirmationNotSent,
        Confirmation::Unsubscribe => Deviation::UnsubscribeConfirmationNotSent,
    };
    if has(unsent) {
        return None;
    }
    if has(Deviation::ConfirmationTypeWrong) {
        document["Message_Type"] = "Notification".into();
    }
    if has(Deviation::ConfirmationUnsigned) {
        document.as_object_mut().and_then(|keys| keys.shift_remove("URL-Signature"));
    }
    if has(Deviation::ConfirmationPathWrong) {
        let path = document["URL-Paths"].as_str().and_then(|path| path.strip_suffix("/confirm")).map(str::to_owned);
        document["URL-Paths"] = path.into();
    }
    Some(document)
}

/// The options of a subscription as they count for a confirmation; nothing if it can't be sent.
pub(super) fn confirmation_options(subscription: &Subscription, deviations: Deviations) -> Option<Map<String, Value>> {
    let ignored = deviations.has(Deviation::ConfirmationIgnoresOptions);
    if ignored { Some(Map::new()) } else { subscription.options.as_object().cloned() }
}

/// The options of a subscription as the notifier reads them.
pub(super) fn options(mut options: Map<String, Value>, deviations: Deviations) -> Map<String, Value> {
    for (deviation, key) in [(Deviation::PostDataIgnored, "post_data"), (Deviation::PostHeadersIgnored, "post_headers")]
    {
        if deviations.has(deviation) {
            options.shift_remove(key);
        }
    }
    options
}

/// The tasks of a post, those that start now.
pub(super) fn tasks(tasks: Vec<Task>, deviations: Deviations) -> Vec<Task> {
    if deviations.has(Deviation::MessagesInterleaved) {
        return tasks.into_iter().flat_map(Task::split).collect();
    }
    let chained = deviations.has(Deviation::FailedSubscriberStopsTheOthers);
    if chained || deviations.has(Deviation::SubscribersTakeTurns) {
        let chain = |follower: Option<Task>, task: Task| Some(task.followed_by(follower));
        return tasks.into_iter().rev().fold(None, chain).into_iter().collect();
    }
    tasks
}

/// The subscription of an audience whose policy counts for one of them.
pub(super) fn asked<'a>(
    audience: &[&'a Subscription],
    subscription: &'a Subscription,
    deviations: Deviations,
) -> &'a Subscription {
    match audience.first() {
        Some(first) if deviations.has(Deviation::PolicyOfTheFirstSubscription) => first,
        _ => subscription,
    }
}

/// How long the first attempt of a task waits.
pub(super) fn first_delay(deviations: Deviations) -> Duration {
    if deviations.has(Deviation::FirstAttemptDelayed) { Duration::from_secs(5) } else { Duration::ZERO }
}

impl Model {
    /// A server without lazy creation knows only queues that were created.
    pub(super) fn refuse_planted(&self, request: &Request) -> Option<Fault> {
        let (Operation::PostMessages { queue, .. } | Operation::CreateSubscription { queue, .. }) = &request.operation
        else {
            return None;
        };
        let missing = self.queue(&request.project, queue).is_none();
        let refused = missing && self.settings.deviations.has(Deviation::LazyCreationMissing);
        refused.then(|| Fault::new(FaultKind::NotFound, format!("Queue {queue} does not exist")))
    }

    /// The subscriptions that a message of this queue reaches; `right` are those that it is meant to reach.
    pub(super) fn planted_audience<'a>(
        &'a self,
        now: Instant,
        project: &ProjectId,
        name: &QueueName,
        mut right: Vec<&'a Subscription>,
    ) -> Vec<&'a Subscription> {
        let has = |deviation| self.settings.deviations.has(deviation);
        let (projects, queues) = (has(Deviation::ProjectsShareSubscribers), has(Deviation::QueuesShareSubscribers));
        let expired = has(Deviation::ExpiredSubscriberNotified);
        if has(Deviation::SubscribersBeyondTheTenthSkipped) {
            right.truncate(PAGE);
        }
        if !(projects || queues || expired) {
            return right;
        }
        let hears = |owner: &ProjectId, other: &QueueName| (owner == project || projects) && (other == name || queues);
        let all = self
            .projects
            .iter()
            .flat_map(|(owner, queues)| queues.iter().map(move |(name, queue)| (owner, name, queue)));
        let heard = all.filter(|(owner, other, _)| hears(owner, other));
        let subscriptions = heard.flat_map(|(.., queue)| queue.subscriptions.values());
        subscriptions.filter(|other| other.is_webhook() && (expired || other.is_alive(now))).collect()
    }

    /// Lets the deliveries under way follow the policies as they are now, after a request that may have changed them.
    pub(super) fn reread_policies(&mut self, project: &ProjectId, name: &QueueName) {
        let deviations = self.settings.deviations;
        if !deviations.has(Deviation::PolicyReadAtRetry) {
            return;
        }
        let Some(queue) = self.projects.get(project).and_then(|queues| queues.get(name)) else { return };
        for task in self.tasks.values_mut().chain(self.waiting.values_mut()) {
            let same = |subscription: &&Subscription| subscription.subscriber == task.url();
            if let Some(subscription) = queue.subscriptions.values().find(same) {
                let own = subscription.options.get("_retry_policy");
                task.follow(select(queue.metadata.get("_retry_policy"), own, deviations));
            }
        }
    }
}

/// What a subscription with these old options has after they were changed.
pub(super) fn changed_options(old: &Value, new: &Value, deviations: Deviations) -> Value {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) if deviations.has(Deviation::OptionsMergedOnPatch) => {
            let merged: Map<String, Value> = old.clone().into_iter().chain(new.clone()).collect();
            json!(merged)
        }
        _ => new.clone(),
    }
}
