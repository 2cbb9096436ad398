//! Takes claims on messages of one queue.
//! Gives them made, renewed and released.
//! Never lets two claims hold one message, unless a deviation says so.

use uuid::Uuid;

use super::{Hold, Moment, Moved, Store, View, expires, leaves};
use crate::protocol::{Deviation, Deviations};
use crate::time::Instant;

/// How long a claim lives, and for how long its messages outlive it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) struct Terms {
    pub(in crate::model) ttl_s: i64,
    pub(in crate::model) grace_s: i64,
}

/// A claim that lives.
#[derive(Clone, Debug)]
pub(in crate::model) struct Claim {
    pub(in crate::model) ttl_s: i64,
    /// In the order in which they were claimed, some of them gone since.
    messages: Vec<Uuid>,
    /// How many messages it counts as claimed.
    count: i64,
    ends: Moment,
}

impl Claim {
    pub(in crate::model) fn began(&self) -> Instant {
        self.ends.after(-self.ttl_s).instant()
    }
}

impl Store {
    /// The oldest messages that may be claimed.
    pub(in crate::model) fn claimable(&self, limit: usize, deviations: Deviations) -> Vec<u64> {
        if deviations.has(Deviation::ClaimStealsLaterMessages) {
            let first = self.free.first().map(|free| free.start);
            let later = first.into_iter().flat_map(|first| self.messages.range(first..));
            return later.map(|(number, _)| *number).take(limit).collect();
        }
        self.free.iter().cloned().flatten().take(limit).collect()
    }

    /// Claims these messages.
    pub(in crate::model) fn claim(
        &mut self,
        now: Instant,
        id: Uuid,
        terms: Terms,
        numbers: &[u64],
        deviations: Deviations,
    ) {
        // The search for messages has met the expired ones before the first that it took.
        self.forget_ghosts(numbers.first().copied().unwrap_or(u64::MAX));
        if numbers.is_empty() {
            return;
        }
        let ends = Moment::at(now).after(terms.ttl_s);
        let forgets_life = deviations.has(Deviation::ClaimedMessageExpiresEarly);
        let mut messages = Vec::with_capacity(numbers.len());
        for number in numbers.iter().copied() {
            let Some(message) = self.messages.get(&number) else { continue };
            messages.push(message.id);
            let old = self.holds.get(&number).copied();
            let expires = expires(message, old.as_ref());
            let dies_early = expires < ends;
            let leaves = leaves(message, old.as_ref());
            let mut hold =
                Hold { claim: Some(id), until: ends, count: old.map_or(0, |old| old.count), expires, leaves };
            if dies_early {
                hold.expires = ends.after(terms.grace_s);
                hold.leaves = if forgets_life { leaves } else { hold.expires };
            }
            self.hold(now, number, hold, dies_early.then_some(terms));
        }
        let count = i64::try_from(messages.len()).expect("a page of messages");
        self.claims.insert(id, Claim { ttl_s: terms.ttl_s, messages, count, ends });
        self.claim_ends.insert((ends, id));
    }

    /// Gives a message a new hold, and the life that goes with it.
    fn hold(&mut self, now: Instant, number: u64, hold: Hold, life: Option<Terms>) {
        let Some(message) = self.messages.get_mut(&number) else { return };
        let old = self.holds.insert(number, hold);
        let left = leaves(message, old.as_ref());
        if left != hold.leaves {
            self.ends.remove(&(left, number));
            self.ends.insert((hold.leaves, number));
        }
        if let Some(terms) = life {
            message.ttl_s = u32::try_from(terms.ttl_s.saturating_add(terms.grace_s)).unwrap_or_default();
        }
        self.unrest(number, old.as_ref());
        self.rest(now, number);
    }

    /// The claim of this id, if it lives.
    pub(in crate::model) fn claim_of(&self, id: Uuid) -> Option<&Claim> {
        self.claims.get(&id)
    }

    /// Whether a claim of this id has expired and still gets in the way.
    pub(in crate::model) fn has_lapsed(&self, id: Uuid) -> bool {
        self.lapsed.contains(&id)
    }

    /// Lets a claim be as one that has expired, and its messages held as they are.
    pub(in crate::model) fn lapse(&mut self, id: Uuid) {
        self.drop_claim(id);
        self.lapsed.insert(id);
    }

    /// A store with the claims of this one and none of its messages.
    pub(in crate::model) fn take_claims(&mut self) -> Self {
        let mut claims = std::mem::take(&mut self.claims);
        claims.values_mut().for_each(|claim| claim.count = 0);
        Self { claims, claim_ends: std::mem::take(&mut self.claim_ends), ..Self::default() }
    }

    pub(in crate::model) fn has_claims(&self) -> bool {
        !self.claims.is_empty()
    }

    /// The ids of the messages of a claim, as the claim has them.
    pub(in crate::model) fn claimed(&self, id: Uuid) -> impl Iterator<Item = Uuid> {
        self.claims.get(&id).into_iter().flat_map(|claim| claim.messages.iter().copied())
    }

