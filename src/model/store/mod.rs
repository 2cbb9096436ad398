//! Takes the messages of one queue and the claims on them.
//! Gives them back by id, in the order in which they were posted, and the oldest that may be claimed.
//! Never walks over a whole queue, and never keeps a message past its time to live.

mod claims;
mod page;

use std::collections::{BTreeMap, BTreeSet};

use rangemap::{RangeMap, RangeSet};
use uuid::Uuid;

pub(super) use claims::{Claim, Terms};
pub(super) use page::Filter;

use crate::protocol::{ClientId, Deviation, Deviations};
use crate::time::{Duration, Instant};

/// The messages of a queue, each under its number: the next one is one higher.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    messages: BTreeMap<u64, Message>,
    /// How long their bodies are together.
    bytes: usize,
    numbers: BTreeMap<Uuid, u64>,
    next: u64,
    /// What may be claimed now: not claimed, and its delay has passed.
    free: RangeSet<u64>,
    /// Who posted what, by the short name in `clients`.
    senders: RangeMap<u64, u64>,
    clients: BTreeMap<ClientId, u64>,
    next_client: u64,
    delays: BTreeMap<u64, Moment>,
    holds: BTreeMap<u64, Hold>,
    claims: BTreeMap<Uuid, Claim>,
    /// When a message leaves.
    ends: BTreeSet<(Moment, u64)>,
    /// When a message may become free.
    wakes: BTreeSet<(Moment, u64)>,
    claim_ends: BTreeSet<(Moment, Uuid)>,
    /// Messages that have expired and keep their places; only under a deviation are there any.
    ghosts: BTreeMap<u64, Uuid>,
    /// Claims that have expired and are remembered; only under a deviation are there any.
    lapsed: BTreeSet<Uuid>,
}

/// A stored message. A queue may hold a million: what few have stands elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: Uuid,
    /// JSON; the document itself would take several times the room.
    pub(super) body: Box<str>,
    pub(super) form: Form,
    pub(super) ttl_s: u32,
    posted: Moment,
}

/// What a stored body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    /// An encrypted text.
    Text,
    /// Any other encrypted document.
    Document,
}

/// What is known of a message that is or was claimed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    /// The claim it is or was last in.
    pub(super) claim: Option<Uuid>,
    until: Moment,
    pub(super) count: i64,
    /// When it expires.
    expires: Moment,
    /// When it leaves. Only a server that forgets to lengthen one of both keeps two times.
    leaves: Moment,
}

/// A message to store.
pub(super) struct New {
    pub(super) id: Uuid,
    pub(super) body: Box<str>,
    pub(super) form: Form,
    pub(super) ttl_s: u32,
    pub(super) delay_s: u32,
}

/// A message on its way from one queue to another.
pub(super) struct Moved {
    message: Message,
    hold: Option<Hold>,
    client: ClientId,
}

/// A message with what is known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) message: &'a Message,
    pub(super) hold: Option<&'a Hold>,
}

impl View<'_> {
    pub(super) fn posted(&self) -> Instant {
        self.message.posted.instant()
    }

    pub(super) fn is_claimed(&self, now: Instant) -> bool {
        self.hold.is_some_and(|hold| hold.claim.is_some() && Moment::at(now) < hold.until)
    }

    pub(super) fn is_alive(&self, now: Instant) -> bool {
        Moment::at(now) < expires(self.message, self.hold)
    }
}

/// An instant in whole nanoseconds: half the room of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Moment(u64);

impl Moment {
    fn at(now: Instant) -> Self {
        Self(u64::try_from(now.since_start().as_nanos()).unwrap_or(u64::MAX))
    }

    fn after(self, seconds: i64) -> Self {
        Self(self.0.saturating_add_signed(seconds.saturating_mul(1_000_000_000)))
    }

    const fn instant(self) -> Instant {
        Instant::after_start(Duration::from_nanos(self.0))
    }
}

fn expires(message: &Message, hold: Option<&Hold>) -> Moment {
    hold.map_or_else(|| message.posted.after(message.ttl_s.into()), |hold| hold.expires)
}

