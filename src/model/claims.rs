//! Takes requests about claims.
//! Gives them made, shown, renewed and released; what was claimed too often goes to the dead letter queue.
//! Never hands out a message that somebody else holds, unless a deviation says so.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::messages::{Place, id_of};
use super::page::{self, LIMIT_TEXT};
use super::posting::{body_fault, integer};
use super::shown::Shown;
use super::store::Terms;
use super::{Caller, Model, done, invalid, told, unavailable};
use crate::protocol::{Deviation, Fault, FaultKind, QueueName, Reply, Transport};

/// The shortest life of a claim and the shortest grace, in seconds. Source: api-ref, "Claim messages".
const MIN_S: i64 = 60;

impl Model {
    pub(super) fn create_claim(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        limit: Option<i64>,
        document: Option<Value>,
    ) -> Result<Reply, Fault> {
        let terms = self.terms(document.unwrap_or_else(|| json!({})))?;
        self.check_ttl(terms)?;
        let limit = page::limit(limit, self.settings.options.max_messages_per_claim_or_pop, LIMIT_TEXT)?;
        self.check_grace(terms)?;
        let id = self.ids.uuid();
        let numbers = self.claim_oldest(caller, queue, id, terms, limit);
        let kept = self.bury_dead_letters(caller, queue, numbers);
        let kept = kept.ok_or_else(|| unavailable("Claim could not be created."))?;
        let shown = self.shown_to_holder(caller, queue);
        let store = self.queue(&caller.project, queue).map(|stored| &stored.messages);
        let views = store.into_iter().flat_map(|store| kept.iter().filter_map(|number| store.view(*number)));
        let mut views = views.map(|view| (view, Some(id))).peekable();
        if views.peek().is_none() {
            self.forget_claim(caller, queue, id);
            // Over a websocket a claim of nothing is named all the same. Observed: zaqar 23.0.1.
            let named = (caller.transport == Transport::Websocket).then(|| json!({ "claim_id": id.to_string() }));
            return Ok(done(204, None, named));
        }
        let location = format!("{}/claims/{id}", queue.path());
        Ok(told(201, Some(location), |body| shown.messages(body, views)))
    }

    pub(super) fn show_claim(&mut self, caller: &Caller, queue: &QueueName, id: &str) -> Result<Reply, Fault> {
        let claim = self.live_claim(caller, queue, id, "Claim could not be queried.")?;
        let stored = self.queue(&caller.project, queue).map(|stored| &stored.messages);
        let (ttl_s, began) = stored
            .and_then(|store| store.claim_of(claim))
            .map(|claim| (claim.ttl_s, claim.began()))
            .unwrap_or_default();
        let places = self.members(caller, queue, claim);
        let shown = self.shown_to_holder(caller, queue);
        let views = places.iter().flatten().filter_map(|place| self.view(place));
        let age = caller.now.since(began).as_secs();
        let href = format!("{}/claims/{id}", queue.path());
        Ok(told(200, None, |body| {
            body.set_shown("age", age).set_shown("ttl", ttl_s);
            shown.messages(body, views.map(|view| (view, Some(claim))));
            body.set("href", &href);
        }))
    }

    pub(super) fn update_claim(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        id: &str,
        document: Option<Value>,
    ) -> Result<Reply, Fault> {
        let document = document.ok_or_else(|| body_fault("Request body can not be empty"))?;
        let terms = self.terms(document)?;
        let deviations = self.settings.deviations;
        self.check_ttl(terms)?;
        if !deviations.has(Deviation::PatchedGraceUnchecked) {
            self.check_grace(terms)?;
        }
        let crash = "Claim could not be updated.";
        let claim = self.live_claim(caller, queue, id, crash)?;
        self.stumble_over_gone(caller, queue, claim, crash)?;
        if let Some(stored) = self.queue_mut(&caller.project, queue) {
            stored.messages.renew(caller.now, claim, terms, deviations);
        }
        Ok(done(204, None, None))
    }

    pub(super) fn delete_claim(&mut self, caller: &Caller, queue: &QueueName, id: &str) -> Result<Reply, Fault> {
        let deviations = self.settings.deviations;
        let crash = "Claim could not be deleted.";
        let Some(claim) = id_of(id) else { return Ok(done(204, None, None)) };
        if self.stored_queue(caller, queue).is_some_and(|stored| stored.messages.has_lapsed(claim)) {
            return Err(unavailable(crash));
        }
        self.stumble_over_gone(caller, queue, claim, crash)?;
        if let Some(stored) = self.queue_mut(&caller.project, queue) {
            stored.messages.release(caller.now, claim, deviations);
        }
        Ok(done(204, None, None))
    }

    /// Claims the oldest messages and gives their numbers.
    pub(super) fn claim_oldest(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        id: Uuid,
        terms: Terms,
        limit: usize,
    ) -> Vec<u64> {
        let deviations = self.settings.deviations;
        let Some(stored) = self.stored_queue(caller, queue) else { return Vec::new() };
        let numbers = stored.messages.claimable(limit, deviations);
        stored.messages.claim(caller.now, id, terms, &numbers, deviations);
        numbers
    }

