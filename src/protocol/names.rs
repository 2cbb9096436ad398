//! Takes text from outside.
//! Gives names and ids that are known to be well-formed, so that nobody checks them twice.
//! Never repairs a bad name, and never copies a good one: whoever needs one of his own shares it.

use std::fmt;
use std::sync::Arc;

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

/// What messages are posted to. Each kind has a name space of its own; a topic has neither claims nor pre-signed URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QueueKind {
    /// A queue: its messages are read, claimed and sent to subscribers.
    Queue,
    /// A topic: its messages are meant for subscribers. Source: spec, "Introduce Topic resource for notification".
    Topic,
}

/// The name of a queue or a topic: 1 to 64 letters, digits, `_`, `-` or `.`. Observed: zaqar 23.0.1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueueName {
    kind: QueueKind,
    name: Arc<str>,
}

impl QueueName {
    /// The queue of this name, if it is well-formed.
    pub fn parse(text: &str) -> Option<Self> {
        Self::of_kind(QueueKind::Queue, text)
    }

    /// The queue or topic of this name, if it is well-formed.
    pub fn of_kind(kind: QueueKind, text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        ((1..=64).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self { kind, name: text.into() })
    }

    /// The name without its kind.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// Whether it names a queue or a topic.
    pub const fn kind(&self) -> QueueKind {
        self.kind
    }

    /// Where it is found: `/v2/queues/orders`, `/v2/topics/news`.
    pub fn path(&self) -> String {
        [self.kind.path(), "/", &self.name].concat()
    }

    /// The name as a client wrote it, where a server looks for a queue before it looks at the name.
    pub fn of_text(text: &str) -> Self {
        Self { kind: QueueKind::Queue, name: text.into() }
    }

    /// The name where a server takes one that ends with a line feed.
    pub fn with_newline(kind: QueueKind, text: &str) -> Option<Self> {
        let short = text.len() <= 64;
        let well_formed = text.strip_suffix('\n').filter(|name| short && Self::of_kind(kind, name).is_some());
        well_formed.map(|_| Self { kind, name: text.into() })
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl QueueKind {
    /// Where all of a kind are listed.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Queue => "/v2/queues",
            Self::Topic => "/v2/topics",
        }
    }

    /// The word that error answers call it by.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Queue => "Queue",
            Self::Topic => "Topic",
        }
    }
}

/// A tenant: any text but the empty one. Source: api-ref, `X-Project-ID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectId(Arc<str>);

text_newtype!(ProjectId);

impl ProjectId {
    /// The id, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.into()))
    }

    /// Whether it is too long to own a queue. Observed: zaqar 23.0.1; what belongs to no queue takes any length.
    pub fn is_too_long(&self) -> bool {
        self.0.chars().count() > 256
    }

    /// The id as a client wrote it, where a server takes any.
    pub fn of_text(text: &str) -> Self {
        Self(text.into())
    }
}

/// Who sends a request: one of the programs of a tenant. Source: api-ref, `Client-ID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientId(Arc<str>);

text_newtype!(ClientId);

impl ClientId {
    /// The client that says so. Spellings of one UUID are one client.
    pub fn of_uuid(uuid: Uuid) -> Self {
        Self(text_of(uuid))
    }

    /// The client of this name, where a server takes any.
    pub fn of_text(text: &str) -> Self {
        Self(text.into())
    }
}

/// A subscription's id, made by the server, or whatever a client takes for one: that names nothing then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubscriptionId(Arc<str>);

text_newtype!(SubscriptionId);

impl SubscriptionId {
    /// The id made of a random identifier.
    pub fn new(uuid: Uuid) -> Self {
        Self(text_of(uuid))
    }

    /// The id a client named.
    pub fn of_text(text: &str) -> Self {
        Self(text.into())
    }
}

fn text_of(uuid: Uuid) -> Arc<str> {
    Arc::from(&*uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
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
        check("a\n", false);
        assert_eq!(QueueName::with_newline(QueueKind::Queue, "a\n").as_ref().map(QueueName::as_str), Some("a\n"));
        assert_eq!(QueueName::with_newline(QueueKind::Queue, "\n"), None);
        assert_eq!(QueueName::with_newline(QueueKind::Queue, "a\n\n"), None);
    }
}
