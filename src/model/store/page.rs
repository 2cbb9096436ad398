//! Takes where a page begins and what is wanted on it.
//! Gives the numbers of its messages.
//! Never looks at a message that the page skips in one go.

use std::ops::Bound;

use uuid::Uuid;

use super::{Moment, Store};
use crate::protocol::ClientId;
use crate::time::Instant;

/// What a page shows.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Filter<'a> {
    /// Whose own messages are left out.
    pub(in crate::model) not_from: Option<&'a ClientId>,
    pub(in crate::model) claimed: bool,
    pub(in crate::model) delayed: bool,
}

impl Store {
    /// The first messages from `number` on that the filter lets through.
    pub(in crate::model) fn page(&self, now: Instant, from: u64, limit: usize, filter: Filter<'_>) -> Vec<u64> {
        let own = filter.not_from.and_then(|client| self.clients.get(client));
        let mut found = Vec::new();
        let mut from = from;
        while found.len() < limit {
            let next = if filter.claimed || filter.delayed { self.next_of_all(from) } else { self.next_free(from) };
            let Some(number) = next else { break };
            from = match self.senders.get_key_value(&number) {
                Some((run, sender)) if Some(sender) == own => run.end,
                _ => {
                    if self.passes(now, number, filter) {
                        found.push(number);
                    }
                    number + 1
                }
            };
        }
        found
    }

    /// The next messages and places of expired ones, and of them those that the filter lets through: how a server pages
    /// that cuts the page first.
    pub(in crate::model) fn cut_page(&self, now: Instant, from: u64, limit: usize, filter: Filter<'_>) -> Vec<u64> {
        let messages = self.messages.range(from..).take(limit).map(|(number, _)| *number);
        let mut places: Vec<u64> =
            messages.chain(self.ghosts.range(from..).take(limit).map(|(number, _)| *number)).collect();
        places.sort_unstable();
        places.truncate(limit);
        let own = filter.not_from.and_then(|client| self.clients.get(client));
        let others = |number: &u64| own.is_none() || self.senders.get(number) != own;
        let alive = |number: &u64| self.view(*number).is_some_and(|view| view.is_alive(now));
        places.retain(|number| alive(number) && others(number) && self.passes(now, *number, filter));
        places
    }

    /// The first message that is not claimed.
    pub(in crate::model) fn first_unclaimed(&self, now: Instant) -> Option<u64> {
        self.messages.keys().copied().find(|number| self.view(*number).is_some_and(|view| !view.is_claimed(now)))
    }

    /// The place of the message of this id, expired or not, and whether it is the first in the queue.
    pub(in crate::model) fn place(&self, id: Uuid) -> Option<(u64, bool)> {
        let number = *self.numbers.get(&id)?;
        let before = (Bound::Unbounded, Bound::Excluded(number));
        let first = self.messages.range(before).next().is_none() && self.ghosts.range(before).next().is_none();
        Some((number, first))
    }

    fn passes(&self, now: Instant, number: u64, filter: Filter<'_>) -> bool {
        let claimed = || self.view(number).is_some_and(|view| view.is_claimed(now));
        let delayed = || self.delays.get(&number).is_some_and(|delay| Moment::at(now) < *delay);
        (filter.claimed || !claimed()) && (filter.delayed || !delayed())
    }

    fn next_free(&self, from: u64) -> Option<u64> {
        self.free.overlapping(from..u64::MAX).next().map(|run| run.start.max(from))
    }

    fn next_of_all(&self, from: u64) -> Option<u64> {
        self.messages.range(from..).next().map(|(number, _)| *number)
    }
}
