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
    /// An object with the keys that `write` sets.
    pub(crate) fn object(write: impl FnOnce(&mut Object<'_>)) -> Self {
        let mut text = String::with_capacity(ROOM);
        write_object(&mut text, write);
        Self(text)
    }

    /// A list of documents.
    pub(crate) fn list(entries: impl IntoIterator<Item = Self>) -> Self {
        let mut text = String::new();
        write_list(&mut text, entries, |text, entry| text.push_str(&entry.0));
        Self(text)
    }

    /// The document as a value.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.0).expect("it was written as JSON")
    }

    /// The document as text.
    pub fn as_str(&self) -> &str {
        &self.0
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
        Self(text_of(&value))
    }
}

/// A JSON object in the making.
#[derive(Debug)]
pub(crate) struct Object<'a>(&'a mut String);

impl Object<'_> {
    /// Adds a key, which needs no escapes, and its value.
    pub(crate) fn set(&mut self, key: &str, value: &(impl Serialize + ?Sized)) -> &mut Self {
        self.set_json(key, &text_of(value))
    }

    /// Adds a key and its value, a text of these parts, which need no escapes.
    pub(crate) fn set_plain(&mut self, key: &str, parts: &[&str]) -> &mut Self {
        self.add_key(key);
        write_plain(self.0, parts);
        self
    }

    /// Adds a key and its value, a list of such texts.
    pub(crate) fn set_plains<'p, const N: usize>(
        &mut self,
        key: &str,
        entries: impl IntoIterator<Item = [&'p str; N]>,
    ) -> &mut Self {
        self.add_key(key);
        write_list(self.0, entries, |text, parts| write_plain(text, &parts));
        self
    }

    /// Adds a key and its value, which looks in JSON as it is displayed.
    pub(crate) fn set_shown(&mut self, key: &str, value: impl fmt::Display) -> &mut Self {
        self.add_key(key);
        let _ = write!(self.0, "{value}"); // Writing to a string can't fail.
        self
    }

    /// Adds a key and its value, which is JSON.
    pub(crate) fn set_json(&mut self, key: &str, json: &str) -> &mut Self {
        self.add_key(key);
        self.0.push_str(json);
        self
    }

    /// Adds a key and its value, an object with the keys that `write` sets.
    pub(crate) fn set_object(&mut self, key: &str, write: impl FnOnce(&mut Object<'_>)) -> &mut Self {
        self.add_key(key);
        write_object(self.0, write);
        self
    }

    /// Adds a key and its value, a list of objects: one for each entry, with the keys that `write` sets.
    pub(crate) fn set_objects<T>(
        &mut self,
        key: &str,
        entries: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Object<'_>, T),
    ) -> &mut Self {
        self.add_key(key);
        write_list(self.0, entries, |text, entry| write_object(text, |object| write(object, entry)));
        self
    }

    fn add_key(&mut self, key: &str) {
        separate(self.0);
        write_plain(self.0, &[key]);
        self.0.push(':');
    }
}

/// A value as JSON. Quicker than how it displays itself.
pub(crate) fn text_of(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("what a server answers is JSON")
}

/// How long an object is expected to be.
const ROOM: usize = 256;

fn write_object(text: &mut String, write: impl FnOnce(&mut Object<'_>)) {
    text.push('{');
    write(&mut Object(text));
    text.push('}');
}

fn write_list<T>(text: &mut String, entries: impl IntoIterator<Item = T>, write: impl Fn(&mut String, T)) {
    text.push('[');
    for entry in entries {
        separate(text);
        write(text, entry);
    }
    text.push(']');
}

fn write_plain(text: &mut String, parts: &[&str]) {
    text.push('"');
    parts.iter().for_each(|part| text.push_str(part));
    text.push('"');
}

/// A comma, unless the list or object has only begun.
fn separate(text: &mut String) {
    if !text.ends_with(['[', '{']) {
        text.push(',');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_has_its_keys_in_order_and_its_texts_as_they_are() {
        let document = Document::object(|object| {
            object.set("b", "a \"b\"").set("a", &[1, 2]).set_json("c", "{ }").set_plain("d", &["1", "-", "2"]);
            object.set_object("e", |object| _ = object.set_shown("n", 1).set_shown("m", 2)).set("f", "[");
            object.set_objects("g", 0..2, |object, n| _ = object.set_shown("n", n)).set_plains("h", [["i"], ["j"]]);
        });
        let text = r#"{"b":"a \"b\"","a":[1,2],"c":{ },"d":"1-2","e":{"n":1,"m":2},"f":"[","#;
        assert_eq!(document.to_string(), format!(r#"{text}"g":[{{"n":0}},{{"n":1}}],"h":["i","j"]}}"#));
        assert_eq!(document.value()["g"], json!([{"n": 0}, {"n": 1}]));
    }

    #[test]
    fn lists_and_objects_may_be_empty() {
        assert_eq!(Document::object(|_| {}).to_string(), "{}");
        assert_eq!(Document::object(|object| _ = object.set_objects("a", [(); 0], |_, ()| {})).as_str(), r#"{"a":[]}"#);
        assert_eq!(Document::list([]).to_string(), "[]");
        let pair = [json!(1), json!({"a": []})].map(Document::from);
        assert_eq!(Document::list(pair).into_text(), r#"[1,{"a":[]}]"#);
    }
}
