//! Takes requests about subscriptions.
//! Gives them created, described, changed and deleted; one queue has one subscription for each subscriber.
//! Never keeps one past its time to live.

use serde_json::{Map, Value, json};

use super::queues::after;
use super::{Caller, Model, done, invalid, planted};
use crate::policy::{self, Refusal};
use crate::protocol::{Deviation, Fault, FaultKind, Page, ProjectId, QueueName, Reply, SubscriptionId};
use crate::time::{Duration, Instant};

/// Seconds a subscription lives unless it says otherwise, and at least. Source: api-ref, "Create Subscription";
/// observed: zaqar 23.0.1.
const DEFAULT_TTL_S: i64 = 3600;
const TTL_MIN_S: i64 = 60;
/// The last second that a subscription may live to, from the epoch the reference counts in.
const TTL_MAX_S: i64 = 250_000_000_000;

/// The schemes a subscriber may have. Observed: zaqar 23.0.1.
const SCHEMES: [&str; 5] = ["http", "https", "mailto", "trust+http", "trust+https"];
const SCHEMES_TEXT: &str = "The subscriber type of subscription must be supported in the list \
                            ['http', 'https', 'mailto', 'trust+http', 'trust+https'].";

/// A stored subscription.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) subscriber: String,
    pub(super) options: Value,
    ttl_s: i64,
    born: Instant,
    confirmed: bool,
}

impl Subscription {
    pub(super) fn is_alive(&self, now: Instant) -> bool {
        now.since(self.born) < Duration::from_secs(self.ttl_s.unsigned_abs())
    }

    pub(super) fn is_webhook(&self) -> bool {
        matches!(scheme(&self.subscriber).as_str(), "http" | "https")
    }

    fn document(&self, now: Instant, id: SubscriptionId, queue: &QueueName) -> Value {
        json!({
            "id": id.to_string(), "source": queue.as_str(), "subscriber": self.subscriber, "ttl": self.ttl_s,
            "age": now.since(self.born).as_secs(), "options": self.options, "confirmed": self.confirmed,
        })
    }
}

impl Model {
    pub(super) fn create_subscription(
        &mut self,
        caller: &Caller,
        queue: QueueName,
        document: Option<Value>,
    ) -> Result<Reply, Fault> {
        let Caller { now, ref project, .. } = *caller;
        if self.settings.deviations.has(Deviation::RefusedSubscriptionCreatesQueue) {
            self.queue_or_new(project, queue.clone());
        }
        let keys = document.unwrap_or_default();
        let keys = keys
            .as_object()
            .filter(|keys| !keys.is_empty())
            .ok_or_else(|| invalid("Missing parameter subscriber in body."))?;
        let subscriber = keys.get("subscriber").ok_or_else(|| invalid("Missing parameter subscriber in body."))?;
        self.check_fields(keys, Deviation::SubscriptionPostNotValidated)
            .map_err(|refusal| refusal.fault(Crashed::create()))?;
        let subscription = Subscription {
            subscriber: subscriber.as_str().map(str::to_owned).ok_or_else(Crashed::create)?,
            options: keys.get("options").cloned().unwrap_or_else(|| json!({})),
            ttl_s: ttl_s(keys.get("ttl"))?.unwrap_or(DEFAULT_TTL_S),
            born: now,
            confirmed: false,
        };
        if subscription.ttl_s == 0 {
            // It is stored, has expired at once, and is not found again.
            let id = SubscriptionId::new(self.ids.uuid());
            return Err(Fault::new(FaultKind::Internal, format!("Subscription {id} does not exist")));
        }
        if self.stumbles(now, project, &queue, &subscription.subscriber) {
            return Err(Crashed::create());
        }
        let location = Some(format!("/v2/queues/{queue}/subscriptions"));
        let twin = self.find_twin(now, project, &queue, &subscription.subscriber);
        let id = match twin {
            Some((id, false)) if self.settings.deviations.has(Deviation::DuplicateSubscriptionAccepted) => id,
            Some(_) if !self.settings.deviations.has(Deviation::DuplicateSubscriptionAdded) => {
                return Err(already_exists(""));
            }
            _ => {
                let id = SubscriptionId::new(self.ids.uuid());
                self.queue_or_new(project, queue).subscriptions.insert(id, subscription);
                id
            }
        };
        Ok(done(201, location, Some(json!({ "subscription_id": id.to_string() }))))
    }

