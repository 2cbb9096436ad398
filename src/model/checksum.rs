//! Takes the body of a message.
//! Gives its checksum, over the text that the reference would digest.
//! Never changes what is stored.

use std::io;

use md5::{Digest, Md5};
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// `MD5:` and the digest of the body as Python writes JSON; nothing for null. Observed: zaqar 23.0.1.
pub(super) fn checksum(body: &Value) -> Option<String> {
    (!body.is_null()).then(|| format!("MD5:{:x}", Md5::digest(python_json(body))))
}

/// JSON as Python's `json.dumps` writes it: ASCII only, blanks after commas and colons.
fn python_json(value: &Value) -> Vec<u8> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, Python)).expect("a value is JSON and memory takes it");
    text
}

struct Python;

impl Formatter for Python {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let text = Value::from(value).to_string();
        match text.split_once('e') {
            None => writer.write_all(text.as_bytes()),
            Some((digits, exponent)) => {
                let sign = if exponent.starts_with('-') { '-' } else { '+' };
                let exponent = exponent.trim_start_matches(['-', '+']);
                write!(writer, "{digits}e{sign}{exponent:0>2}")
            }
        }
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        for character in fragment.chars() {
            if matches!(character, ' '..='~') {
                write!(writer, "{character}")?;
                continue;
            }
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(body: &Value, expected: &str) {
        assert_eq!(String::from_utf8(python_json(body)).unwrap(), expected);
    }

    #[test]
    fn a_body_is_written_as_python_writes_it() {
        check(&json!({"a": ["ä", null, true, "\u{1f600}"]}), r#"{"a": ["\u00e4", null, true, "\ud83d\ude00"]}"#);
        check(&json!("a\n\u{7f}\"\\"), r#""a\n\u007f\"\\""#);
        check(&json!([1.0, 1e16, 1.5e-7, 123.25]), "[1.0, 1e+16, 1.5e-07, 123.25]");
    }

    #[test]
    fn checksums_are_those_of_the_reference() {
        assert_eq!(checksum(&json!("text")).as_deref(), Some("MD5:20cd815523e5806aec29a57282b0d49f"));
        assert_eq!(checksum(&json!(null)), None);
    }
}
