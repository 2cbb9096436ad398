//! Takes an id where that of a message belongs.
//! Gives what else it names, for servers that find everything under one kind of key.
//! Never looks for it unless a deviation says so.

use uuid::Uuid;

use super::messages::id_of;
use super::{Caller, Model};
use crate::protocol::{Deviation, QueueName, SubscriptionId, Transport};

/// What an id names that is not a message's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    Claim(Uuid),
    Subscription,
}

impl Model {
    /// What the id names, of whatever queue and project, if it is no message's and the queue asked for exists.
    pub(super) fn foreign(&self, caller: &Caller, queue: &QueueName, id: &str) -> Option<Foreign> {
        let crashes = self.settings.deviations.has(Deviation::ForeignIdsCrash);
        if !crashes || caller.transport != Transport::Http || self.queue(&caller.project, queue).is_none() {
            return None;
        }
        let (id, subscription) = (id_of(id)?, SubscriptionId::of_text(id));
        self.projects.values().flat_map(|queues| queues.values()).find_map(|queue| {
            if queue.messages.claim_of(id).is_some() {
                return Some(Foreign::Claim(id));
            }
            queue.subscriptions.contains_key(&subscription).then_some(Foreign::Subscription)
        })
    }

    /// Deletes a claim as if it were a message: its messages don't learn of it.
    pub(super) fn break_claim(&mut self, id: Uuid) {
        let mut stores =
            self.projects.values_mut().flat_map(|queues| queues.values_mut().map(|queue| &mut queue.messages));
        if let Some(store) = stores.find(|store| store.claim_of(id).is_some()) {
            store.lapse(id);
        }
    }
}
