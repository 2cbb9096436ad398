//! Takes the body of a request.
//! Gives it as JSON, or the fault that answers what is none.
//! Never looks further inside a document: the model does.

use serde_json::Value;

use super::{HttpRequest, PATCH_MEDIA_TYPE};
use crate::model::Settings;
use crate::protocol::{Deviation, Deviations, Fault, FaultKind};

/// The metadata of a queue, measured before it is read.
pub(super) fn metadata(request: &HttpRequest, settings: &Settings) -> Result<Option<Value>, Fault> {
    check_size(request, settings, FaultKind::InvalidApiRequest)?;
    document(request, settings.deviations)
}

/// The changes of a queue.
pub(super) fn changes(request: &HttpRequest, settings: &Settings) -> Result<Option<Value>, Fault> {
    check_size(request, settings, FaultKind::InvalidRequestBody)?;
    if request.header("content-type") != Some(PATCH_MEDIA_TYPE) {
        let text = format!("Accepted media type for PATCH: {{'Accept-Patch': '{PATCH_MEDIA_TYPE}'}}.");
        return Err(Fault::new(FaultKind::UnsupportedMediaType, text));
    }
    document(request, settings.deviations)
}

fn check_size(request: &HttpRequest, settings: &Settings, kind: FaultKind) -> Result<(), Fault> {
    let max = settings.options.max_queue_metadata;
    let size = body(request, settings.deviations).len();
    if i64::try_from(size).is_ok_and(|size| size <= max) {
        return Ok(());
    }
    Err(Fault::new(kind, format!("Queue metadata is too large. Max size: {max}")))
}

/// The body, as far as a server reads it.
fn body(request: &HttpRequest, deviations: Deviations) -> &[u8] {
    let chunked = request.header("transfer-encoding").is_some();
    if chunked && deviations.has(Deviation::ChunkedBodyUnread) { &[] } else { &request.body }
}

/// The body as JSON: an object or an array, its integers within 64 bits. Observed: zaqar 23.0.1.
pub(super) fn document(request: &HttpRequest, deviations: Deviations) -> Result<Option<Value>, Fault> {
    let body = body(request, deviations);
    if body.is_empty() {
        return Ok(None);
    }
    let fault = |text| Fault::new(FaultKind::InvalidRequestBody, text);
    match parse(body) {
        Ok(value) => Ok(Some(value)),
        Err(Unreadable::LargeInteger) => Err(fault("JSON contains integer that is too large.")),
        Err(Unreadable::Malformed) => Err(fault("Request body could not be parsed.")),
    }
}

/// The body of a request about pools and flavors, which must have one. Observed: zaqar 23.0.1.
pub(super) fn admin_document(request: &HttpRequest) -> Result<Value, Fault> {
    parse(&request.body).map_err(|_| Fault::new(FaultKind::InvalidRequestBody, "JSON could not be parsed."))
}

#[derive(Debug, PartialEq, Eq)]
enum Unreadable {
    LargeInteger,
    Malformed,
}

fn parse(body: &[u8]) -> Result<Value, Unreadable> {
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(_) | Value::Array(_)) if has_large_integer(body) => Err(Unreadable::LargeInteger),
        Ok(value @ (Value::Object(_) | Value::Array(_))) => Ok(value),
        Ok(_) | Err(_) => Err(Unreadable::Malformed),
    }
}

/// Whether well-formed JSON has an integer outside of 64 bits with a sign. It is looked for in the text, as a parsed
/// number no longer tells whether it was written as an integer.
fn has_large_integer(json: &[u8]) -> bool {
    let mut at = 0;
    while at < json.len() {
        match json[at] {
            b'"' => at += string_length(&json[at..]),
            b'-' | b'0'..=b'9' => {
                let in_number = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
                let length = json[at..].iter().take_while(|byte| in_number(byte)).count();
                let number = &json[at..at + length];
                let is_integer = number[1..].iter().all(u8::is_ascii_digit);
                if is_integer && str::from_utf8(number).is_ok_and(|text| text.parse::<i64>().is_err()) {
                    return true;
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    false
}

/// The length of the string that the text begins with, quotes and all.
fn string_length(json: &[u8]) -> usize {
    let mut at = 1;
    while at < json.len() && json[at] != b'"' {
        at += if json[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(), Unreadable>) {
        assert_eq!(parse(text.as_bytes()).map(|_| ()), expected, "{text}");
    }

    #[test]
    fn a_chunked_body_is_read_but_by_a_server_that_wants_a_length() {
        let headers = vec![("transfer-encoding".into(), "chunked".into())];
        let request = HttpRequest { headers, body: "{}".into(), ..HttpRequest::default() };
        assert!(document(&request, Deviations::NONE).unwrap().is_some());
        assert!(document(&request, Deviations::NONE.with(Deviation::ChunkedBodyUnread)).unwrap().is_none());
    }

    #[test]
    fn a_body_is_an_object_or_an_array() {
        check("{}", Ok(()));
        check(" [1, {\"a\": null}] ", Ok(()));
        for text in ["", "null", "1", "\"a\"", "{} x", "{\"a\": NaN}", "[1e400]", "{", "[\u{0}]"] {
            check(text, Err(Unreadable::Malformed));
        }
        assert_eq!(parse(b"[\"\xff\"]"), Err(Unreadable::Malformed));
    }

    #[test]
    fn integers_have_64_bits() {
        check("[9223372036854775807, -9223372036854775808]", Ok(()));
        check("[1e300, 1.5, 100000000000000000000.0]", Ok(()));
        check("[\"99999999999999999999\", \"\\\"99999999999999999999\"]", Ok(()));
        check("[9223372036854775808]", Err(Unreadable::LargeInteger));
        check("[-9223372036854775809]", Err(Unreadable::LargeInteger));
        check("{\"a\": [100000000000000000000]}", Err(Unreadable::LargeInteger));
    }
}
