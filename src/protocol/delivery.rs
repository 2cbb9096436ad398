//! Takes nothing.
//! Gives [`Delivery`], one HTTP request or one mail that the model wants sent, and [`DeliveryOutcome`], what became of it.
//! Never makes the request.

use bytes::Bytes;

use crate::time::Duration;

/// Names one request on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryId(pub u64);

/// One attempt at notifying one subscriber of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Under which its outcome is reported.
    pub id: DeliveryId,
    /// How it is brought to the subscriber.
    pub means: Means,
    /// The method; `POST` unless a redirect changed it.
    pub method: Method,
    /// The subscriber's address.
    pub url: String,
    /// Headers besides `host` and `content-length`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// How long to wait for the whole answer; `None` means for ever.
    pub timeout: Option<Duration>,
}

/// How a delivery is brought to its subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// A request to the subscriber's address.
    Http,
    /// The body is a mail, headers and all, for the operator's mail command: nothing is requested.
    Mail,
}

/// The method of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of HTTP")]
pub enum Method {
    Get,
    Post,
}

impl Method {
    /// As written on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// A complete answer came.
    Answered {
        /// Its status.
        status: u16,
        /// Its `location` header.
        location: Option<String>,
    },
    /// No answer, or none that is HTTP: refused, reset, closed, cut short, or no such host.
    ConnectionError,
    /// No complete answer within [`Delivery::timeout`].
    TimedOut,
}
