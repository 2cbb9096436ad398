//! Takes the subscriptions of one queue.
//! Gives them back by id, and lets go of those that have expired.
//! Never walks over those that live.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use super::subscriptions::Subscription;
use crate::protocol::{Deviation, Deviations, SubscriptionId};
use crate::time::Instant;

/// What a server can only do while it remembers expired subscriptions.
const REMEMBERING: [Deviation; 4] = [
    Deviation::ExpiredSubscriberNotified,
    Deviation::ExpiredSubscriptionFailsCreation,
    Deviation::ExpiredSubscriptionListed,
    Deviation::ExpiredSubscriptionsHideOthers,
];

/// The subscriptions of a queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Subscriptions {
    stored: BTreeMap<SubscriptionId, Subscription>,
    /// When each expires.
    ends: BTreeSet<(Instant, SubscriptionId)>,
}

impl Subscriptions {
    pub(super) fn insert(&mut self, id: SubscriptionId, subscription: Subscription) {
        self.remove(&id);
        self.ends.insert((subscription.ends(), id.clone()));
        self.stored.insert(id, subscription);
    }

    /// Changes one, and with it when it expires.
    pub(super) fn change(&mut self, id: &SubscriptionId, change: impl FnOnce(&mut Subscription)) {
        if let Some(mut subscription) = self.remove(id) {
            change(&mut subscription);
            self.insert(id.clone(), subscription);
        }
    }

    pub(super) fn remove(&mut self, id: &SubscriptionId) -> Option<Subscription> {
        let (id, subscription) = self.stored.remove_entry(id)?;
        self.ends.remove(&(subscription.ends(), id));
        Some(subscription)
    }

    pub(super) fn pop_first(&mut self) -> Option<Subscription> {
        let id = self.stored.keys().next()?.clone();
        self.remove(&id)
    }

    /// Lets go of at most `most` that have expired; says whether that was enough.
    pub(super) fn advance(&mut self, now: Instant, deviations: Deviations, most: usize) -> bool {
        if REMEMBERING.into_iter().any(|deviation| deviations.has(deviation)) {
            return true;
        }
        for _ in 0..most {
            match self.ends.first() {
                Some((end, _)) if *end <= now => {}
                _ => return true,
            }
            let (_, id) = self.ends.pop_first().expect("there is a first");
            self.stored.remove(&id);
        }
        false
    }
}

impl Deref for Subscriptions {
    type Target = BTreeMap<SubscriptionId, Subscription>;

    fn deref(&self) -> &Self::Target {
        &self.stored
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::{Model, Settings};
    use crate::protocol::{Deviation, Deviations, Operation, ProjectId, QueueName, Request};
    use crate::time::{Duration, Instant};

    /// How many of ten thousand subscriptions are left when they have expired and others have asked for other things.
    fn check(deviations: Deviations, expected: usize) {
        let mut model = Model::new(Settings::new(deviations));
        let mut ask = |seconds, operation| {
            let project = ProjectId::parse("p").expect("it is one");
            model.handle(Instant::after_start(Duration::from_secs(seconds)), Request::new(project, operation));
            model.counts().subscriptions
        };
        for number in 0..10_000 {
            let queue = QueueName::parse(&format!("q{}", number % 10)).expect("it is one");
            let document = json!({"subscriber": format!("http://hook{number}.test/"), "ttl": 60});
            ask(0, Operation::CreateSubscription { queue, document: Some(document) });
        }
        assert_eq!(ask(59, Operation::Ping), 10_000);
        let left = (0..200).map(|_| ask(60, Operation::Ping)).last();
        assert_eq!(left, Some(expected));
    }

    #[test]
    fn expired_subscriptions_of_idle_queues_are_cleared_away_unless_a_server_remembers_them() {
        check(Deviations::NONE, 0);
        check(Deviations::NONE.with(Deviation::ExpiredSubscriptionsHideOthers), 10_000);
    }
}