    /// Counts the claim of each of these messages, and moves those that were claimed often enough before to the dead
    /// letter queue. What is left is given back; nothing if a server breaks down on the way.
    /// Source: api-ref, "_max_claim_count", "_dead_letter_queue".
    pub(super) fn bury_dead_letters(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        numbers: Vec<u64>,
    ) -> Option<Vec<u64>> {
        let deviations = self.settings.deviations;
        let Some(stored) = self.queue_mut(&caller.project, queue) else { return Some(numbers) };
        let Some(burial) = Burial::of(&stored.metadata, deviations.has(Deviation::NullClaimCountCrashes)) else {
            return Some(numbers);
        };
        if numbers.is_empty() {
            return Some(numbers);
        }
        let max = burial.max?;
        let mut kept = Vec::new();
        let mut moved = Vec::new();
        for number in numbers {
            let counted = stored.messages.view(number).and_then(|view| view.hold).map_or(0, |hold| hold.count);
            if counted < max {
                stored.messages.count_claim(number);
                kept.push(number);
            } else {
                moved.extend(stored.messages.bury(caller.now, number, burial.ttl_s, deviations));
            }
        }
        if let Some(grave) = burial.queue {
            let grave = &mut self.queue_or_new(&caller.project, grave).messages;
            moved.into_iter().for_each(|letter| grave.receive(caller.now, letter));
        }
        Some(kept)
    }

    /// How messages are shown to who holds them.
    pub(super) const fn shown_to_holder<'a>(&'a self, caller: &Caller, queue: &'a QueueName) -> Shown<'a> {
        Shown { now: caller.now, queue, reveal: false, settings: &self.settings }
    }

    /// A claim that nobody is told of keeps nothing, unless its messages went away under it.
    fn forget_claim(&mut self, caller: &Caller, queue: &QueueName, id: Uuid) {
        if self.settings.deviations.has(Deviation::DeadLetterStaysClaimed) {
            return;
        }
        if let Some(stored) = self.queue_mut(&caller.project, queue) {
            stored.messages.drop_claim(id);
        }
    }

    /// The messages of a claim, as far as they are still there.
    fn members(&mut self, caller: &Caller, queue: &QueueName, claim: Uuid) -> Vec<Option<Place>> {
        let stored = self.queue(&caller.project, queue).map(|stored| &stored.messages);
        let ids: Vec<Uuid> = stored.map(|store| store.claimed(claim).collect()).unwrap_or_default();
        ids.into_iter().map(|id| self.locate(caller, queue, &id.to_string())).collect()
    }

    /// Fails where a server breaks down over a claim one of whose messages has gone without it.
    fn stumble_over_gone(&mut self, caller: &Caller, queue: &QueueName, claim: Uuid, crash: &str) -> Result<(), Fault> {
        let crashes = self.settings.deviations.has(Deviation::ClaimOfGoneMessageCrashes);
        let gone = crashes && self.members(caller, queue, claim).iter().any(Option::is_none);
        if gone { Err(unavailable(crash)) } else { Ok(()) }
    }

    fn live_claim(&mut self, caller: &Caller, queue: &QueueName, id: &str, crash: &str) -> Result<Uuid, Fault> {
        let project = caller.project.clone();
        let missing = || {
            let text = format!("Claim {id} does not exist in queue {queue} for project {project}");
            Fault::new(FaultKind::NotFound, text)
        };
        let store = &self.stored_queue(caller, queue).ok_or_else(missing)?.messages;
        let claim = id_of(id).ok_or_else(missing)?;
        if store.has_lapsed(claim) {
            return Err(unavailable(crash));
        }
        store.claim_of(claim).map(|_| claim).ok_or_else(missing)
    }

    /// Reads ttl and grace; both have defaults. Source: zaqar.conf reference, `default_claim_ttl`. The API reference
    /// calls them required.
    fn terms(&self, document: Value) -> Result<Terms, Fault> {
        let Value::Object(keys) = document else { return Err(body_fault("Document type not supported.")) };
        let options = &self.settings.options;
        let booleans = self.settings.deviations.has(Deviation::BooleansPassAsIntegers);
        let read = |name: &str, default: i64| match keys.get(name) {
            None => Ok(default),
            Some(value) => integer(value)
                .filter(|_| booleans || !value.is_boolean())
                .ok_or_else(|| body_fault(&format!("The value of the \"{name}\" field must be a int."))),
        };
        let ttl_s = read("ttl", options.default_claim_ttl)?;
        Ok(Terms { ttl_s, grace_s: read("grace", options.default_claim_grace)? })
    }

    fn check_ttl(&self, terms: Terms) -> Result<(), Fault> {
        check_range("TTL", terms.ttl_s, self.settings.options.max_claim_ttl)
    }

    fn check_grace(&self, terms: Terms) -> Result<(), Fault> {
        check_range("grace", terms.grace_s, self.settings.options.max_claim_grace)
    }
}

fn check_range(what: &str, seconds: i64, max: i64) -> Result<(), Fault> {
    if (MIN_S..=max).contains(&seconds) {
        return Ok(());
    }
    let text =
        format!("The {what} for a claim may not exceed {max} seconds, and must be at least {MIN_S} seconds long.");
    Err(invalid(text))
}

/// What a queue says of messages that were claimed too often.
struct Burial {
    /// How often a message may be claimed; not said only where a server breaks down over that.
    max: Option<i64>,
    queue: Option<QueueName>,
    ttl_s: Option<u32>,
}

impl Burial {
    /// A queue has to name both the count and the dead letter queue. Source: MongoDB driver, `ClaimController.create`.
    fn of(metadata: &Map<String, Value>, crashes: bool) -> Option<Self> {
        let (max, queue) = (metadata.get("_max_claim_count")?, metadata.get("_dead_letter_queue")?);
        let ttl_s = metadata.get("_dead_letter_queue_messages_ttl").and_then(integer).filter(|ttl_s| *ttl_s != 0);
        let ttl_s = ttl_s.and_then(|ttl_s| u32::try_from(ttl_s).ok());
        let burial = Self { max: integer(max), queue: queue.as_str().and_then(QueueName::parse), ttl_s };
        (crashes || (burial.max.is_some() && burial.queue.is_some())).then_some(burial)
    }
}
