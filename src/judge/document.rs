//! Takes a JSON document and the part of it that is expected.
//! Gives the part that was seen: equal to the expected one exactly when the document matches.
//! Never looks at keys that the expectation does not name.

use serde_json::{Map, Value};
use uuid::Uuid;

/// Stands in an expected text for an identifier that the server has made.
const ID: &str = "{id}";

/// What `seen` holds at the places that `expected` names. Arrays are compared whole, element by element.
pub(super) fn project(expected: &Value, seen: &Value) -> Value {
    match (expected, seen) {
        (Value::Object(expected), Value::Object(seen)) => {
            let part = |(key, value): (&String, &Value)| Some((key.clone(), project(value, seen.get(key)?)));
            Value::Object(expected.iter().filter_map(part).collect::<Map<_, _>>())
        }
        (Value::Array(expected), Value::Array(seen)) if expected.len() == seen.len() => {
            expected.iter().zip(seen).map(|(expected, seen)| project(expected, seen)).collect()
        }
        (Value::String(pattern), Value::String(text)) if holds_id(pattern, text) => expected.clone(),
        _ => seen.clone(),
    }
}

/// Whether the text is the expected one with an identifier, whatever its form, in place of [`ID`].
fn holds_id(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once(ID) else { return false };
    let id = text.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    id.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)))
}

/// The document with every UUID in its texts written as `{uuid}`: a server makes new ones on every run, and what is
/// pinned in a ledger must not change with them.
pub fn without_uuids(document: Value) -> Value {
    match document {
        Value::String(text) => Value::String(mask(&text)),
        Value::Array(items) => items.into_iter().map(without_uuids).collect(),
        Value::Object(keys) => keys.into_iter().map(|(key, value)| (key, without_uuids(value))).collect(),
        other => other,
    }
}

fn mask(text: &str) -> String {
    const LENGTH: usize = uuid::fmt::Hyphenated::LENGTH;
    let is_uuid = |start: usize| text.get(start..start + LENGTH).is_some_and(|part| Uuid::try_parse(part).is_ok());
    let mut masked = String::new();
    let mut start = 0;
    while let Some(next) = text[start..].chars().next() {
        if is_uuid(start) {
            masked += "{uuid}";
            start += LENGTH;
        } else {
            masked.push(next);
            start += next.len_utf8();
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(expected: &Value, seen: &Value, matches: bool) {
        assert_eq!(project(expected, seen) == *expected, matches, "{expected} in {seen}");
    }

    #[test]
    fn keys_that_are_not_expected_are_free_and_missing_ones_are_not() {
        check(&json!({"a": 1}), &json!({"a": 1, "b": 2}), true);
        check(&json!({"a": 1}), &json!({"b": 2}), false);
        check(&json!({"a": {"b": []}}), &json!({"a": {"b": [], "c": 1}}), true);
        check(&json!({"a": [{"b": 1}]}), &json!({"a": [{"b": 1, "c": 2}]}), true);
        check(&json!({"a": [1]}), &json!({"a": [1, 2]}), false);
        check(&json!({"a": null}), &json!({}), false);
        check(&json!({"a": 5}), &json!({"a": 5.0}), false);
    }

    #[test]
    fn an_identifier_may_be_any() {
        check(&json!("/s/{id}/confirm"), &json!("/s/4ef3da41-af53/confirm"), true);
        check(&json!("/s/{id}/confirm"), &json!("/s/{id}/confirm"), true);
        check(&json!("/s/{id}/confirm"), &json!("/s//confirm"), false);
        check(&json!("/s/{id}/confirm"), &json!("/s/a/b/confirm"), false);
        check(&json!("/s/{id}/confirm"), &json!("/s/a"), false);
    }

    #[test]
    fn uuids_are_masked_wherever_they_stand() {
        let seen = json!({"a": ["x 4ef3da41-af53-4c07-96d5-7b89af752778, é"], "b": "4ef3da41-af53-4c07-96d5"});
        assert_eq!(without_uuids(seen), json!({"a": ["x {uuid}, é"], "b": "4ef3da41-af53-4c07-96d5"}));
    }
}