    pub(super) fn update_subscription(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        id: SubscriptionId,
        document: Option<Value>,
    ) -> Result<Reply, Fault> {
        let document = document.unwrap_or_default();
        let keys = document
            .as_object()
            .filter(|keys| !keys.is_empty())
            .ok_or_else(|| invalid("No subscription to create."))?;
        let failed = || Fault::new(FaultKind::UnableToUpdate, format!("Subscription {id} could not be updated."));
        let mut checked = keys.clone();
        if self.settings.deviations.has(Deviation::EmptySubscriberStopsPosts) {
            checked.retain(|key, value| key != "subscriber" || *value != "");
        }
        self.check_fields(&checked, Deviation::SubscriptionPatchNotValidated)
            .map_err(|refusal| refusal.fault(failed()))?;
        if !["subscriber", "ttl", "options"].iter().any(|key| keys.get(*key).is_some_and(|value| !value.is_null())) {
            return Err(failed());
        }
        let deviations = self.settings.deviations;
        let path = format!("/v2/queues/{queue}/subscriptions/{id}");
        let subscriber = keys.get("subscriber").and_then(Value::as_str);
        let twin = subscriber.and_then(|subscriber| self.find_twin(caller.now, &caller.project, queue, subscriber));
        let subscription = self.live_subscription(caller, queue, id)?;
        if twin.is_some_and(|(other, _)| other != id) {
            return Err(already_exists(" "));
        }
        if let Some(subscriber) = subscriber.filter(|_| !deviations.has(Deviation::PatchedSubscriberNotUsed)) {
            subscription.subscriber = subscriber.into();
        }
        if let Some(options) = keys.get("options").filter(|options| !options.is_null()) {
            subscription.options = planted::changed_options(&subscription.options, options, deviations);
        }
        if let Some(ttl_s) = ttl_s(keys.get("ttl"))?.filter(|_| !deviations.has(Deviation::PatchedTtlIgnored)) {
            (subscription.ttl_s, subscription.born) = (ttl_s, caller.now);
        }
        self.reread_policies(&caller.project, queue);
        Ok(done(204, Some(path), None))
    }

    pub(super) fn show_subscription(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        id: SubscriptionId,
    ) -> Result<Reply, Fault> {
        let document = self.live_subscription(caller, queue, id)?.document(caller.now, id, queue);
        Ok(done(200, None, Some(document)))
    }

    pub(super) fn list_subscriptions(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        page: &Page,
    ) -> Result<Reply, Fault> {
        let now = caller.now;
        let limit = super::queues::limit(page, "Limit must be at least 1 and may not be greater than 20.")?;
        let marker = page.marker.as_deref().and_then(SubscriptionId::parse);
        let all = self.settings.deviations.has(Deviation::ExpiredSubscriptionListed);
        let entries: Vec<(SubscriptionId, Value)> = self
            .queue(&caller.project, queue)
            .into_iter()
            .flat_map(|stored| stored.subscriptions.range(after(marker)))
            .filter(|(_, subscription)| all || subscription.is_alive(now))
            .take(limit)
            .map(|(id, subscription)| (*id, subscription.document(now, *id, queue)))
            .collect();
        let path = format!("/v2/queues/{queue}/subscriptions");
        let links = super::queues::links(&path, page, &[], entries.last().map(|(id, _)| id));
        let subscriptions: Vec<Value> = entries.into_iter().map(|(_, document)| document).collect();
        Ok(done(200, None, Some(json!({ "subscriptions": subscriptions, "links": links }))))
    }

    pub(super) fn delete_subscription(&mut self, caller: &Caller, queue: &QueueName, id: SubscriptionId) -> Reply {
        let ignored = self.settings.deviations.has(Deviation::SubscriptionDeleteIgnored);
        if let Some(stored) = self.queue_mut(&caller.project, queue).filter(|_| !ignored) {
            stored.subscriptions.remove(&id);
        }
        done(204, None, None)
    }

    pub(super) fn confirm_subscription(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        id: SubscriptionId,
        document: Option<Value>,
    ) -> Result<Reply, Fault> {
        let confirmed = document.as_ref().and_then(|document| document.get("confirmed")?.as_bool());
        let confirmed = confirmed.ok_or_else(|| invalid("The 'confirmed' should be boolean."))?;
        let path = format!("/v2/queues/{queue}/subscriptions/{id}/confirm");
        let forgotten = self.settings.deviations.has(Deviation::ConfirmationNotStored);
        let subscription = self.live_subscription(caller, queue, id)?;
        subscription.confirmed = confirmed && !forgotten;
        Ok(done(204, Some(path), None))
    }

