//! Takes stored messages.
//! Gives the documents in which a client sees them.
//! Never shows a body encrypted, unless a deviation says so.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Settings;
use super::checksum::checksum;
use super::encryption::decrypt;
use super::store::{Form, View};
use crate::protocol::{Deviation, QueueName};
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
    pub(super) fn entry(&self, view: View<'_>, claim: Option<Uuid>) -> Value {
        let id = view.message.id;
        let claim = claim.map(|claim| format!("?claim_id={claim}")).unwrap_or_default();
        let href = format!("{}/messages/{id}{claim}", self.queue.path());
        let mut entry = self.described(view);
        entry.insert("href".into(), href.into());
        entry.into()
    }

    /// A message as `pop` and the statistics show it. Source: api-ref, "Delete A Set Of Messages".
    pub(super) fn with_claim(&self, view: View<'_>) -> Map<String, Value> {
        let mut entry = self.described(view);
        let claim = view.hold.and_then(|hold| hold.claim).map(|claim| claim.to_string());
        entry.insert("claim_id".into(), claim.into());
        entry.insert("claim_count".into(), view.hold.map_or(0, |hold| hold.count).into());
        entry
    }

    fn described(&self, view: View<'_>) -> Map<String, Value> {
        let body = self.body(view);
        let age = self.now.since(view.posted()).as_secs();
        let sum = self.settings.options.enable_checksum.then(|| checksum(&body)).flatten();
        let id = view.message.id.to_string();
        let mut entry = Map::new();
        for (key, value) in [("id", json!(id)), ("ttl", json!(view.message.ttl_s)), ("age", json!(age)), ("body", body)]
        {
            entry.insert(key.into(), value);
        }
        entry.extend(sum.map(|sum| ("checksum".to_owned(), Value::from(sum))));
        entry
    }

    fn body(&self, view: View<'_>) -> Value {
        let stored = serde_json::from_str(&view.message.body).expect("what is stored is JSON");
        let Settings { options, deviations, .. } = self.settings;
        let reveal = self.reveal || !deviations.has(Deviation::CiphertextHandedOut);
        match (view.message.form, &stored) {
            (form @ (Form::Text | Form::Document), Value::String(secret)) if reveal => {
                decrypt(&options.message_encryption_key, form, secret).unwrap_or(stored)
            }
            _ => stored,
        }
    }
}
