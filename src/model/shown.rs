//! Takes stored messages.
//! Gives the documents in which a client sees them.
//! Never shows a body encrypted, unless a deviation says so.

use std::borrow::Cow;

use serde_json::Value;
use uuid::Uuid;

use super::Settings;
use super::checksum::checksum;
use super::encryption::decrypt;
use super::store::{Form, View};
use crate::protocol::{Deviation, Document, Object, QueueName};
use crate::time::Instant;

/// How the messages of one answer are shown.
pub(super) struct Shown<'a> {
    pub(super) now: Instant,
    pub(super) queue: &'a QueueName,
    /// Whether encrypted bodies are.
    pub(super) reveal: bool,
    pub(super) settings: &'a Settings,
}

impl Shown<'_> {
    /// Adds messages as lists and claims show them, each with the claim that its link names.
    pub(super) fn messages<'v>(
        &self,
        body: &mut Object<'_>,
        views: impl IntoIterator<Item = (View<'v>, Option<Uuid>)>,
    ) {
        let path = path_in_json(self.queue);
        body.set_objects("messages", views, |entry, (view, claim)| self.entry(entry, &path, view, claim));
    }

    /// One message as lists show it.
    pub(super) fn message(&self, view: View<'_>, claim: Option<Uuid>) -> Document {
        Document::object(|entry| self.entry(entry, &path_in_json(self.queue), view, claim))
    }

    /// Source: api-ref, "List Messages".
    fn entry(&self, entry: &mut Object<'_>, path: &str, view: View<'_>, claim: Option<Uuid>) {
        set_id(entry, view);
        link(entry, path, view, claim);
        entry.set_shown("ttl", view.message.ttl_s).set_shown("age", self.age(view));
        self.describe(entry, view);
    }

    /// A message as `pop` shows it. Source: api-ref, "Delete A Set Of Messages".
    pub(super) fn popped(&self, view: View<'_>) -> Document {
        Document::object(|entry| {
            set_id(entry, view);
            self.count(entry, view);
        })
    }

    /// Adds a message with what the statistics say of it. Observed: zaqar 23.0.1; the API reference names no keys.
    pub(super) fn statistic(&self, entry: &mut Object<'_>, view: View<'_>, created: &str) {
        link(entry, &path_in_json(self.queue), view, None);
        self.count(entry, view);
        entry.set_plain("created", &[created]);
    }

    /// Adds what is known of a message and of its claim.
    fn count(&self, entry: &mut Object<'_>, view: View<'_>) {
        entry.set_shown("age", self.age(view)).set_shown("ttl", view.message.ttl_s);
        let claim = view.hold.and_then(|hold| hold.claim).map(|claim| claim.to_string());
        self.describe(entry, view);
        entry.set("claim_id", &claim).set("claim_count", &view.hold.map_or(0, |hold| hold.count));
    }

    /// Adds the body, and its checksum where there is one.
    fn describe(&self, entry: &mut Object<'_>, view: View<'_>) {
        let body = self.body(view);
        entry.set_json("body", &body);
        if self.settings.options.enable_checksum
            && let Some(sum) = checksum(&value_of(&body))
        {
            entry.set("checksum", &sum);
        }
    }

    fn age(&self, view: View<'_>) -> u64 {
        self.now.since(view.posted()).as_secs()
    }

    /// The body as JSON, in the clear if it is to be.
    fn body<'v>(&self, view: View<'v>) -> Cow<'v, str> {
        let Settings { options, deviations, .. } = self.settings;
        let reveal = self.reveal || !deviations.has(Deviation::CiphertextHandedOut);
        let stored = Cow::Borrowed(&*view.message.body);
        match view.message.form {
            form @ (Form::Text | Form::Document) if reveal => {
                let secret = value_of(&stored);
                let clear = secret.as_str().and_then(|secret| decrypt(&options.message_encryption_key, form, secret));
                clear.map_or(stored, |clear| Cow::Owned(clear.to_string()))
            }
            _ => stored,
        }
    }
}

fn set_id(entry: &mut Object<'_>, view: View<'_>) {
    entry.set_plain("id", &[view.message.id.hyphenated().encode_lower(&mut Uuid::encode_buffer())]);
}

/// The path of a queue as JSON has it: of all that a name may contain, only a line feed is escaped.
pub(super) fn path_in_json(queue: &QueueName) -> String {
    queue.path().replace('\n', "\\n")
}

/// Adds the address of a message.
fn link(entry: &mut Object<'_>, queue: &str, view: View<'_>, claim: Option<Uuid>) {
    let (mut id, mut of_claim) = (Uuid::encode_buffer(), Uuid::encode_buffer());
    let parts = [queue, "/messages/", view.message.id.hyphenated().encode_lower(&mut id)];
    match claim {
        None => entry.set_plain("href", &parts),
        Some(claim) => {
            let [queue, messages, id] = parts;
            let claim = claim.hyphenated().encode_lower(&mut of_claim);
            entry.set_plain("href", &[queue, messages, id, "?claim_id=", claim])
        }
    };
}

fn value_of(stored: &str) -> Value {
    serde_json::from_str(stored).expect("what is stored is JSON")
}