    /// Lets a claim live on from now, and its messages with it.
    pub(in crate::model) fn renew(&mut self, now: Instant, id: Uuid, terms: Terms, deviations: Deviations) {
        let Some(claim) = self.claims.get_mut(&id) else { return };
        let ends = Moment::at(now).after(terms.ttl_s);
        self.claim_ends.remove(&(claim.ends, id));
        self.claim_ends.insert((ends, id));
        (claim.ttl_s, claim.ends) = (terms.ttl_s, ends);
        for number in self.members(id, deviations) {
            let Some(mut hold) = self.holds.get(&number).copied() else { continue };
            (hold.claim, hold.until) = (Some(id), ends);
            let dies_early = hold.expires <= ends;
            if dies_early {
                hold.expires = ends.after(terms.grace_s);
            }
            let ttl_s = self.messages.get(&number).map_or(0, |message| i64::from(message.ttl_s));
            let ttl_s = if dies_early { terms.ttl_s + terms.grace_s } else { ttl_s };
            hold.leaves = self.leaves_anew(now, &hold, ttl_s, deviations);
            self.hold(now, number, hold, dies_early.then_some(terms));
        }
    }

    /// Ends a claim; what is left of its messages is free.
    pub(in crate::model) fn release(&mut self, now: Instant, id: Uuid, deviations: Deviations) {
        let members = self.members(id, deviations);
        if let Some(claim) = self.claims.remove(&id) {
            self.claim_ends.remove(&(claim.ends, id));
        }
        for number in members {
            let Some(mut hold) = self.holds.get(&number).copied() else { continue };
            (hold.claim, hold.until) = (None, Moment::at(now));
            let ttl_s = self.messages.get(&number).map_or(0, |message| i64::from(message.ttl_s));
            hold.leaves = self.leaves_anew(now, &hold, ttl_s, deviations);
            self.hold(now, number, hold, None);
        }
    }

    /// When a message leaves whose hold has been written back: where its life is kept apart, it starts anew with that.
    fn leaves_anew(&self, now: Instant, hold: &Hold, ttl_s: i64, deviations: Deviations) -> Moment {
        let anew = deviations.has(Deviation::ClaimedMessageExpiresEarly);
        if anew { Moment::at(now).after(ttl_s) } else { hold.expires }
    }

    /// The messages of a claim: those that are in no other, unless claims may take from each other.
    fn members(&self, id: Uuid, deviations: Deviations) -> Vec<u64> {
        let any = deviations.has(Deviation::ClaimStealsLaterMessages);
        let own = |number: &u64| any || self.holds.get(number).is_some_and(|hold| hold.claim == Some(id));
        self.claimed(id).filter_map(|message| self.find(message)).filter(own).collect()
    }

    /// Counts one more claim of a message.
    pub(in crate::model) fn count_claim(&mut self, number: u64) {
        if let Some(hold) = self.holds.get_mut(&number) {
            hold.count += 1;
        }
    }

    /// Takes out of its claim what is going to the dead letters. `ttl_s` is what it is said to live from now on.
    pub(in crate::model) fn bury(
        &mut self,
        now: Instant,
        number: u64,
        ttl_s: Option<u32>,
        deviations: Deviations,
    ) -> Option<Moved> {
        let sender = self.senders.get(&number).copied();
        let client =
            self.clients.iter().find(|(_, place)| Some(**place) == sender).map(|(client, _)| client.clone())?;
        let (mut message, mut hold) = self.take(number)?;
        if let Some(ttl_s) = ttl_s {
            message.ttl_s = ttl_s;
        }
        if let Some(hold) = hold.as_mut().filter(|_| !deviations.has(Deviation::DeadLetterStaysClaimed)) {
            self.leave_claim(message.id, hold);
            (hold.claim, hold.until) = (None, Moment::at(now));
            if let Some(ttl_s) = ttl_s {
                message.posted = Moment::at(now);
                hold.expires = message.posted.after(ttl_s.into());
                hold.leaves = hold.expires;
            }
        }
        Some(Moved { message, hold, client })
    }

    /// Forgets a claim that is left without messages before anybody has heard of it.
    pub(in crate::model) fn drop_claim(&mut self, id: Uuid) {
        if let Some(claim) = self.claims.remove(&id) {
            self.claim_ends.remove(&(claim.ends, id));
        }
    }

    pub(super) fn leave_claim(&mut self, message: Uuid, hold: &Hold) {
        if let Some(claim) = hold.claim.and_then(|id| self.claims.get_mut(&id)) {
            claim.messages.retain(|other| *other != message);
            claim.count -= 1;
        }
    }

    /// How many messages are claimed, and how many there are. `None` if a server breaks down over a claim that expired.
    pub(in crate::model) fn counts(&self) -> Option<(i64, i64)> {
        let total = i64::try_from(self.messages.len() + self.ghosts.len()).ok()?;
        let claimed = self.claims.values().map(|claim| claim.count).sum();
        self.lapsed.is_empty().then_some((claimed, total))
    }

    /// The oldest message and the newest; `None` if there are none, or where one that expired keeps the place.
    pub(in crate::model) fn oldest_and_newest(&self) -> Option<(View<'_>, View<'_>)> {
        let (oldest, newest) = (self.messages.first_key_value()?.0, self.messages.last_key_value()?.0);
        let before = self.ghosts.first_key_value().is_some_and(|(ghost, _)| ghost < oldest);
        let after = self.ghosts.last_key_value().is_some_and(|(ghost, _)| ghost > newest);
        if before || after {
            return None;
        }
        Some((self.view(*oldest)?, self.view(*newest)?))
    }
}
