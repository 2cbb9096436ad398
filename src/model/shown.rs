//! Takes stored messages.
//! Gives the documents in which a client sees them.
//! Never shows a body encrypted, unless a deviation says so.

use std::borrow::Cow;
use std::fmt;

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
    /// A message as lists and claims show it; its link names the claim. Source: api-ref, "List Messages".
    pub(super) fn entry(&self, view: View<'_>, claim: Option<Uuid>) -> Document {
        let mut entry = Object::new();
        entry.set_plain("id", format_args!("{}", view.message.id));
        match claim {
            Some(claim) => self.link(&mut entry, view, format_args!("?claim_id={claim}")),
            None => self.link(&mut entry, view, format_args!("")),
        }
        entry.set_shown("ttl", view.message.ttl_s).set_shown("age", self.age(view));
        self.describe(&mut entry, view);
        entry.finish()
    }

    /// A message as `pop` shows it. Source: api-ref, "Delete A Set Of Messages".
    pub(super) fn popped(&self, view: View<'_>) -> Document {
        let mut entry = Object::new();
        entry.set_plain("id", format_args!("{}", view.message.id));
        self.count(&mut entry, view);
        entry.finish()
    }

    /// A message with what the statistics say of it. Observed: zaqar 23.0.1; the API reference names no keys.
    pub(super) fn statistic(&self, view: View<'_>, created: &str) -> Document {
        let mut entry = Object::new();
        self.link(&mut entry, view, format_args!(""));
        self.count(&mut entry, view);
        entry.set("created", created);
        entry.finish()
    }

    /// Adds its address. The name of a queue has nothing that JSON escapes.
    fn link(&self, entry: &mut Object, view: View<'_>, query: fmt::Arguments<'_>) {
        entry.set_plain("href", format_args!("{}/messages/{}{query}", self.queue.path(), view.message.id));
    }

    /// Adds what is known of a message and of its claim.
    fn count(&self, entry: &mut Object, view: View<'_>) {
        entry.set_shown("age", self.age(view)).set_shown("ttl", view.message.ttl_s);
        let claim = view.hold.and_then(|hold| hold.claim).map(|claim| claim.to_string());
        self.describe(entry, view);
        entry.set("claim_id", &claim).set("claim_count", &view.hold.map_or(0, |hold| hold.count));
    }

    /// Adds the body, and its checksum where there is one.
    fn describe(&self, entry: &mut Object, view: View<'_>) {
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

fn value_of(stored: &str) -> Value {
    serde_json::from_str(stored).expect("what is stored is JSON")
}
