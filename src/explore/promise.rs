//! Takes a case, and when each of its steps was taken.
//! Gives what the documents promise of it: the status of each answer, and whom each message reaches under which schedule.
//! Never looks at an attempt, and never computes a delay: the schedules are those of `policy`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::Value;

use crate::policy::{Retry, Schedule, Selected, select, validate};
use crate::protocol::Deviations;
use crate::scenario::{Action, Capability, Case, Confirmation, PatchSubscription, Post, Subscribe};
use crate::time::{Duration, Instant};

/// A subscription or a message lives as long if it does not say how long. Source: zaqar.conf reference,
/// default_subscription_ttl and default_message_ttl.
const TTL_DEFAULT_S: u64 = 3600;
/// How long a message may be asked to live. Source: api-ref, "Post message", ttl.
const TTL_OF_MESSAGES_S: RangeInclusive<u64> = 60..=1_209_600;
/// So many messages are listed at once unless the client says otherwise. Source: api-ref, "List messages", limit.
const LISTED_MAX: usize = 10;

/// What the documents promise of a case.
#[derive(Clone, Debug, Default)]
pub struct Promise {
    /// The status of each step's answer.
    pub answers: BTreeMap<usize, u16>,
    /// Every delivery.
    pub deliveries: Vec<Promised>,
    /// Why a message does not reach a subscriber that is or was subscribed somewhere.
    pub silences: BTreeMap<(String, usize), Silence>,
    /// Every time that a subscriber is asked to confirm.
    pub confirmations: Vec<Asked>,
    /// The body and ttl of each message that a listing shows, by its step.
    pub listings: BTreeMap<usize, Vec<(Value, Value)>>,
}

/// A confirmation that is to reach a subscriber.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The subscriber's name.
    pub subscriber: String,
    /// The step whose answer names the subscription.
    pub made: usize,
    /// Which one.
    pub confirmation: Confirmation,
    /// Every retry there may be.
    pub retries: Vec<Retry>,
    /// The queue.
    pub queue: String,
    /// The options of the subscription.
    pub options: Value,
}

/// One message to one subscriber.
#[derive(Clone, Debug)]
pub struct Promised {
    /// The subscriber's name.
    pub subscriber: String,
    /// The message's number.
    pub message: usize,
    /// When it was posted.
    pub posted: Instant,
    /// The delivery it comes after: that of the message before it in its post.
    pub after: Option<usize>,
    /// Every retry there may be.
    pub retries: Vec<Retry>,
    /// The retries of the policies that were not selected.
    pub rivals: Vec<(&'static str, Vec<Retry>)>,
    /// The message's body.
    pub body: Value,
    /// How long the message is to live, in seconds.
    pub ttl: Value,
    /// The queue.
    pub queue: String,
    /// The options of the subscription.
    pub options: Value,
}

/// Why a message is not to reach a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
#[expect(missing_docs, reason = "what the subscription is, in one word")]
pub enum Silence {
    AnotherProject,
    AnotherQueue,
    Deleted,
    Expired,
    Unconfirmed,
}

type Place = (String, String);

/// A subscription as it was made.
#[derive(Clone, Debug)]
struct Subscribed {
    made: usize,
    to: String,
    place: Place,
    options: Value,
    ends: Instant,
    deleted: bool,
    confirmed: bool,
}

impl Subscribed {
    fn is_alive(&self, now: Instant) -> bool {
        !self.deleted && now < self.ends
    }