impl Store {
    /// Adds a message at the end.
    pub(super) fn post(&mut self, now: Instant, client: &ClientId, new: New) {
        let number = self.next;
        self.next += 1;
        let posted = Moment::at(now);
        let message = Message { id: new.id, body: new.body, form: new.form, ttl_s: new.ttl_s, posted };
        let sender = self.place_of(client);
        self.senders.insert(number..number + 1, sender);
        if new.delay_s > 0 {
            self.delays.insert(number, posted.after(new.delay_s.into()));
        }
        self.put(now, number, message, None);
    }

    /// Adds a message that comes from another queue.
    pub(super) fn receive(&mut self, now: Instant, Moved { message, hold, client }: Moved) {
        let number = self.next;
        self.next += 1;
        let sender = self.place_of(&client);
        self.senders.insert(number..number + 1, sender);
        self.put(now, number, message, hold);
    }

    fn put(&mut self, now: Instant, number: u64, message: Message, hold: Option<Hold>) {
        self.numbers.insert(message.id, number);
        self.ends.insert((leaves(&message, hold.as_ref()), number));
        self.bytes += message.body.len();
        self.messages.insert(number, message);
        if let Some(hold) = hold {
            self.holds.insert(number, hold);
        }
        self.rest(now, number);
    }

    /// Takes a message out, wherever it stands.
    pub(super) fn take(&mut self, number: u64) -> Option<(Message, Option<Hold>)> {
        let message = self.messages.remove(&number)?;
        self.bytes -= message.body.len();
        let hold = self.holds.remove(&number);
        self.ends.remove(&(leaves(&message, hold.as_ref()), number));
        self.unrest(number, hold.as_ref());
        self.delays.remove(&number);
        self.senders.remove(number..number + 1);
        self.numbers.remove(&message.id);
        Some((message, hold))
    }

    /// Deletes a message, and with it its place in its claim.
    pub(super) fn delete(&mut self, number: u64) {
        if let Some((message, Some(hold))) = self.take(number) {
            self.leave_claim(message.id, &hold);
        }
    }

    /// Deletes a message whose place stays: a server that deletes it from the wrong queue does so.
    pub(super) fn delete_but_keep_place(&mut self, number: u64) {
        let id = self.messages.get(&number).map(|message| message.id);
        self.delete(number);
        if let Some(id) = id {
            self.leave_ghost(number, id);
        }
    }

    /// How many messages are stored, those included that have expired and are not cleared away yet.
    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// How many bytes the bodies of all those take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of the message of this id.
    pub(super) fn find(&self, id: Uuid) -> Option<u64> {
        self.numbers.get(&id).copied().filter(|number| self.messages.contains_key(number))
    }