    /// Whether the search for a twin meets a subscription that has expired, and breaks down over it, but once: the
    /// search forgets it on the way. Observed: zaqar 23.0.1.
    fn stumbles(&mut self, now: Instant, project: &ProjectId, queue: &QueueName, subscriber: &str) -> bool {
        if !self.settings.deviations.has(Deviation::ExpiredSubscriptionFailsCreation) {
            return false;
        }
        let Some(stored) = self.queue_mut(project, queue) else { return false };
        let first =
            stored.subscriptions.iter().find(|(_, other)| !other.is_alive(now) || other.subscriber == subscriber);
        let expired = first.filter(|(_, other)| !other.is_alive(now)).map(|(id, _)| *id);
        expired.is_some_and(|id| stored.subscriptions.remove(&id).is_some())
    }

    fn live_subscription(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        id: SubscriptionId,
    ) -> Result<&mut Subscription, Fault> {
        self.queue_mut(&caller.project, queue)
            .and_then(|stored| stored.subscriptions.get_mut(&id))
            .filter(|subscription| subscription.is_alive(caller.now))
            .ok_or_else(|| Fault::new(FaultKind::NotFound, format!("Subscription {id} does not exist")))
    }

    /// The live subscription of the same subscriber, and whether it is confirmed.
    fn find_twin(
        &self,
        now: Instant,
        project: &ProjectId,
        queue: &QueueName,
        subscriber: &str,
    ) -> Option<(SubscriptionId, bool)> {
        let stored = self.queue(project, queue)?;
        let same = |subscription: &Subscription| subscription.subscriber == subscriber && subscription.is_alive(now);
        stored.subscriptions.iter().find(|(_, other)| same(other)).map(|(id, other)| (*id, other.confirmed))
    }

    /// Checks what creating and changing have in common, in the order of the reference. Source: commit, api-ref.
    fn check_fields(&self, keys: &Map<String, Value>, unchecked: Deviation) -> Result<(), Refusal> {
        let deviations = self.settings.deviations;
        if let Some(subscriber) = keys.get("subscriber") {
            check_subscriber(subscriber)?;
        }
        if let Some(options) = keys.get("options") {
            let falsy = policy::is_falsy(options) && deviations.has(Deviation::FalsyOptionsAccepted);
            if !options.is_object() && !falsy {
                return Err(Refusal::Invalid("Options must be a dict.".into()));
            }
            let policy = options.get("_retry_policy").filter(|_| !deviations.has(unchecked));
            policy.map_or(Ok(()), |policy| policy::validate(policy, deviations))?;
        }
        match keys.get("ttl").map(|ttl| (ttl, ttl.as_i64())) {
            None => Ok(()),
            Some((_, None)) => Err(Refusal::Invalid("TTL must be an integer.".into())),
            Some((_, Some(0))) if deviations.has(Deviation::SubscriptionTtlZeroCrashes) => Ok(()),
            Some((_, Some(ttl_s))) if ttl_s < TTL_MIN_S => {
                Err(Refusal::Invalid("The TTL for a subscription must be at least 60 seconds long.".into()))
            }
            Some((_, Some(ttl_s))) if ttl_s > TTL_MAX_S => Err(Refusal::Invalid(
                "The TTL seconds for a subscription plus current time must be less than 9999-12-31 23:59:59.999999."
                    .into(),
            )),
            Some(_) => Ok(()),
        }
    }
}

/// What a client sees where the reference implementation breaks down. Observed: zaqar 23.0.1.
struct Crashed;

impl Crashed {
    fn create() -> Fault {
        Fault::new(
            FaultKind::ServiceUnavailable,
            "Subscription could not be created. Please try again in a few seconds.",
        )
    }
}

impl Refusal {
    fn fault(self, crashed: Fault) -> Fault {
        match self {
            Self::Invalid(text) => invalid(text),
            Self::Crash(_) => crashed,
        }
    }
}

fn check_subscriber(subscriber: &Value) -> Result<(), Refusal> {
    let known = subscriber.as_str().is_some_and(|uri| SCHEMES.contains(&scheme(uri).as_str()));
    if known { Ok(()) } else { Err(Refusal::Invalid(SCHEMES_TEXT.into())) }
}

fn scheme(uri: &str) -> String {
    uri.split_once(':').map(|(scheme, _)| scheme.to_lowercase()).unwrap_or_default()
}

/// The ttl a client asked for; checked before.
fn ttl_s(ttl: Option<&Value>) -> Result<Option<i64>, Fault> {
    ttl.map(|ttl| ttl.as_i64().ok_or_else(|| invalid("TTL must be an integer."))).transpose()
}

/// What creating and changing a subscription answer differs by the blank between the sentences. Observed: zaqar 23.0.1.
fn already_exists(blank: &str) -> Fault {
    let unique = "Subscriptions are unique by project + queue + subscriber URI.";
    Fault::new(FaultKind::Conflict, format!("Such subscription already exists.{blank}{unique}"))
}
