//! Takes the document of a frame and the action it names.
//! Gives whether it has the parts that the action needs, each of the right kind.
//! Never looks at a value further than at its kind. Observed: zaqar 23.0.1, its request schemas.

use serde_json::{Map, Value};

use super::action::Action;

/// Whether the document fits its action.
pub(super) fn fits(action: Action, document: &Map<String, Value>) -> bool {
    let Some(headers) = document.get("headers").and_then(Value::as_object) else { return false };
    let headers_fit = needed_headers(action).iter().all(|name| headers.contains_key(*name))
        && HEADERS.iter().all(|name| headers.get(*name).is_none_or(Value::is_string));
    headers_fit && body_fits(action, document.get("body"))
}

/// Headers that are text where they are given.
const HEADERS: [&str; 6] = ["User-Agent", "Date", "Accept", "Client-ID", "X-Project-ID", "X-Auth-Token"];

const fn needed_headers(action: Action) -> &'static [&'static str] {
    match action {
        Action::GetHomeDoc | Action::CheckNodeHealth | Action::PingNode => &[],
        Action::Authenticate => &["X-Project-ID", "X-Auth-Token"],
        _ => &["Client-ID", "X-Project-ID"],
    }
}

fn body_fits(action: Action, body: Option<&Value>) -> bool {
    let Some(fields) = fields(action) else { return true };
    match body {
        None => action == Action::QueueList,
        Some(Value::Object(body)) => fields.iter().all(|field| field.fits(body)),
        Some(_) => false,
    }
}

/// A key of a body.
struct Field {
    name: &'static str,
    kind: Kind,
    needed: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Array,
    Boolean,
    Integer,
    Object,
    Text,
}

impl Field {
    fn fits(&self, body: &Map<String, Value>) -> bool {
        match body.get(self.name) {
            None => !self.needed,
            Some(value) => match self.kind {
                Kind::Array => value.is_array(),
                Kind::Boolean => value.is_boolean(),
                Kind::Integer => value.is_i64() || value.is_u64(),
                Kind::Object => value.is_object(),
                Kind::Text => value.is_string(),
            },
        }
    }
}

const fn needs(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, needed: true }
}

const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, needed: false }
}

const QUEUE: Field = needs("queue_name", Kind::Text);
const LIMIT: Field = may("limit", Kind::Integer);
const MARKER: Field = may("marker", Kind::Text);
const TTL: Field = may("ttl", Kind::Integer);

/// The keys of a body that are looked at; none if the body is not.
const fn fields(action: Action) -> Option<&'static [Field]> {
    Some(match action {
        Action::GetHomeDoc | Action::CheckNodeHealth | Action::PingNode | Action::Authenticate => return None,
        Action::QueueList => const { &[MARKER, LIMIT, may("detailed", Kind::Boolean)] },
        Action::QueueCreate | Action::QueueDelete | Action::QueueGet | Action::QueueGetStats => const { &[QUEUE] },
        Action::QueuePurge => const { &[QUEUE, may("resource_types", Kind::Array)] },
        Action::MessageList => {
            const { &[QUEUE, MARKER, LIMIT, may("echo", Kind::Boolean), may("include_claimed", Kind::Boolean)] }
        }
        Action::MessageGet => const { &[QUEUE, needs("message_id", Kind::Text)] },
        Action::MessageGetMany => const { &[QUEUE, needs("message_ids", Kind::Array)] },
        Action::MessagePost => const { &[QUEUE, needs("messages", Kind::Array)] },
        Action::MessageDelete => const { &[QUEUE, needs("message_id", Kind::Text), may("claim_id", Kind::Text)] },
        Action::MessageDeleteMany => {
            const { &[QUEUE, may("message_ids", Kind::Array), may("claim_ids", Kind::Array), may("pop", Kind::Integer)] }
        }
        Action::ClaimCreate => const { &[QUEUE, LIMIT, TTL, may("grace", Kind::Integer)] },
        Action::ClaimGet | Action::ClaimDelete => const { &[QUEUE, needs("claim_id", Kind::Text)] },
        Action::ClaimUpdate => const { &[QUEUE, needs("claim_id", Kind::Text), TTL] },
        Action::PoolList | Action::PoolCreate | Action::PoolUpdate | Action::PoolGet | Action::PoolDelete => {
            const { &[needs("pool_name", Kind::Text)] }
        }
        Action::FlavorCreate => const { &[needs("flavor_name", Kind::Text), needs("pool_name", Kind::Text)] },
        Action::FlavorList | Action::FlavorUpdate | Action::FlavorGet | Action::FlavorDelete => {
            const { &[needs("flavor_name", Kind::Text)] }
        }
        Action::SubscriptionList => const { &[QUEUE] },
        Action::SubscriptionCreate => {
            const { &[QUEUE, may("subscriber", Kind::Text), TTL, may("options", Kind::Object)] }
        }
        Action::SubscriptionDelete | Action::SubscriptionGet => {
            const { &[QUEUE, needs("subscription_id", Kind::Text)] }
        }
    })
}