    pub(super) fn view(&self, number: u64) -> Option<View<'_>> {
        let message = self.messages.get(&number)?;
        Some(View { message, hold: self.holds.get(&number) })
    }

    /// Lets time pass: claims and delays end, messages expire. At most `most` messages at a time; says whether that was
    /// enough.
    pub(super) fn advance(&mut self, now: Instant, deviations: Deviations, most: usize) -> bool {
        let at = Moment::at(now);
        let mut left = most;
        let mut spend = || {
            left = left.saturating_sub(1);
            left > 0
        };
        while let Some((end, id)) = self.claim_ends.first().copied().filter(|(end, _)| *end <= at && spend()) {
            self.claim_ends.remove(&(end, id));
            self.claims.remove(&id);
            if deviations.has(Deviation::ExpiredClaimCrashes) {
                self.lapsed.insert(id);
            }
        }
        while let Some((wake, number)) = self.wakes.first().copied().filter(|(wake, _)| *wake <= at && spend()) {
            self.wakes.remove(&(wake, number));
            self.rest(now, number);
        }
        while let Some((_, number)) = self.ends.first().copied().filter(|(end, _)| *end <= at && spend()) {
            self.expire(number, deviations);
        }
        left > 0
    }

    fn expire(&mut self, number: u64, deviations: Deviations) {
        let Some((message, hold)) = self.take(number) else { return };
        if deviations.has(Deviation::ExpiredMessageKeepsItsPlace) {
            self.leave_ghost(number, message.id);
        } else if let Some(hold) = hold {
            self.leave_claim(message.id, &hold);
        }
    }

    fn leave_ghost(&mut self, number: u64, id: Uuid) {
        self.numbers.insert(id, number);
        self.ghosts.insert(number, id);
    }

    /// Lets go of the places of expired messages before `number`.
    fn forget_ghosts(&mut self, number: u64) {
        while let Some(ghost) = self.ghosts.first_entry().filter(|ghost| *ghost.key() < number) {
            self.numbers.remove(&ghost.remove());
        }
    }

    /// Marks a message free, or notes when it may become so.
    fn rest(&mut self, now: Instant, number: u64) {
        let at = Moment::at(now);
        let held = self.holds.get(&number).filter(|hold| hold.claim.is_some() && at < hold.until);
        let delay = self.delays.get(&number).copied();
        match (held, delay.filter(|delay| at < *delay)) {
            (Some(hold), _) => _ = self.wakes.insert((hold.until, number)),
            (None, Some(delay)) => _ = self.wakes.insert((delay, number)),
            (None, None) => {
                if delay.is_some() {
                    self.delays.remove(&number);
                }
                self.free.insert(number..number + 1);
            }
        }
    }

    /// Takes back what [`Store::rest`] did.
    fn unrest(&mut self, number: u64, hold: Option<&Hold>) {
        self.free.remove(number..number + 1);
        if let Some(hold) = hold {
            self.wakes.remove(&(hold.until, number));
        }
        if let Some(delay) = self.delays.get(&number) {
            self.wakes.remove(&(*delay, number));
        }
    }

    /// The short name of a client.
    fn place_of(&mut self, client: &ClientId) -> u64 {
        if let Some(place) = self.clients.get(client) {
            return *place;
        }
        if self.clients.len() >= CLIENTS_SPARED + 2 * self.messages.len() {
            self.forget_clients();
        }
        let place = self.next_client;
        self.next_client += 1;
        self.clients.insert(client.clone(), place);
        place
    }

    /// Forgets the clients none of whose messages is left. As many new ones as there are messages have come since the
    /// last time.
    fn forget_clients(&mut self) {
        let senders: BTreeSet<u64> = self.senders.iter().map(|(_, sender)| *sender).collect();
        self.clients.retain(|_, place| senders.contains(place));
    }
}

/// How many clients are remembered besides two for each message.
const CLIENTS_SPARED: usize = 64;

fn leaves(message: &Message, hold: Option<&Hold>) -> Moment {
    hold.map_or_else(|| expires(message, None), |hold| hold.leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(store: &mut Store, client: u128) -> u64 {
        let id = Uuid::from_u128(u128::from(store.next));
        let new = New { id, body: "1".into(), form: Form::Plain, ttl_s: 60, delay_s: 0 };
        store.post(Instant::START, &ClientId::of_uuid(Uuid::from_u128(client)), new);
        store.next - 1
    }

    #[test]
    fn clients_whose_messages_are_gone_are_forgotten_and_no_others() {
        let mut store = Store::default();
        let (first, last) = (post(&mut store, 0), post(&mut store, 1));
        for client in 2..10_000 {
            let number = post(&mut store, client);
            store.delete(number);
        }
        assert!(store.clients.len() <= CLIENTS_SPARED + 6, "{} are remembered", store.clients.len());
        let again = post(&mut store, 9_998);
        for (client, not_listed) in [(0, first), (1, last), (9_998, again)] {
            let client = ClientId::of_uuid(Uuid::from_u128(client));
            let filter = Filter { not_from: Some(&client), claimed: false, delayed: false };
            let page = store.page(Instant::START, 0, 10, filter);
            assert_eq!(page.len(), 2, "{page:?}");
            assert!(!page.contains(&not_listed), "{page:?}");
        }
    }
}
