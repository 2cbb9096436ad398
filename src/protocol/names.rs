//! Takes text from outside.
//! Gives names and ids that are known to be well-formed, so that nobody checks them twice.
//! Never repairs a bad name.

use std::fmt;

use uuid::Uuid;

macro_rules! text_newtype {
    ($name:ident) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// A queue's name: 1 to 64 letters, digits, `_`, `-` or `.`. Observed: zaqar 23.0.1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueueName(String);

text_newtype!(QueueName);

impl QueueName {
    /// The name, if it is well-formed.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        ((1..=64).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.into()))
    }
}

/// A tenant: 1 to 256 characters. Source: api-ref, `X-Project-ID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectId(String);

text_newtype!(ProjectId);

impl ProjectId {
    /// The id, if it is well-formed.
    pub fn parse(text: &str) -> Option<Self> {
        (!text.is_empty() && text.chars().count() <= 256).then(|| Self(text.into()))
    }
}

/// Who sends a request: one of the programs of a tenant. Source: api-ref, `Client-ID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientId(String);

text_newtype!(ClientId);

impl ClientId {
    /// The client that says so. Spellings of one UUID are one client.
    pub fn of_uuid(uuid: Uuid) -> Self {
        Self(uuid.to_string())
    }

    /// The client of this name, where a server takes any.
    pub fn of_text(text: &str) -> Self {
        Self(text.into())
    }
}

/// A subscription's id, made by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubscriptionId(Uuid);

impl SubscriptionId {
    /// The id made of a random identifier.
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The id a client named, if it has the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::parse_str(text).ok().map(Self)
    }
}

impl fmt::Display for SubscriptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_names_are_checked_at_both_ends_of_their_length() {
        let check = |text: &str, expected| assert_eq!(QueueName::parse(text).is_some(), expected, "{text:?}");
        check("", false);
        check("a", true);
        check(&"q".repeat(64), true);
        check(&"q".repeat(65), false);
        check("a.b_c-D9", true);
        check("a b", false);
        check("ä", false);
    }
}
