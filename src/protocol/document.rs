//! Takes values, and JSON that is text already.
//! Gives a JSON document as text, its keys in the order in which they were added.
//! Never reads a text again to put it into another.
//!
//! `serde_json::value::RawValue` would do the same, but with it a client's key of a certain name is read as JSON of its
//! own, as deep as it likes.

use std::fmt::{self, Write};

use serde::Serialize;
use serde_json::Value;

/// A JSON document that is written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document(String);

impl Document {
    /// A list of documents.
    pub(crate) fn list(entries: impl IntoIterator<Item = Self>) -> Self {
        let mut text = String::with_capacity(ROOM);
        text.push('[');
        for entry in entries {
            separate(&mut text);
            text.push_str(&entry.0);
        }
        text.push(']');
        Self(text)
    }

    /// The document as a value.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).expect("it was written as JSON")
    }

    /// The document as text.
    pub fn into_text(self) -> String {
        self.0
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self(value.to_string())
    }
}

/// A JSON object in the making.
#[derive(Debug)]
pub(crate) struct Object(String);

impl Object {
    /// One without keys.
    pub(crate) fn new() -> Self {
        let mut text = String::with_capacity(ROOM);
        text.push('{');
        Self(text)
    }

    /// Adds a key, which needs no escapes, and its value.
    pub(crate) fn set(&mut self, key: &str, value: &(impl Serialize + ?Sized)) -> &mut Self {
        self.set_json(key, &serde_json::to_string(value).expect("what a server answers is JSON"))
    }

    /// Adds a key and its value, a text without anything to escape.
    pub(crate) fn set_plain(&mut self, key: &str, value: fmt::Arguments<'_>) -> &mut Self {
        self.set_shown(key, format_args!("\"{value}\""))
    }

    /// Adds a key and its value, which looks in JSON as it is displayed.
    pub(crate) fn set_shown(&mut self, key: &str, number: impl fmt::Display) -> &mut Self {
        self.add_key(key);
        let _ = write!(self.0, "{number}"); // Writing to a string can't fail.
        self
    }

    /// Adds a key and its value, which is JSON.
    pub(crate) fn set_json(&mut self, key: &str, json: &str) -> &mut Self {
        self.add_key(key);
        self.0.push_str(json);
        self
    }

    /// Adds a key and its value, a document.
    pub(crate) fn set_document(&mut self, key: &str, document: &Document) -> &mut Self {
        self.set_json(key, &document.0)
    }

    /// The whole object.
    pub(crate) fn finish(mut self) -> Document {
        self.0.push('}');
        Document(self.0)
    }

    fn add_key(&mut self, key: &str) {
        separate(&mut self.0);
        for part in ["\"", key, "\":"] {
            self.0.push_str(part);
        }
    }
}

/// How long an object is expected to be.
const ROOM: usize = 256;

/// A comma, unless the list or object has only begun.
fn separate(text: &mut String) {
    if text.len() > 1 {
        text.push(',');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_has_its_keys_in_order_and_its_texts_as_they_are() {
        let mut object = Object::new();
        object.set("b", "a \"b\"").set("a", &[1, 2]).set_json("c", "{ }").set_plain("d", format_args!("{}-{}", 1, 2));
        let document = object.finish();
        assert_eq!(document.to_string(), r#"{"b":"a \"b\"","a":[1,2],"c":{ },"d":"1-2"}"#);
        assert_eq!(document.value(), json!({"a": [1, 2], "b": "a \"b\"", "c": {}, "d": "1-2"}));
    }

    #[test]
    fn lists_and_objects_may_be_empty() {
        assert_eq!(Object::new().finish().to_string(), "{}");
        assert_eq!(Document::list([]).to_string(), "[]");
        let pair = [json!(1), json!({"a": []})].map(Document::from);
        assert_eq!(Document::list(pair).into_text(), r#"[1,{"a":[]}]"#);
    }
}
