//! Takes messages that a client posts, and requests to read them.
//! Gives them stored, listed and shown.
//! Never keeps one of a post that is refused.

use std::borrow::Cow;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::page::{LIMIT_TEXT, limit, links};
use super::posting::{NewMessage, Rules};
use super::queues::Queue;
use super::room::Stored;
use super::shown::{Shown, path_in_json};
use super::store::{Filter, Form, New, View};
use super::{Caller, Model, encryption, told, unavailable};
use crate::protocol::{Deviation, Fault, FaultKind, Page, ProjectId, QueueName, Reply, Transport, Wanted, text_of};

/// Where a message stands.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) project: ProjectId,
    pub(super) queue: QueueName,
    pub(super) number: u64,
}

impl Model {
    pub(super) fn post_messages(
        &mut self,
        caller: &Caller,
        queue: QueueName,
        document: Option<Value>,
        size: usize,
    ) -> Result<Reply, Fault> {
        let Caller { now, ref project, ref client, transport } = *caller;
        let deviations = self.settings.deviations;
        let ignorant = transport == Transport::Websocket && deviations.has(Deviation::WebsocketPostIgnoresQueue);
        if deviations.has(Deviation::RefusedPostCreatesQueue) {
            self.queue_or_new(project, queue.clone());
        }
        let nothing = Map::new();
        let metadata = self.queue(project, &queue).map_or(&nothing, |queue| &queue.metadata);
        let rules = Rules { options: &self.settings.options, metadata, deviations };
        rules.check_size(size)?;
        let mut messages = rules.read(document)?;
        let encrypted = rules.queue_says("_enable_encrypt_messages").is_some() && !ignorant;
        let tell_delay = rules.queue_says("_default_message_delay").is_some() && !ignorant;
        if ignorant {
            messages.iter_mut().for_each(|message| message.delay_s = 0);
        }

        let stored: Vec<(NewMessage, New)> =
            messages.into_iter().map(|message| self.stored(message, encrypted)).collect();
        let more = Stored::of(stored.iter().map(|(_, new)| new));
        self.check_storage(more)?;
        let clear = encrypted && !deviations.has(Deviation::CiphertextHandedOut);
        let notifications = stored.iter().map(|(message, new)| {
            let body = if clear { Cow::Owned(text_of(&message.body)) } else { Cow::Borrowed(&*new.body) };
            message.notification(&queue, &body, tell_delay)
        });
        if deviations.has(Deviation::DeletedQueueKeepsSubscriptions) {
            // The subscriptions that are left over belong to the queue again before anybody is notified.
            self.queue_or_new(project, queue.clone());
        }
        let notified = self.notify(now, project, &queue, notifications)?;
        let name = client.as_str();
        if deviations.has(Deviation::ClientMustBeUuid) && !name.is_empty() && Uuid::try_parse(name).is_err() {
            return Err(unavailable("Messages could not be enqueued."));
        }
        let kept = !notified || !deviations.has(Deviation::NotifiedMessageNotStored);
        let ids: Vec<String> = stored.iter().map(|(_, new)| new.id.to_string()).collect();
        let (location, path) = (format!("{}/messages?ids={}", queue.path(), ids.join(",")), path_in_json(&queue));
        let store = &mut self.queue_or_new(project, queue).messages;
        for (_, new) in stored.into_iter().filter(|_| kept) {
            store.post(now, client, new);
        }
        self.on_stored(more);
        let resources = ids.iter().map(|id| [&*path, "/messages/", id]);
        Ok(told(201, Some(location), |body| _ = body.set_plains("resources", resources)))
    }

    /// A message with what is stored of it.
    fn stored(&mut self, message: NewMessage, encrypted: bool) -> (NewMessage, New) {
        let id = self.ids.uuid();
        let (form, body) = if encrypted {
            let iv = u128::from(self.ids.next_u64()) << 64 | u128::from(self.ids.next_u64());
            let key = &self.settings.options.message_encryption_key;
            let (form, secret) = encryption::encrypt(key, iv.to_be_bytes(), &message.body);
            (form, text_of(&secret))
        } else {
            (Form::Plain, text_of(&message.body))
        };
        let new = New { id, body: body.into(), form, ttl_s: message.ttl_s, delay_s: message.delay_s };
        (message, new)
    }

