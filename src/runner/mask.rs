//! Takes what a server wrote.
//! Gives the same without what differs from run to run: identifiers and the order they make, addresses of subscribers,
//! ages, signatures and when they end.
//! Never masks a count, a status or a word.

use serde_json::Value;
use uuid::Uuid;
use uuid::fmt::{Hyphenated, Simple};

/// The document with identifiers, addresses and ages masked, wherever they stand.
pub(super) fn mask(document: &Value) -> Value {
    match document {
        Value::String(text) => Value::String(mask_text(text)),
        Value::Array(items) => items.iter().map(mask).collect(),
        Value::Object(keys) => {
            let masked = |(key, value): (&String, &Value)| match (key.as_str(), value) {
                ("age", Value::Number(_)) => (key.clone(), "{age}".into()),
                ("URL-Expires" | "URL-Signature", Value::String(_)) => (key.clone(), format!("{{{key}}}").into()),
                ("subscriptions", Value::Array(items)) => (key.clone(), items.iter().map(listed).collect()),
                _ => (key.clone(), mask(value)),
            };
            keys.iter().map(masked).collect()
        }
        other => other.clone(),
    }
}

/// An entry of a list of subscriptions: the list is in the order of random ids, so who stands where, and who is on a page
/// at all, differs from run to run.
fn listed(subscription: &Value) -> Value {
    let mut masked = mask(subscription);
    if let Some(subscriber) = masked.get_mut("subscriber") {
        *subscriber = "{subscriber}".into();
    }
    masked
}

/// A UUID becomes `{uuid}`, with and without hyphens; the address of a subscriber becomes its name in braces.
pub(super) fn mask_text(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let (mask, length) = if let Some(length) = uuid(rest, masked.as_bytes().last()) {
            ("{uuid}".to_owned(), length)
        } else if let Some((name, length)) = address(rest) {
            (format!("{{{name}}}"), length)
        } else {
            (next.to_string(), next.len_utf8())
        };
        masked += &mask;
        rest = &rest[length..];
    }
    masked
}

/// The length of the UUID that `text` starts with. One in the middle of a longer number is none.
fn uuid(text: &str, before: Option<&u8>) -> Option<usize> {
    let is_whole = |length: usize| {
        let part = text.get(..length)?;
        let ends = !text[length..].starts_with(|c: char| c.is_ascii_hexdigit());
        (ends && Uuid::try_parse(part).is_ok()).then_some(length)
    };
    let inside = before.is_some_and(u8::is_ascii_hexdigit);
    if inside { None } else { is_whole(Hyphenated::LENGTH).or_else(|| is_whole(Simple::LENGTH)) }
}

/// The name and the length of the address of a subscriber: `http://host:port/name` on a network, `http://name.test/` on
/// the model.
fn address(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix("http://")?;
    let slash = rest.find('/')?;
    let (authority, path) = (&rest[..slash], &rest[slash + 1..]);
    let start = text.len() - rest.len();
    if let Some(name) = authority.strip_suffix(".test").filter(|name| name.bytes().all(in_a_name)) {
        return Some((name, start + slash + 1));
    }
    let (host, port) = authority.rsplit_once(':')?;
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_host = !host.is_empty() && host.bytes().all(|byte| in_a_name(byte) || b".:[]".contains(&byte));
    let name = &path[..path.bytes().position(|byte| !in_a_name(byte)).unwrap_or(path.len())];
    (is_port && is_host && !name.is_empty()).then(|| (name, start + slash + 1 + name.len()))
}

const fn in_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(mask_text(text), expected);
    }

    #[test]
    fn what_differs_from_run_to_run_is_masked() {
        check("x 4ef3da41-af53-4c07-96d5-7b89af752778, é", "x {uuid}, é");
        check("project 46c9f04b28e04ccfa991af9e25cd8b6a-main", "project {uuid}-main");
        check("46c9f04b28e04ccfa991af9e25cd8b6a0", "46c9f04b28e04ccfa991af9e25cd8b6a0");
        check("to http://127.0.0.1:35989/hook.", "to {hook}.");
        check("http://[::1]:80/a http://b.test/", "{a} {b}");
        check("http://example.com/hook http://h:80/", "http://example.com/hook http://h:80/");
        assert_eq!(mask(&json!({"age": 3, "b": {"age": "old"}})), json!({"age": "{age}", "b": {"age": "old"}}));
    }
}
