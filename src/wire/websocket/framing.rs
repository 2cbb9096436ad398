//! Takes the frames of a websocket.
//! Gives the documents in them, and frames with documents: text is JSON, binary is MessagePack.
//! Never knows what a document means.

use rmpv::decode::read_value_with_max_depth;
use serde_json::{Map, Number, Value};

/// One message of a websocket. An answer comes in the framing of its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// JSON.
    Text(String),
    /// MessagePack.
    Binary(Vec<u8>),
}

/// How documents stand in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// As JSON.
    Text,
    /// As MessagePack.
    Binary,
}

impl Framing {
    /// A document in this framing.
    pub(super) fn frame(self, document: &Value) -> Frame {
        match self {
            Self::Text => Frame::Text(document.to_string()),
            Self::Binary => Frame::Binary(packed(document)),
        }
    }
}

/// How deep a document may be nested: as deep as the reader of JSON lets it be.
const DEPTH_MAX: usize = 128;

impl Frame {
    /// How its document stands in it.
    pub(super) const fn framing(&self) -> Framing {
        match self {
            Self::Text(_) => Framing::Text,
            Self::Binary(_) => Framing::Binary,
        }
    }

    /// The document in it, or what is wrong, named as Zaqar names it. Observed: zaqar 23.0.1.
    pub(super) fn document(&self) -> Result<Value, String> {
        match self {
            Self::Text(text) => serde_json::from_str(text)
                .map_err(|error| format!("Can't decode text (JSON) request. JSONDecodeError: {error}")),
            Self::Binary(bytes) => {
                unpacked(bytes).map_err(|text| format!("Can't decode binary (MessagePack) request. {text}"))
            }
        }
    }
}

/// The frame that brings a notification. None if a text that is not JSON was to become MessagePack: a subscription's
/// `post_data` can make it so.
pub fn notification(body: &[u8], framing: Framing) -> Option<Frame> {
    let text = std::str::from_utf8(body).ok()?;
    match framing {
        Framing::Text => Some(Frame::Text(text.to_owned())),
        Framing::Binary => serde_json::from_str(text).ok().map(|document| framing.frame(&document)),
    }
}

fn unpacked(mut bytes: &[u8]) -> Result<Value, String> {
    let packed = read_value_with_max_depth(&mut bytes, DEPTH_MAX).map_err(|error| format!("ValueError: {error}"))?;
    if !bytes.is_empty() {
        return Err("ExtraData: unpack(b) received extra data.".into());
    }
    json(packed).map_err(|what| format!("ValueError: {what} is not allowed"))
}

/// The same in JSON, which has no bytes, no NaN and no keys but text.
fn json(packed: rmpv::Value) -> Result<Value, &'static str> {
    Ok(match packed {
        rmpv::Value::Nil => Value::Null,
        rmpv::Value::Boolean(is) => is.into(),
        rmpv::Value::Integer(integer) => match (integer.as_i64(), integer.as_u64()) {
            (Some(signed), _) => signed.into(),
            (None, unsigned) => unsigned.into(),
        },
        rmpv::Value::F32(number) => float(number.into())?,
        rmpv::Value::F64(number) => float(number)?,
        rmpv::Value::String(text) => text.into_str().ok_or("text that is not UTF-8")?.into(),
        rmpv::Value::Binary(_) => return Err("binary data"),
        rmpv::Value::Ext(..) => return Err("an extension type"),
        rmpv::Value::Array(items) => Value::Array(items.into_iter().map(json).collect::<Result<_, _>>()?),
        rmpv::Value::Map(entries) => {
            let entry = |(key, value)| match key {
                rmpv::Value::String(key) => Ok((key.into_str().ok_or("text that is not UTF-8")?, json(value)?)),
                _ => Err("a map key that is not text"),
            };
            Value::Object(entries.into_iter().map(entry).collect::<Result<Map<_, _>, _>>()?)
        }
    })
}

fn float(number: f64) -> Result<Value, &'static str> {
    Number::from_f64(number).map(Value::Number).ok_or("a number that is none")
}

fn packed(document: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &msgpack(document)).expect("a vector takes everything");
    bytes
}

fn msgpack(document: &Value) -> rmpv::Value {
    match document {
        Value::Null => rmpv::Value::Nil,
        Value::Bool(is) => (*is).into(),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(signed), _, _) => signed.into(),
            (None, Some(unsigned), _) => unsigned.into(),
            (None, None, float) => float.map_or(rmpv::Value::Nil, Into::into),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => rmpv::Value::Array(items.iter().map(msgpack).collect()),
        Value::Object(keys) => {
            rmpv::Value::Map(keys.iter().map(|(key, value)| (key.as_str().into(), msgpack(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(bytes: &[u8], expected: Result<Value, &str>) {
        let read = Frame::Binary(bytes.into()).document();
        let expected = expected.map_err(|text| format!("Can't decode binary (MessagePack) request. {text}"));
        assert_eq!(read, expected, "{bytes:x?}");
    }

    #[test]
    fn documents_survive_both_framings() {
        let document = json!({"a": [1, -1, u64::MAX, null, true, 1.5, "\u{e9}", {}], "b": {"c": []}});
        for framing in [Framing::Text, Framing::Binary] {
            assert_eq!(framing.frame(&document).document(), Ok(document.clone()));
        }
    }

    #[test]
    fn what_json_has_not_is_refused() {
        check(b"\x93\x01\x02\x03", Ok(json!([1, 2, 3])));
        check(b"\xc4\x01x", Err("ValueError: binary data is not allowed"));
        check(b"\xd4\x01x", Err("ValueError: an extension type is not allowed"));
        check(b"\x81\x01\x02", Err("ValueError: a map key that is not text is not allowed"));
        check(b"\xca\x7f\xc0\x00\x00", Err("ValueError: a number that is none is not allowed"));
        check(b"\xa1\xff", Err("ValueError: text that is not UTF-8 is not allowed"));
        check(b"\x01\x02", Err("ExtraData: unpack(b) received extra data."));
    }

    #[test]
    fn what_is_cut_short_or_nested_without_end_is_refused() {
        for bytes in [&b""[..], b"\x81\xa1", b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff", &[0x91; 100_000]] {
            assert!(Frame::Binary(bytes.into()).document().is_err(), "{:x?}", &bytes[..bytes.len().min(9)]);
        }
        assert!(Frame::Text("[".repeat(100_000)).document().is_err());
    }

    #[test]
    fn a_notification_that_is_no_json_can_only_be_text() {
        assert_eq!(notification(b"{\"a\":1}", Framing::Binary), Some(Frame::Binary(b"\x81\xa1a\x01".to_vec())));
        assert_eq!(notification(b"not json", Framing::Text), Some(Frame::Text("not json".into())));
        assert_eq!(notification(b"not json", Framing::Binary), None);
    }
}