    fn silence(&self, now: Instant, place: &Place, asks: bool) -> Option<Silence> {
        match () {
            () if self.place.0 != place.0 => Some(Silence::AnotherProject),
            () if self.place != *place => Some(Silence::AnotherQueue),
            () if self.deleted => Some(Silence::Deleted),
            () if now >= self.ends => Some(Silence::Expired),
            () if asks && !self.confirmed => Some(Silence::Unconfirmed),
            () => None,
        }
    }
}

/// A message in its queue.
#[derive(Clone, Debug)]
struct Stored {
    body: Value,
    ttl: Value,
    ends: Instant,
}

/// What is known of the server while the steps are gone through.
#[derive(Default)]
struct World {
    asks: bool,
    step: usize,
    queues: BTreeMap<Place, Option<Value>>,
    subscriptions: Vec<Subscribed>,
    named: BTreeMap<String, usize>,
    stored: BTreeMap<Place, Vec<Stored>>,
    messages: usize,
    promise: Promise,
}

impl Promise {
    /// What is promised of `case`, whose steps were taken at these times.
    pub fn of(case: &Case, times: &BTreeMap<usize, Instant>) -> Self {
        let mut world = World { asks: case.needs.contains(&Capability::Confirmation), ..World::default() };
        for (index, step) in case.steps.iter().enumerate() {
            let Some(now) = times.get(&index) else { continue };
            world.step = index;
            if let Some(status) = world.take(*now, &step.action) {
                world.promise.answers.insert(index, status);
            }
        }
        world.promise
    }
}

impl World {
    /// Takes a step; its status, where the documents name one.
    fn take(&mut self, now: Instant, action: &Action) -> Option<u16> {
        match action {
            Action::PutQueue(put) => {
                let policy = put.metadata.as_ref().and_then(|metadata| metadata.get("_retry_policy").cloned());
                let place = (put.project.clone(), put.queue.clone());
                match (is_valid(policy.as_ref()), self.queues.contains_key(&place)) {
                    (false, _) => Some(400),
                    (true, true) => Some(204),
                    (true, false) => {
                        self.queues.insert(place, policy);
                        Some(201)
                    }
                }
            }
            Action::PatchQueue(patch) => {
                let policy = patch.changes.get(0).and_then(|change| change.get("value").cloned());
                let valid = is_valid(policy.as_ref());
                let stored = self.queues.get_mut(&(patch.project.clone(), patch.queue.clone()));
                Some(match stored {
                    None => 404,
                    Some(_) if !valid => 400,
                    Some(stored) => {
                        *stored = policy;
                        200
                    }
                })
            }
            Action::DeleteQueue(delete) => {
                let place = (delete.project.clone(), delete.queue.clone());
                self.queues.remove(&place);
                self.stored.remove(&place);
                let of_queue = self.subscriptions.iter_mut().filter(|subscription| subscription.place == place);
                of_queue.for_each(|subscription| subscription.deleted = true);
                Some(204)
            }
            Action::Subscribe(subscribe) => self.subscribe(now, subscribe),
            Action::Confirm(confirm) => {
                let confirmed = confirm.confirmed == Value::Bool(true);
                self.living(now, &confirm.subscription)?.confirmed = confirmed;
                if !confirmed {
                    self.ask(*self.named.get(&confirm.subscription)?, Confirmation::UnsubscribeConfirmation);
                }
                Some(204)
            }
            Action::ListMessages(list) => {
                let stored = self.stored.get(&(list.project.clone(), list.queue.clone()));
                let living = stored.into_iter().flatten().filter(|message| now < message.ends);
                let shown = living.take(LISTED_MAX).map(|message| (message.body.clone(), message.ttl.clone()));
                self.promise.listings.insert(self.step, shown.collect());
                Some(200)
            }
            Action::PatchSubscription(patch) => self.patch_subscription(now, patch),
            Action::DeleteSubscription(delete) => self.living(now, &delete.subscription).map(|subscription| {
                subscription.deleted = true;
                204
            }),
            Action::Post(post) => Some(self.post(now, post)),
            _ => None,
        }
    }

    fn patch_subscription(&mut self, now: Instant, patch: &PatchSubscription) -> Option<u16> {
        let options = patch.changes.get("options").cloned();
        let valid = is_valid(options.as_ref().and_then(|options| options.get("_retry_policy")));
        let ttl_s = patch.changes.get("ttl").and_then(Value::as_u64);
        let subscription = self.living(now, &patch.subscription)?;
        if !valid {
            return Some(400);
        }
        subscription.options = options.unwrap_or_else(|| subscription.options.clone());
        subscription.ends = ttl_s.map_or(subscription.ends, |ttl_s| now + Duration::from_secs(ttl_s));
        Some(204)
    }

    /// The subscriber is asked to confirm, where the operator wants it, by the policy that its messages would have.
    fn ask(&mut self, index: usize, confirmation: Confirmation) {
        if !self.asks {
            return;
        }
        let Subscribed { made, to, place, options, .. } = self.subscriptions[index].clone();
        let queue_policy = self.queues.get(&place).cloned().flatten();
        let selected = select(queue_policy.as_ref(), options.get("_retry_policy"), Deviations::NONE);
        let (retries, queue) = (retries(selected), place.1);
        self.promise.confirmations.push(Asked { subscriber: to, made, confirmation, retries, queue, options });
    }

    fn living(&mut self, now: Instant, name: &str) -> Option<&mut Subscribed> {
        let index = *self.named.get(name)?;
        self.subscriptions.get_mut(index).filter(|subscription| subscription.is_alive(now))
    }