    pub(super) fn list_messages(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        page: &Page,
        wanted: Wanted,
    ) -> Result<Reply, Fault> {
        let deviations = self.settings.deviations;
        let options = &self.settings.options;
        let limit = limit(page.limit, options.max_messages_per_page, LIMIT_TEXT)?;
        let path = format!("{}/messages", queue.path());
        if caller.transport == Transport::Websocket && self.queue(&caller.project, queue).is_none() {
            return Err(no_queue(caller, queue));
        }
        let Some(stored) = self.stored_queue(caller, queue) else { return Ok(nothing_listed()) };
        let delays = !deviations.has(Deviation::MessageDelayNeedsQueueDelay) || delays(stored);
        let wanted = Wanted { include_delayed: if delays { wanted.include_delayed } else { Some(true) }, ..wanted };
        let filter = Filter {
            not_from: (!wanted.echo.unwrap_or_default()).then_some(&caller.client),
            claimed: wanted.include_claimed.unwrap_or_default(),
            delayed: wanted.include_delayed.unwrap_or_default(),
        };
        let store = &stored.messages;
        let by_rank = deviations.has(Deviation::MarkerLookedUpByRank);
        let from = if by_rank { stored.place_by_rank(caller, page, filter)? } else { stored.place(page) };
        let numbers = if deviations.has(Deviation::FiltersAfterPaging) {
            store.cut_page(caller.now, from, limit, filter)
        } else {
            store.page(caller.now, from, limit, filter)
        };
        let last = numbers.last().and_then(|number| {
            let id = store.view(*number)?.message.id;
            Some(if by_rank { id.to_string() } else { number.to_string() })
        });
        let links = links(&path, page, &said(wanted), last);
        let shown = self.shown(caller, queue);
        let store = self.queue(&caller.project, queue).map(|stored| &stored.messages);
        let views = store.into_iter().flat_map(|store| numbers.iter().filter_map(|number| store.view(*number)));
        Ok(told(200, None, |body| {
            shown.messages(body, views.map(|view| (view, claim_of(view))));
            body.set("links", &links);
        }))
    }

    pub(super) fn get_messages(&mut self, caller: &Caller, queue: &QueueName, ids: &[String]) -> Result<Reply, Fault> {
        let options = &self.settings.options;
        limit(Some(count(ids)), options.max_messages_per_page, LIMIT_TEXT)?;
        if ids.iter().any(|id| self.foreign(caller, queue, id).is_some()) {
            return Err(unavailable("Message could not be retrieved."));
        }
        let places: Vec<Place> = ids.iter().filter_map(|id| self.locate(caller, queue, id)).collect();
        if places.is_empty() {
            let quoted: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
            let (project, quoted) = (&caller.project, quoted.join(", "));
            let text = format!("No messages with IDs: [{quoted}] found in the queue {queue} for project {project}.");
            return Err(Fault::new(FaultKind::NotFound, text));
        }
        let shown = self.shown(caller, queue);
        let views = places.iter().filter_map(|place| self.view(place));
        Ok(told(200, None, |body| shown.messages(body, views.map(|view| (view, claim_of(view))))))
    }

    pub(super) fn show_message(&mut self, caller: &Caller, queue: &QueueName, id: &str) -> Result<Reply, Fault> {
        let project = &caller.project;
        if self.queue(project, queue).is_none() {
            return Err(no_queue(caller, queue));
        }
        if self.foreign(caller, queue, id).is_some() {
            return Err(unavailable("Message could not be retrieved."));
        }
        let place = self.locate(caller, queue, id);
        let shown = self.shown(caller, queue);
        let view = place.as_ref().and_then(|place| self.view(place)).filter(|view| view.is_alive(caller.now));
        let view = view.ok_or_else(|| {
            let text = format!("Message {id} does not exist in queue {queue} for project {project}");
            Fault::new(FaultKind::NotFound, text)
        })?;
        Ok(Reply::Done { status: 200, location: None, body: Some(shown.message(view, claim_of(view))) })
    }

    /// How messages are shown to who reads them without a claim: in the clear, if the queue says that it is encrypted.
    fn shown<'a>(&'a self, caller: &Caller, queue: &'a QueueName) -> Shown<'a> {
        let metadata = self.queue(&caller.project, queue).map(|stored| &stored.metadata);
        let flag = metadata.and_then(|metadata| metadata.get("_enable_encrypt_messages"));
        let reveal = flag.is_some_and(|flag| !crate::policy::is_falsy(flag));
        Shown { now: caller.now, queue, reveal, settings: &self.settings }
    }

