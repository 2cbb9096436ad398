//! Takes a request that reached a subscriber.
//! Gives the confirmation in it, and whether it holds all that the subscriber needs to answer it.
//! Never checks a signature: only the server has the key.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::scenario::Confirmation;
use crate::wire::HttpRequest;

/// The keys of the request that a subscriber is to send. Source: The Subscription Confirm Guide, step 2.
const LINK: [&str; 5] = ["URL-Expires", "URL-Methods", "URL-Paths", "URL-Signature", "X-Project-ID"];
/// Those that a server may make anew for every attempt.
const MADE_ANEW: [&str; 2] = ["URL-Expires", "URL-Signature"];

/// The confirmation that a request carries, wherever in its document `post_data` has put it.
pub fn read(request: &HttpRequest) -> Option<(Confirmation, Map<String, Value>)> {
    find(&request.json()?)
}

fn find(document: &Value) -> Option<(Confirmation, Map<String, Value>)> {
    match document {
        Value::Object(keys) => {
            let kind = keys.get("Message_Type").and_then(Value::as_str);
            match Confirmation::ALL.into_iter().find(|confirmation| Some(confirmation.name()) == kind) {
                Some(confirmation) => Some((confirmation, keys.clone())),
                None => keys.values().find_map(find),
            }
        }
        Value::Array(items) => items.iter().find_map(find),
        _ => None,
    }
}

/// What [`link_of`] gives of a confirmation that can be answered.
pub(super) fn whole_link() -> Value {
    json!(LINK)
}

/// The keys of the link that are there and say something.
pub(super) fn link_of(request: &HttpRequest) -> Value {
    let keys = read(request).map(|(_, keys)| keys).unwrap_or_default();
    let says = |key: &&str| keys.get(*key).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    LINK.into_iter().filter(says).collect()
}

/// The body as it must be the same on every attempt: of a confirmation without what may be made anew.
pub(super) fn without_signature(request: &HttpRequest) -> Cow<'_, [u8]> {
    match (read(request), request.json()) {
        (Some(_), Some(mut document)) => {
            strip(&mut document);
            Cow::Owned(document.to_string().into_bytes())
        }
        _ => Cow::Borrowed(&request.body),
    }
}

fn strip(document: &mut Value) {
    match document {
        Value::Object(keys) => {
            keys.retain(|key, _| !MADE_ANEW.contains(&key.as_str()));
            keys.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: &Value) -> HttpRequest {
        HttpRequest { body: body.to_string().into(), ..HttpRequest::default() }
    }

    #[track_caller]
    fn check(body: &Value, expected: Option<Confirmation>, link: &[&str]) {
        let request = request(body);
        assert_eq!(read(&request).map(|(confirmation, _)| confirmation), expected);
        assert_eq!(link_of(&request), json!(link));
    }

    #[test]
    fn a_confirmation_is_found_wherever_post_data_puts_it() {
        let asks = json!({"Message_Type": "SubscriptionConfirmation", "URL-Signature": "s", "URL-Paths": ""});
        check(&asks, Some(Confirmation::SubscriptionConfirmation), &["URL-Signature"]);
        let tells = json!({"x": [{"Message_Type": "UnsubscribeConfirmation", "X-Project-ID": "p"}]});
        check(&tells, Some(Confirmation::UnsubscribeConfirmation), &["X-Project-ID"]);
        check(&json!({"Message_Type": "Notification", "URL-Signature": "s"}), None, &[]);
    }

    #[test]
    fn only_the_signature_and_its_end_may_be_made_anew() {
        let body = |signature: &str, path: &str| {
            let document =
                json!({"Message_Type": "SubscriptionConfirmation", "URL-Signature": signature, "URL-Paths": path});
            without_signature(&request(&document)).into_owned()
        };
        assert_eq!(body("1", "p"), body("2", "p"));
        assert_ne!(body("1", "p"), body("1", "q"));
    }
}
