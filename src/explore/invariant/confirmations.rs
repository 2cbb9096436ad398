//! Takes the confirmations that reach subscribers, and the promise of each.
//! Gives those that are missing, that nobody was to get, that can't be answered, or that come out of time.
//! Never checks a signature: only the server has the key. Where one subscription is asked more than once, which attempt
//! belongs to which time can't be told: there it counts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::View;
use super::content::{first_wrong, inside, wrong_headers};
use super::timing::{first_wrong_gap, tell_gap};
use crate::explore::promise::Asked;
use crate::judge::Attempt;
use crate::scenario::Confirmation;
use crate::wire::HttpResponse;

/// Whom a confirmation reaches, which one, and the subscription that it names.
type Key = (String, Confirmation, String);

/// Every time that one subscriber was asked about one subscription, and the attempts.
struct Row<'a> {
    key: Key,
    asked: Vec<&'a Asked>,
    attempts: &'a [&'a Attempt],
    hidden: bool,
}

impl std::fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {} for {}", self.key.0, self.key.1.name(), self.key.2)
    }
}

/// Each confirmation is attempted, and retried while it fails and retries are left.
pub(super) fn all_asked(view: &View<'_>) -> Vec<String> {
    let missing = rows(view).into_iter().filter(|row| !row.hidden).filter_map(|row| {
        let (asked, count) = (row.asked.len(), row.attempts.len());
        if count < asked {
            return Some(format!("{row}: asked {count} times, not {asked}"));
        }
        let [only] = row.asked[..] else { return None };
        let last = row.attempts.last().filter(|last| view.failed(last))?;
        let (due, by) = (only.retries.len() + 1, view.kind(last).name());
        (count < due).then(|| format!("{row}: ended after {count} of {due} attempts, the last one failed ({by})"))
    });
    missing.collect()
}

/// Nobody else is asked, nobody too often, and who is asked can answer.
pub(super) fn as_documented(view: &View<'_>) -> Vec<String> {
    let rows = rows(view);
    let known = |key: &Key| rows.iter().any(|row| row.key == *key);
    let others = view.confirmations.iter().filter(|(key, _)| !known(key)).map(|(key, attempts)| {
        let (name, confirmation, id) = key;
        format!("{name}: {} attempts of {} for {id:?}, which were not due", attempts.len(), confirmation.name())
    });
    let wrong = rows.iter().filter_map(|row| {
        let most: usize = row.asked.iter().map(|asked| asked.retries.len() + 1).sum();
        if row.attempts.len() > most {
            return Some(format!("{row}: {} attempts where the policies allow {most}", row.attempts.len()));
        }
        row.attempts.iter().find_map(|attempt| wrong_content(view, row, attempt)).map(|text| format!("{row}: {text}"))
    });
    others.chain(wrong).collect()
}

/// Retries follow the policy, and end with an answer.
pub(super) fn on_schedule(view: &View<'_>) -> Vec<String> {
    let wrong = rows(view).into_iter().filter_map(|row| {
        let [only] = row.asked[..] else { return None };
        if let Some(found) = first_wrong_gap(&only.retries, row.attempts, row.hidden) {
            return Some(tell_gap(&row, found));
        }
        let answered = row.attempts.iter().position(|attempt| !view.failed(attempt))?;
        let after = row.attempts.len() - answered - 1;
        (after > 0).then(|| format!("{row}: {after} more after attempt {} was answered", answered + 1))
    });
    wrong.collect()
}

fn rows<'a>(view: &'a View<'_>) -> Vec<Row<'a>> {
    let mut asked = BTreeMap::<Key, Vec<&Asked>>::new();
    for one in &view.promise.confirmations {
        let Some(id) = answer(view, one.made).and_then(subscription_id) else { continue };
        asked.entry((one.subscriber.clone(), one.confirmation, id)).or_default().push(one);
    }
    let row = |(key, asked): (Key, Vec<&'a Asked>)| {
        let attempts = view.confirmations.get(&key).map_or(&[][..], Vec::as_slice);
        Row { hidden: view.hides(&key.0), key, asked, attempts }
    };
    asked.into_iter().map(row).collect()
}

fn answer<'a>(view: &'a View<'_>, step: usize) -> Option<&'a HttpResponse> {
    view.observed.exchanges.iter().find(|exchange| exchange.step == step).map(|exchange| &exchange.response)
}

fn subscription_id(answer: &HttpResponse) -> Option<String> {
    Some(answer.json()?.get("subscription_id")?.as_str()?.to_owned())
}

/// Source: The Subscription Confirm Guide, steps 2 and 3; confirmation-options.
fn wrong_content(view: &View<'_>, row: &Row<'_>, attempt: &Attempt) -> Option<String> {
    // The options may have been changed between two times; which of them count for an attempt can't be told then.
    let options = &row.asked.first()?.options;
    if row.asked.iter().any(|asked| asked.options != *options) {
        return None;
    }
    let document = match inside(options, attempt) {
        Ok(document) => document,
        Err(text) => return Some(text),
    };
    let queue = &row.asked[0].queue;
    let expected = [
        ("queue_name", json!(queue)),
        ("SubscribeBody", json!({ "confirmed": true })),
        ("UnsubscribeBody", json!({ "confirmed": false })),
        ("URL-Methods", json!("PUT")),
        ("URL-Paths", json!(format!("/v2/queues/{queue}/subscriptions/{}/confirm", row.key.2))),
        ("X-Project-ID", project(view, row.asked[0].made)),
    ];
    let says = |key: &str| document.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let empty = ["Message", "URL-Expires", "URL-Signature"].into_iter().find(|key| !says(key));
    wrong_headers(options, attempt)
        .or_else(|| first_wrong(&document, &expected))
        .or_else(|| empty.map(|key| format!("{key} is missing")))
}

/// The project of the request that made the subscription.
fn project(view: &View<'_>, step: usize) -> Value {
    let exchange = view.observed.exchanges.iter().find(|exchange| exchange.step == step);
    exchange
        .and_then(|exchange| exchange.request.header("x-project-id"))
        .map(|project| json!(project))
        .unwrap_or_default()
}
