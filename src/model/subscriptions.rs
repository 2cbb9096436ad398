//! Takes requests about subscriptions.
//! Gives them created, described, changed and deleted; one queue has one subscription for each subscriber.
//! Never keeps one past its time to live.

use std::ops::Bound;

use serde_json::{Map, Value, json};

use super::confirmation::Confirmation;
use super::page::{LIMIT_TEXT, limit, links};
use super::queues::Queue;
use super::subscription_document::{Wish, already_exists, could_not, crashed};
use super::{Caller, Model, Settings, done, invalid, planted};
use crate::protocol::{Deviation, Fault, FaultKind, Page, ProjectId, QueueName, Reply, SubscriptionId, Transport};
use crate::time::{Duration, Instant};

/// The schemes that a subscriber can be reached by. Source: zaqar.conf reference, subscriber_types.
const SCHEMES: [&str; 5] = ["http", "https", "mailto", "trust+http", "trust+https"];

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
        now < self.ends()
    }

    pub(super) fn ends(&self) -> Instant {
        self.born + Duration::from_secs(self.ttl_s.unsigned_abs())
    }

    pub(super) fn is_webhook(&self) -> bool {
        matches!(scheme(&self.subscriber).as_str(), "http" | "https") || self.is_trust()
    }

    pub(super) fn is_mail(&self) -> bool {
        scheme(&self.subscriber) == "mailto"
    }

    /// Whether requests to the subscriber are to carry a token that a trust gives.
    pub(super) fn is_trust(&self) -> bool {
        scheme(&self.subscriber).starts_with("trust+")
    }

    /// Whether there is a way at all; only a server that accepts any text has others.
    pub(super) fn is_reachable(&self) -> bool {
        SCHEMES.contains(&scheme(&self.subscriber).as_str())
    }

    /// Where requests go. There is no Keystone here that could give a token for a trust, so they go without one.
    pub(super) fn url(&self) -> String {
        let start = if self.is_trust() { "trust+".len() } else { 0 };
        self.subscriber[start..].to_owned()
    }

    /// Whether a message is to reach the subscriber. Source: The Subscription Confirm Guide, step 4.
    pub(super) fn hears(&self, settings: &Settings) -> bool {
        let allowed = self.confirmed || !settings.options.require_confirmation;
        (self.is_webhook() || self.is_mail()) && planted::hears(allowed, self.confirmed, settings.deviations)
    }

    fn document(&self, now: Instant, id: &SubscriptionId, queue: &QueueName) -> Value {
        json!({
            "id": id.as_str(), "source": queue.as_str(), "subscriber": self.subscriber, "ttl": self.ttl_s,
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
        let deviations = self.settings.deviations;
        let http = caller.transport == Transport::Http;
        if http && deviations.has(Deviation::RefusedSubscriptionCreatesQueue) {
            self.queue_or_new(project, queue.clone());
        }
        let missing = "Missing parameter subscriber in body.";
        let document = match document {
            Some(Value::Array(_)) if deviations.has(Deviation::OddSubscriptionCrashes) => return Err(crashed()),
            document => document.unwrap_or_default(),
        };
        let keys =
            document.as_object().filter(|keys| keys.contains_key("subscriber")).ok_or_else(|| invalid(missing))?;
        let wish = Wish::read(&self.settings, now, keys, Deviation::SubscriptionPostNotValidated, &crashed)?;
        let subscription = self.new_subscription(now, wish)?;
        if self.stumbles(now, project, &queue, &subscription.subscriber) {
            return Err(crashed());
        }
        let location = format!("{}/subscriptions", queue.path());
        let (lasts_s, options) = (subscription.ttl_s, &self.settings.options);
        let accepts = options.require_confirmation || http && deviations.has(Deviation::DuplicateSubscriptionAccepted);
        let id = match self.find_twin(now, project, &queue, &subscription.subscriber) {
            Some((id, false)) if accepts => {
                if deviations.has(Deviation::ConfirmationNotSentAgain) {
                    return Ok(created(&id, location));
                }
                id
            }
            Some(_) if !deviations.has(Deviation::DuplicateSubscriptionAdded) => {
                return Err(already_exists("").at(location));
            }
            _ => {
                let id = SubscriptionId::new(self.ids.uuid());
                self.queue_or_new(project, queue.clone()).subscriptions.insert(id.clone(), subscription);
                if lasts_s == 0 && http {
                    // It has expired at once, and is not found again.
                    return Err(Fault::new(FaultKind::Internal, format!("Subscription {id} does not exist")));
                }
                id
            }
        };
        self.send_confirmation(caller, &queue, &id, Confirmation::Subscription, lasts_s);
        Ok(created(&id, location))
    }

    fn new_subscription(&self, now: Instant, wish: Wish) -> Result<Subscription, Fault> {
        let subscription = Subscription {
            subscriber: wish.subscriber.filter(|subscriber| !subscriber.is_empty()).ok_or_else(crashed)?,
            options: wish.options.unwrap_or_else(|| json!({})),
            ttl_s: wish.ttl_s.unwrap_or(self.settings.options.default_subscription_ttl),
            born: now,
            confirmed: self.settings.deviations.has(Deviation::SubscriptionBornConfirmed),
        };
        let trusts = subscription.is_trust() && subscription.options.get("trust_id").is_none();
        if wish.crashes || trusts && self.settings.deviations.has(Deviation::TrustNeedsKeystone) {
            return Err(crashed());
        }
        Ok(subscription)
    }

    pub(super) fn update_subscription(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        id: &SubscriptionId,
        document: Option<Value>,
    ) -> Result<Reply, Fault> {
        let deviations = self.settings.deviations;
        let failed = || could_not(FaultKind::UnableToUpdate, id, "updated");
        let document = document.unwrap_or_default();
        let keys = match &document {
            Value::Array(items) if !items.is_empty() => return Err(invalid("Subscriptions must be a dict.")),
            Value::Object(keys) if !keys.is_empty() => {
                without_nulls(keys, deviations.has(Deviation::OddSubscriptionCrashes))
            }
            _ => return Err(invalid("No subscription to create.")),
        };
        let wish = Wish::read(&self.settings, caller.now, &keys, Deviation::SubscriptionPatchNotValidated, &failed)?;
        let taken = ["project", "queue", "subscription_id"].iter().any(|key| keys.contains_key(*key));
        if wish.is_empty() || taken && deviations.has(Deviation::OddSubscriptionCrashes) {
            return Err(failed());
        }
        let old = self.live_subscription(caller, queue, id)?.subscriber.clone();
        let moves = wish.subscriber.as_ref().filter(|subscriber| **subscriber != old && !subscriber.is_empty());
        if let Some(subscriber) = moves {
            if self.stumbles(caller.now, &caller.project, queue, subscriber) {
                return Err(failed());
            }
            if self.find_twin(caller.now, &caller.project, queue, subscriber).is_some() {
                return Err(already_exists(" "));
            }
        }
        if wish.crashes {
            return Err(failed());
        }
        let asked_again = moves.is_some()
            && self.settings.options.require_confirmation
            && !deviations.has(Deviation::MovedSubscriberStaysConfirmed);
        let now = caller.now;
        let mut lasts_s = 0;
        self.change_subscription(caller, queue, id, |subscription| {
            if let Some(subscriber) = wish.subscriber.filter(|_| !deviations.has(Deviation::PatchedSubscriberNotUsed)) {
                subscription.subscriber = subscriber;
            }
            if let Some(options) = wish.options {
                subscription.options = planted::changed_options(&subscription.options, &options, deviations);
            }
            if let Some(ttl_s) = wish.ttl_s.filter(|_| !deviations.has(Deviation::PatchedTtlIgnored)) {
                (subscription.ttl_s, subscription.born) = (ttl_s, now);
            }
            // The new subscriber has agreed to nothing yet.
            subscription.confirmed &= !asked_again;
            lasts_s = subscription.ttl_s;
        })?;
        if asked_again {
            self.send_confirmation(caller, queue, id, Confirmation::Subscription, lasts_s);
        }
        self.reread_policies(&caller.project, queue);
        Ok(done(204, Some(format!("{}/subscriptions/{id}", queue.path())), None))
    }

    pub(super) fn show_subscription(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        id: &SubscriptionId,
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
        let limit = limit(page.limit, self.settings.options.max_subscriptions_per_page, LIMIT_TEXT)?;
        let marker = page.marker.as_deref().map(SubscriptionId::of_text);
        let shown: Vec<(&SubscriptionId, Value)> = self
            .subscriptions_page(now, &caller.project, queue, marker.as_ref(), limit)
            .into_iter()
            .map(|(id, subscription)| (id, subscription.document(now, id, queue)))
            .collect();
        let path = format!("{}/subscriptions", queue.path());
        let links = links(&path, page, &[], shown.last().map(|(id, _)| id));
        let subscriptions: Vec<Value> = shown.into_iter().map(|(_, document)| document).collect();
        Ok(done(200, None, Some(json!({ "subscriptions": subscriptions, "links": links }))))
    }

    /// Up to `limit` live subscriptions after a marker, in the order of their ids.
    fn subscriptions_page(
        &self,
        now: Instant,
        project: &ProjectId,
        queue: &QueueName,
        marker: Option<&SubscriptionId>,
        limit: usize,
    ) -> Vec<(&SubscriptionId, &Subscription)> {
        let has = |deviation| self.settings.deviations.has(deviation);
        let orphaned = || self.orphans.get(&(project.clone(), queue.clone()));
        let Some(Queue { subscriptions: stored, .. }) = self.queue(project, queue).or_else(orphaned) else {
            return Vec::new();
        };
        // Not the same as marker-looked-up-by-rank, though the reference looks for ranks here too: of subscriptions the first
        // is told from none, so who mends that for queues and messages has not mended this, nor the other way round.
        let known = |marker: &&SubscriptionId| stored.contains_key(marker) || !has(Deviation::UnknownMarkerRestarts);
        let start = marker.filter(known).map_or(Bound::Unbounded, Bound::Excluded);
        let all = has(Deviation::ExpiredSubscriptionListed);
        let is_shown = |(_, subscription): &(&SubscriptionId, &Subscription)| all || subscription.is_alive(now);
        let rest = stored.range::<SubscriptionId, _>((start, Bound::Unbounded));
        if has(Deviation::ExpiredSubscriptionsHideOthers) {
            return rest.take(limit).filter(is_shown).collect();
        }
        rest.filter(is_shown).take(limit).collect()
    }

    /// Every live subscription of a queue, as the notifier finds them.
    pub(super) fn subscriptions_to_notify(
        &self,
        now: Instant,
        project: &ProjectId,
        queue: &QueueName,
    ) -> Vec<&Subscription> {
        const PAGE: usize = 10;
        let mut found: Vec<(&SubscriptionId, &Subscription)> = Vec::new();
        loop {
            let page = self.subscriptions_page(now, project, queue, found.last().map(|(id, _)| *id), PAGE);
            if page.is_empty() {
                return found.into_iter().map(|(_, subscription)| subscription).collect();
            }
            found.extend(page);
        }
    }

    pub(super) fn delete_subscription(&mut self, caller: &Caller, queue: &QueueName, id: &SubscriptionId) -> Reply {
        let ignored = self.settings.deviations.has(Deviation::SubscriptionDeleteIgnored);
        if let Some(stored) = self.queue_mut(&caller.project, queue).filter(|_| !ignored) {
            stored.subscriptions.remove(id);
        }
        done(204, None, None)
    }

    pub(super) fn confirm_subscription(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        id: &SubscriptionId,
        document: Option<Value>,
    ) -> Result<Reply, Fault> {
        let deviations = self.settings.deviations;
        if matches!(document, Some(Value::Array(_))) && deviations.has(Deviation::OddSubscriptionCrashes) {
            return Err(could_not(FaultKind::UnableToConfirm, id, "confirmed"));
        }
        let confirmed = document.as_ref().and_then(|document| document.get("confirmed")?.as_bool());
        let confirmed = confirmed.ok_or_else(|| invalid("The 'confirmed' should be boolean."))?;
        self.change_subscription(caller, queue, id, |subscription| {
            subscription.confirmed = planted::confirmed(subscription.confirmed, confirmed, deviations);
        })?;
        if !confirmed {
            let lasts_s = self.settings.options.default_subscription_ttl;
            self.send_confirmation(caller, queue, id, Confirmation::Unsubscribe, lasts_s);
        }
        Ok(done(204, Some(format!("{}/subscriptions/{id}/confirm", queue.path())), None))
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
        let expired = first.filter(|(_, other)| !other.is_alive(now)).map(|(id, _)| id.clone());
        expired.is_some_and(|id| stored.subscriptions.remove(&id).is_some())
    }

    fn change_subscription(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        id: &SubscriptionId,
        change: impl FnOnce(&mut Subscription),
    ) -> Result<(), Fault> {
        self.live_subscription(caller, queue, id)?;
        if let Some(stored) = self.queue_mut(&caller.project, queue) {
            stored.subscriptions.change(id, change);
        }
        Ok(())
    }

    fn live_subscription(
        &self,
        caller: &Caller,
        queue: &QueueName,
        id: &SubscriptionId,
    ) -> Result<&Subscription, Fault> {
        self.queue(&caller.project, queue)
            .and_then(|stored| stored.subscriptions.get(id))
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
        stored.subscriptions.iter().find(|(_, other)| same(other)).map(|(id, other)| (id.clone(), other.confirmed))
    }
}

/// `null` changes nothing; the reference has looked at the key before it leaves it out.
fn without_nulls(keys: &Map<String, Value>, crashes: bool) -> Map<String, Value> {
    let mut keys = keys.clone();
    if crashes {
        keys.retain(|key, value| !value.is_null() || !["subscriber", "ttl", "options"].contains(&key.as_str()));
    }
    keys
}

fn created(id: &SubscriptionId, location: String) -> Reply {
    done(201, Some(location), Some(json!({ "subscription_id": id.as_str() })))
}

pub(super) fn scheme(uri: &str) -> String {
    uri.split_once(':').map(|(scheme, _)| scheme.to_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Deviations, Operation, Request};

    /// How many of fourteen subscriptions are on the first page, and how many are notified of a post, when the first so
    /// many in the order of their ids have expired.
    fn check(deviations: Deviations, expired: usize, expected: (usize, usize)) {
        // The ids come from the seed, so a second model gives the same ones: who comes first is known beforehand.
        let mut order = subscribe(&mut Model::new(Settings::new(deviations)), |_| 3600);
        order.sort();
        let mut model = Model::new(Settings::new(deviations));
        let again =
            subscribe(
                &mut model,
                |number| {
                    if order[..expired].iter().any(|(_, first)| *first == number) { 60 } else { 3600 }
                },
            );
        assert!(again.iter().all(|one| order.contains(one)), "the ids are the same");
        let later = Instant::after_start(Duration::from_secs(61));
        let page = Operation::ListSubscriptions { queue: queue(), page: Page::default() };
        let Reply::Done { body: Some(page), .. } = ask(&mut model, later, page) else { panic!("a list is answered") };
        let document = Some(json!({"messages": [{"body": 1}]}));
        ask(&mut model, later, Operation::PostMessages { queue: queue(), document, size: 30 });
        let shown = page.value()["subscriptions"].as_array().map_or(0, Vec::len);
        assert_eq!((shown, model.deliveries_ready()), expected, "{expired} expired");
    }

    /// Makes fourteen subscriptions, each with the ttl of its number, and gives their ids and numbers.
    fn subscribe(model: &mut Model, ttl_s: impl Fn(usize) -> u32) -> Vec<(String, usize)> {
        let one = |number| {
            let document = json!({"subscriber": format!("http://hook{number}.test/"), "ttl": ttl_s(number)});
            let create = Operation::CreateSubscription { queue: queue(), document: Some(document) };
            let Reply::Done { body: Some(body), .. } = ask(model, Instant::START, create) else {
                panic!("a subscription is made")
            };
            (body.value()["subscription_id"].as_str().expect("it has an id").to_owned(), number)
        };
        (0..14).map(one).collect()
    }

    fn ask(model: &mut Model, now: Instant, operation: Operation) -> Reply {
        model.handle(now, Request::new(ProjectId::parse("p").expect("it is one"), operation))
    }

    fn queue() -> QueueName {
        QueueName::parse("q").expect("it is one")
    }

    #[test]
    fn expired_subscriptions_hide_no_other() {
        let none = Deviations::NONE;
        check(none, 0, (10, 14));
        check(none, 9, (5, 5));
        check(none, 10, (4, 4));
    }

    /// Observed: zaqar 23.0.1. A page is cut before the expired are left out, and an empty one is taken for the last.
    #[test]
    fn a_page_of_expired_subscriptions_ends_list_and_notification_under_the_deviation() {
        let hides = Deviations::NONE.with(Deviation::ExpiredSubscriptionsHideOthers);
        check(hides, 0, (10, 14));
        check(hides, 9, (1, 5));
        check(hides, 10, (0, 0));
    }
}
