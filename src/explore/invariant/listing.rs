//! Takes the answers that list messages.
//! Gives those that do not show what was posted and lives: each message once, in the order of the posts.
//! Never looks at identifiers but to see that no two are equal.

use std::collections::BTreeSet;

use serde_json::Value;

use super::View;

pub(super) fn everything_once(view: &View<'_>) -> Vec<String> {
    let wrong = view.observed.exchanges.iter().filter_map(|exchange| {
        let expected = view.promise.listings.get(&exchange.step)?;
        let document = exchange.response.json().unwrap_or_default();
        let text = wrong(&document, expected)?;
        Some(format!("step {}, {} {}: {text}", exchange.step, exchange.request.method, exchange.request.target))
    });
    wrong.collect()
}

fn wrong(document: &Value, expected: &[(Value, Value)]) -> Option<String> {
    let Some(messages) = document.get("messages").and_then(Value::as_array) else {
        return Some("no list of messages".into());
    };
    let part = |message: &Value, key: &str| message.get(key).cloned().unwrap_or_default();
    let observed: Vec<(Value, Value)> =
        messages.iter().map(|message| (part(message, "body"), part(message, "ttl"))).collect();
    if observed != expected {
        return Some(format!("{}, not {}", listed(&observed), listed(expected)));
    }
    let ids: BTreeSet<String> = messages.iter().map(|message| part(message, "id").to_string()).collect();
    (ids.len() < messages.len()).then(|| "two messages have the same id".into())
}

/// Bodies with their ttl, as far as anybody reads.
fn listed(messages: &[(Value, Value)]) -> String {
    let texts: Vec<String> = messages.iter().map(|(body, ttl)| format!("{body} for {ttl} s")).collect();
    if texts.is_empty() { "nothing".into() } else { texts.join(", ") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(messages: Value, expected: Option<&str>) {
        let posted = [(json!({ "n": 0 }), json!(60)), (json!({ "n": 1 }), json!(3600))];
        assert_eq!(wrong(&json!({ "messages": messages }), &posted).as_deref(), expected);
    }

    #[test]
    fn a_listing_shows_what_lives_once_and_in_order() {
        let message = |id: &str, n: u64, ttl: u64| json!({ "id": id, "body": { "n": n }, "ttl": ttl, "age": 3 });
        let (first, second) = (message("a", 0, 60), message("b", 1, 3600));
        check(json!([first, second]), None);
        let right = r#"{"n":0} for 60 s, {"n":1} for 3600 s"#;
        check(json!([second, first]), Some(&format!(r#"{{"n":1}} for 3600 s, {{"n":0}} for 60 s, not {right}"#)));
        check(json!([first]), Some(&format!(r#"{{"n":0}} for 60 s, not {right}"#)));
        check(json!([]), Some(&format!("nothing, not {right}")));
        check(json!([first, message("a", 1, 3600)]), Some("two messages have the same id"));
        check(json!(null), Some("no list of messages"));
    }
}
