//! Takes text, and headers as a library has them.
//! Gives an HTTP request and an HTTP response as plain values.
//! Never frames them: that is hyper's work.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

/// A request: what a client sends to a server, or a server to a subscriber.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Headers in order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty if there is none.
    pub body: Bytes,
}

impl HttpRequest {
    /// The value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The body as JSON, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// A response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// 100 to 999.
    pub status: u16,
    /// Headers in order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty if there is none.
    pub body: Bytes,
}

impl HttpResponse {
    /// The value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The body as JSON, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// What may not stand in an address, besides other alphabets.
const NOT_IN_ADDRESSES: &AsciiSet = &CONTROLS.add(b' ');

/// The text with everything escaped that may not stand in an address: spaces, control characters, other alphabets.
pub fn escaped(address: &str) -> String {
    Cow::from(utf8_percent_encode(address, NOT_IN_ADDRESSES)).into_owned()
}

/// The headers in order, as text; what is not UTF-8 in a value is replaced.
pub fn text_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let any = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let text = |value: &HeaderValue| value.to_str().map_or_else(|_| any(value), str::to_owned);
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}
