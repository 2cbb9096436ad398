//! Takes requests to delete messages.
//! Gives them gone: one, several, or the oldest, which are answered.
//! Never deletes a claimed message for who does not hold it, when only one is asked for.

use uuid::Uuid;

use super::foreign::Foreign;
use super::messages::{Place, count, id_of};
use super::page::limit;
use super::store::Terms;
use super::{Caller, Model, done, invalid, told, unavailable};
use crate::protocol::{Deviation, Document, Fault, FaultKind, QueueName, Reply, Selection};

/// What a wrong number of messages to pop is answered with, up to the maximum.
const POP_TEXT: &str = "Pop value must be at least 1 and may not be greater than";

impl Model {
    pub(super) fn delete_messages(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        selection: &Selection,
    ) -> Result<Reply, Fault> {
        let options = &self.settings.options;
        let by_claim = options.message_delete_with_claim_id;
        let claims = selection.claim_ids.as_deref().filter(|_| by_claim);
        match (&selection.ids, selection.pop) {
            (Some(_), Some(_)) => Err(invalid("pop and id params cannot be present together in the delete request.")),
            (None, None) => Err(invalid(
                "The request should have either \"ids\" or \"pop\" parameter in the request, to be able to delete.",
            )),
            (ids, _) if by_claim && ids.is_some() != claims.is_some() && (ids.is_some() || claims.is_some()) => {
                Err(invalid(
                    "The request should have both \"ids\" and \"claim_ids\" parameter in the request when \
                     message_delete_with_claim_id is True.",
                ))
            }
            (None, Some(pop)) => {
                let limit = limit(Some(pop), options.max_messages_per_claim_or_pop, POP_TEXT)?;
                let messages = self.pop(caller, queue, limit)?;
                Ok(told(200, None, |body| _ = body.set_json("messages", Document::list(messages).as_str())))
            }
            (Some(ids), None) => {
                let max = options.max_messages_per_page;
                if !(1..=max).contains(&count(ids)) {
                    let text = format!("ids parameter should have at least 1 and not greater than {max} values.");
                    return Err(invalid(text));
                }
                self.delete_by_ids(caller, queue, ids, claims)
            }
        }
    }

    /// Deletes what is there of these, claimed or not. Source: api-ref, "Delete A Set Of Messages".
    fn delete_by_ids(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        ids: &[String],
        claims: Option<&[String]>,
    ) -> Result<Reply, Fault> {
        let places: Vec<Place> = ids.iter().filter_map(|id| self.locate(caller, queue, id)).collect();
        let held = |place: &Place, claims: &[String]| {
            let claim = self.claim_on(caller, place);
            claim.is_some_and(|claim| claims.contains(&claim.to_string()))
        };
        if claims.is_some_and(|claims| !places.iter().all(|place| held(place, claims))) {
            return Err(unavailable("Messages could not be deleted."));
        }
        for place in &places {
            self.delete_at(caller, queue, place);
        }
        Ok(done(204, None, None))
    }

    pub(super) fn delete_message(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        id: &str,
        claim: Option<&str>,
    ) -> Result<Reply, Fault> {
        match self.foreign(caller, queue, id) {
            None => {}
            Some(Foreign::Claim(claim)) => {
                self.break_claim(claim);
                return Ok(done(204, None, None));
            }
            Some(Foreign::Subscription) => return Err(unavailable("Message could not be deleted.")),
        }
        let Some(place) = self.locate(caller, queue, id) else { return Ok(done(204, None, None)) };
        let refused = |kind, text| Err(Fault::new(kind, text));
        let unknown = "The specified claim does not exist or has expired.";
        let others = "This message is claimed; it cannot be deleted without a valid claim ID.";
        match (claim, self.claim_on(caller, &place)) {
            (Some(claim), _) if Uuid::try_parse(claim).is_err() => {
                return refused(FaultKind::UnableToDelete, unknown);
            }
            (None, Some(_)) => return refused(FaultKind::MessageClaimed, others),
            (Some(_), None) => {
                let text = "A claim was specified, but the message is not currently claimed.";
                return refused(FaultKind::UnableToDelete, text);
            }
            (Some(claim), Some(holder)) if claim != holder.to_string() => {
                let Some(stored) = self.queue(&caller.project, queue) else { return Ok(done(204, None, None)) };
                let claim = id_of(claim);
                if claim.is_some_and(|claim| stored.messages.has_lapsed(claim)) {
                    return Err(unavailable("Message could not be deleted."));
                }
                if claim.is_none_or(|claim| stored.messages.claim_of(claim).is_none()) {
                    return refused(FaultKind::UnableToDelete, unknown);
                }
                return refused(FaultKind::MessageClaimed, others);
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
        self.delete_at(caller, queue, &place);
        Ok(done(204, None, None))
    }

    /// Takes the oldest messages out. They are claimed on the way, by a claim nobody has heard of.
    pub(super) fn pop(&mut self, caller: &Caller, queue: &QueueName, limit: usize) -> Result<Vec<Document>, Fault> {
        let deviations = self.settings.deviations;
        let id = self.ids.uuid();
        let mut numbers = self.claim_oldest(caller, queue, id, Terms { ttl_s: 0, grace_s: 0 }, limit);
        let mut messages = self.claimed_documents(caller, queue, &numbers);
        if deviations.has(Deviation::DeadLetterStaysClaimed) && !numbers.is_empty() {
            let failed = || unavailable("Messages could not be popped.");
            let kept = self.bury_dead_letters(caller, queue, numbers.clone()).ok_or_else(failed)?;
            if kept.is_empty() {
                return Err(failed());
            }
            let mut known = numbers.iter();
            messages.retain(|_| known.next().is_some_and(|number| kept.contains(number)));
            numbers = kept;
        }
        if let Some(stored) = self.queue_mut(&caller.project, queue) {
            for number in numbers {
                stored.messages.delete(number);
            }
            stored.messages.release(caller.now, id, deviations);
        }
        Ok(messages)
    }

    fn claimed_documents(&self, caller: &Caller, queue: &QueueName, numbers: &[u64]) -> Vec<Document> {
        let shown = self.shown_to_holder(caller, queue);
        let store = self.queue(&caller.project, queue).map(|stored| &stored.messages);
        let views = store.into_iter().flat_map(|store| numbers.iter().filter_map(|number| store.view(*number)));
        views.map(|view| shown.popped(view)).collect()
    }

    /// The claim that holds a message.
    fn claim_on(&self, caller: &Caller, place: &Place) -> Option<Uuid> {
        let view = self.view(place).filter(|view| view.is_claimed(caller.now))?;
        view.hold?.claim
    }

    /// A message deleted by way of another queue leaves its place behind in its own.
    fn delete_at(&mut self, caller: &Caller, queue: &QueueName, place: &Place) {
        let own = place.project == caller.project && place.queue == *queue;
        let Some(stored) = self.queue_mut(&place.project, &place.queue) else { return };
        if own { stored.messages.delete(place.number) } else { stored.messages.delete_but_keep_place(place.number) }
    }
}