    pub(super) fn view(&self, place: &Place) -> Option<View<'_>> {
        self.queue(&place.project, &place.queue)?.messages.view(place.number)
    }

    /// The queue as it is now.
    pub(super) fn stored_queue(&mut self, caller: &Caller, queue: &QueueName) -> Option<&mut Queue> {
        let deviations = self.settings.deviations;
        let stored = self.queue_mut(&caller.project, queue)?;
        stored.messages.advance(caller.now, deviations, usize::MAX);
        Some(stored)
    }

    /// Where the message of this id stands. Under a deviation ids reach into every queue of every project, from any
    /// queue that exists.
    pub(super) fn locate(&mut self, caller: &Caller, queue: &QueueName, id: &str) -> Option<Place> {
        let id = id_of(id)?;
        let place = |project: &ProjectId, queue: &QueueName, number| Place {
            project: project.clone(),
            queue: queue.clone(),
            number,
        };
        if let Some(number) = self.stored_queue(caller, queue)?.messages.find(id) {
            return Some(place(&caller.project, queue, number));
        }
        let deviations = self.settings.deviations;
        if !deviations.has(Deviation::MessageIdsGlobal) {
            return None;
        }
        let mut all = self.projects.iter_mut().flat_map(|(project, queues)| {
            queues.iter_mut().map(move |(name, queue)| (project, name, &mut queue.messages))
        });
        all.find_map(|(project, name, store)| {
            store.find(id)?;
            store.advance(caller.now, deviations, usize::MAX);
            store.find(id).map(|number| place(project, name, number))
        })
    }
}

impl Queue {
    /// Where the page after a marker begins: after a number, or after a message. Source: api-ref, "List Messages": a
    /// marker is opaque, and the id of the last message is one; MongoDB driver: what is none leads nowhere.
    fn place(&self, page: &Page) -> u64 {
        let Some(marker) = &page.marker else { return 0 };
        let number = marker.parse().ok().or_else(|| self.messages.find(id_of(marker)?));
        number.map_or(u64::MAX, |number: u64| number.saturating_add(1))
    }

    /// Where it begins on a server that looks for the rank of the marker, and takes the first one for none.
    /// Observed: zaqar 23.0.1.
    fn place_by_rank(&self, caller: &Caller, page: &Page, filter: Filter<'_>) -> Result<u64, Fault> {
        match &page.marker {
            None if filter.claimed => Err(unavailable("Messages could not be listed.")),
            None => Ok(self.messages.first_unclaimed(caller.now).unwrap_or_default()),
            Some(marker) => {
                let place = id_of(marker).and_then(|id| self.messages.place(id));
                Ok(place.filter(|(_, first)| !first).map_or(0, |(number, _)| number + 1))
            }
        }
    }
}

/// Whether messages of the queue are delayed unless they say otherwise.
fn delays(stored: &Queue) -> bool {
    stored.metadata.get("_default_message_delay").is_some_and(|delay| !crate::policy::is_falsy(delay))
}

/// An id as it was given out; other spellings of it name nothing.
pub(super) fn id_of(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|id| id.to_string() == text)
}

pub(super) fn count(ids: &[String]) -> i64 {
    i64::try_from(ids.len()).expect("a query is shorter")
}

/// What the link to the next page repeats.
fn said(wanted: Wanted) -> Vec<String> {
    let Wanted { echo, include_claimed, include_delayed } = wanted;
    let flags = [("echo", echo), ("include_claimed", include_claimed), ("include_delayed", include_delayed)];
    flags.into_iter().filter_map(|(key, flag)| Some(format!("{key}={}", flag?))).collect()
}

fn claim_of(view: View<'_>) -> Option<Uuid> {
    view.hold.and_then(|hold| hold.claim)
}

/// What is said of a queue or topic that is not there.
pub(super) fn no_queue(caller: &Caller, queue: &QueueName) -> Fault {
    let word = queue.kind().word();
    Fault::new(FaultKind::NotFound, format!("{word} {queue} does not exist for project {}", caller.project))
}

fn nothing_listed() -> Reply {
    told(200, None, |body| _ = body.set_json("messages", "[]").set_json("links", "[]"))
}