    fn subscribe(&mut self, now: Instant, subscribe: &Subscribe) -> Option<u16> {
        let options = subscribe.options.clone().unwrap_or_default();
        if !is_valid(options.get("_retry_policy")) {
            return Some(400);
        }
        let place = (subscribe.project.clone(), subscribe.queue.clone());
        let to = subscribe.to.clone()?;
        let name = subscribe.name.clone().unwrap_or_else(|| to.clone());
        let twin = |other: &Subscribed| other.place == place && other.to == to && other.is_alive(now);
        if let Some(twin) = self.subscriptions.iter().position(twin) {
            if !self.asks || self.subscriptions[twin].confirmed {
                return Some(409);
            }
            // It is asked to confirm once more, and stays what it was.
            self.named.insert(name, twin);
            self.ask(twin, Confirmation::SubscriptionConfirmation);
            return Some(201);
        }
        self.queues.entry(place.clone()).or_default();
        let ttl_s = subscribe.ttl.as_ref().and_then(Value::as_u64).unwrap_or(TTL_DEFAULT_S);
        let ends = now + Duration::from_secs(ttl_s);
        let (index, made) = (self.subscriptions.len(), self.step);
        self.named.insert(name, index);
        self.subscriptions.push(Subscribed { made, to, place, options, ends, deleted: false, confirmed: false });
        self.ask(index, Confirmation::SubscriptionConfirmation);
        Some(201)
    }

    fn post(&mut self, now: Instant, post: &Post) -> u16 {
        let place = (post.project.clone(), post.queue.clone());
        let first = self.messages;
        self.messages += post.messages.len();
        let lives = post.messages.iter().map(|message| lives_s(message.ttl.as_ref()));
        let Some(lives) = lives.collect::<Option<Vec<u64>>>() else { return 400 };
        let queue_policy = self.queues.entry(place.clone()).or_default().clone();
        let stored = post.messages.iter().zip(&lives).map(|(message, ttl_s)| Stored {
            body: message.body.clone(),
            ttl: (*ttl_s).into(),
            ends: now + Duration::from_secs(*ttl_s),
        });
        self.stored.entry(place.clone()).or_default().extend(stored);
        for subscription in &self.subscriptions {
            if let Some(silence) = subscription.silence(now, &place, self.asks) {
                let silent = (first..self.messages).map(|message| (subscription.to.clone(), message));
                for key in silent {
                    self.promise.silences.entry(key).or_insert(silence);
                }
                continue;
            }
            let own = subscription.options.get("_retry_policy");
            let retries = retries(select(queue_policy.as_ref(), own, Deviations::NONE));
            let rivals = rivals(queue_policy.as_ref(), own, &retries);
            for ((message, posted), ttl_s) in (first..).zip(&post.messages).zip(&lives) {
                let after = (message > first).then(|| self.promise.deliveries.len() - 1);
                self.promise.deliveries.push(Promised {
                    subscriber: subscription.to.clone(),
                    message,
                    posted: now,
                    after,
                    retries: retries.clone(),
                    rivals: rivals.clone(),
                    body: posted.body.clone(),
                    ttl: (*ttl_s).into(),
                    queue: post.queue.clone(),
                    options: subscription.options.clone(),
                });
            }
        }
        201
    }
}

/// How long a message lives; nothing if it may not be asked to.
fn lives_s(ttl: Option<&Value>) -> Option<u64> {
    match ttl {
        None => Some(TTL_DEFAULT_S),
        Some(ttl) => ttl.as_u64().filter(|ttl_s| TTL_OF_MESSAGES_S.contains(ttl_s)),
    }
}

fn is_valid(policy: Option<&Value>) -> bool {
    policy.is_none_or(|policy| validate(policy, Deviations::NONE).is_ok())
}

fn retries(selected: Selected) -> Vec<Retry> {
    Schedule::new(selected, Deviations::NONE).filter_map(Result::ok).collect()
}

/// The schedules that a wrong selection would lead to, where they can be told from the right one.
fn rivals(queue: Option<&Value>, own: Option<&Value>, right: &[Retry]) -> Vec<(&'static str, Vec<Retry>)> {
    let of = |policy: Option<&Value>| policy.and_then(Value::as_object).cloned().map(Selected::Policy);
    let candidates =
        [("the queue's", of(queue)), ("the subscription's", of(own)), ("the default", Some(Selected::defaults()))];
    let drawn = candidates.into_iter().filter_map(|(name, policy)| Some((name, retries(policy?))));
    drawn.filter(|(_, drawn)| drawn != right).collect()
}
