//! Takes the requests that reach subscribers.
//! Gives where they are not what the documents say, or not the same on every attempt.
//! Never looks at when they came.

use serde_json::{Value, json};

use super::{Told, View};
use crate::judge::{Attempt, JOURNEY};

pub(super) fn as_documented(view: &View<'_>) -> Vec<String> {
    let unreadable = view.unreadable.iter().map(|attempt| {
        format!("{}, {}: a request that holds no message that was posted", attempt.subscriber, attempt.arrived)
    });
    let wrong = view.deliveries().filter_map(|told| {
        let first = told.attempts.first()?;
        wrong_headers(&told.promised.options, first)
            .or_else(|| wrong_body(&told, first))
            .map(|text| format!("{told}: {text}"))
    });
    unreadable.chain(wrong).collect()
}

/// The first header that is missing, of those that every request has and those that a subscription asks for.
pub(super) fn wrong_headers(options: &Value, attempt: &Attempt) -> Option<String> {
    let own = options.get("post_headers").and_then(Value::as_object);
    let own = own.into_iter().flatten().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
    let wanted = [("content-type", "application/json")].into_iter().chain(own);
    let has = |name: &str, value: &str| {
        attempt.request.headers.iter().any(|(key, held)| key.eq_ignore_ascii_case(name) && held == value)
    };
    let mut missing = wanted.filter(|(name, value)| !has(name, value));
    missing.next().map(|(name, value)| format!("the header {name}: {value} is missing"))
}

/// A template holds the notification somewhere; without one the body is it.
fn wrong_body(told: &Told<'_>, attempt: &Attempt) -> Option<String> {
    let notification = match inside(&told.promised.options, attempt) {
        Ok(notification) => notification,
        Err(text) => return Some(text),
    };
    let expected = [
        ("Message_Type", json!("Notification")),
        ("body", told.promised.body.clone()),
        ("queue_name", json!(told.promised.queue)),
        ("ttl", told.promised.ttl.clone()),
    ];
    first_wrong(&notification, &expected)
}

/// The document that a request carries: its body, or what stands in the template's one place.
pub(super) fn inside(options: &Value, attempt: &Attempt) -> Result<Value, String> {
    let document = attempt.request.json().ok_or("the body is no JSON")?;
    match options.get("post_data") {
        None => Ok(document),
        Some(_) => document.get("inside").cloned().ok_or_else(|| "the body is not that of post_data".into()),
    }
}

/// The first key that does not hold what it should.
pub(super) fn first_wrong(document: &Value, expected: &[(&str, Value)]) -> Option<String> {
    let wrong = expected.iter().find(|(key, value)| document.get(key) != Some(value));
    wrong.map(|(key, value)| format!("{key} is {}, not {value}", document.get(key).unwrap_or(&Value::Null)))
}

pub(super) fn same_every_attempt(view: &View<'_>) -> Vec<String> {
    let differs = view.deliveries().filter_map(|told| {
        let first = told.attempts.first()?;
        let other = told.attempts.iter().position(|attempt| content(attempt) != content(first))?;
        Some(format!("{told}: attempt {} differs from the first", other + 1))
    });
    differs.collect()
}

/// Everything but what describes the journey.
fn content(attempt: &Attempt) -> (&[u8], Vec<(String, &str)>) {
    let headers = attempt.request.headers.iter().map(|(name, value)| (name.to_lowercase(), value.as_str()));
    let mut headers: Vec<_> = headers.filter(|(name, _)| !JOURNEY.contains(&name.as_str())).collect();
    headers.sort();
    (&attempt.request.body, headers)
}
