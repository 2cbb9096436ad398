//! Takes a script of websocket frames, `tests/api/websocket.frames.json`.
//! Gives what is sent for each step, and the answers with everything taken out that differs from run to run.
//! Never says which answers are right: recordings do.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::script::{Names, recording};

/// The script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    /// What it walks through.
    #[expect(dead_code, reason = "for people who read the file")]
    pub about: String,
    pub steps: Vec<Step>,
}

/// A frame, or the end of a connection.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// What comes now; for people who read the file.
    #[serde(default)]
    #[expect(dead_code, reason = "for people who read the file")]
    pub about: Option<String>,
    /// The action.
    #[serde(default, rename = "do")]
    pub action: Option<String>,
    /// Replaces the headers every request has, or takes them away where it is null.
    #[serde(default)]
    pub headers: BTreeMap<String, Value>,
    #[serde(default)]
    pub body: Option<Value>,
    /// Whether the document goes as MessagePack.
    #[serde(default)]
    pub binary: bool,
    /// A text frame instead of a document.
    #[serde(default)]
    pub text: Option<String>,
    /// A binary frame instead of a document.
    #[serde(default)]
    pub hex: Option<String>,
    /// By which connection; there is one unless others are named.
    #[serde(default = "first")]
    pub on: String,
    /// How many notifications come on which connection.
    #[serde(default)]
    pub notified: BTreeMap<String, usize>,
    /// The connection is closed instead.
    #[serde(default)]
    pub close: bool,
}

fn first() -> String {
    "a".into()
}

/// What a client sends or gets.
#[derive(Clone, Debug)]
pub(crate) enum Wire {
    Text(String),
    Binary(Vec<u8>),
}

/// What came of a step.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// None if the server closed the connection.
    pub answer: Option<Wire>,
    pub notifications: BTreeMap<String, Vec<Wire>>,
}

impl Script {
    pub(crate) fn read() -> Self {
        let path = recording("websocket", "frames");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

impl Step {
    /// What is sent; nothing if the step only closes or comments.
    pub(crate) fn frame(&self, names: &Names) -> Option<Wire> {
        if let Some(hex) = &self.hex {
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("two hexadecimal digits");
            return Some(Wire::Binary((0..hex.len()).step_by(2).map(byte).collect()));
        }
        if let Some(text) = &self.text {
            return Some(Wire::Text(text.clone()));
        }
        let document = self.document(names)?;
        Some(if self.binary { Wire::Binary(packed(&document)) } else { Wire::Text(document.to_string()) })
    }

    fn document(&self, names: &Names) -> Option<Value> {
        let mut headers: Map<String, Value> =
            [("Client-ID", "3381af92-2b9e-11e3-b191-71861300734c"), ("X-Project-ID", "p1")]
                .map(|(name, value)| (name.to_owned(), value.into()))
                .into_iter()
                .collect();
        headers.extend(self.headers.clone());
        headers.retain(|_, value| !value.is_null());
        let mut document = json!({ "action": self.action.as_ref()?, "headers": headers });
        if let Some(body) = &self.body {
            document["body"] = body.clone();
        }
        Some(serde_json::from_str(&names.filled(&document.to_string())).expect("it stays JSON"))
    }

    /// What is compared of an outcome.
    pub(crate) fn recorded(&self, names: &mut Names, outcome: &Outcome) -> Value {
        let what = self.action.clone().or_else(|| self.text.clone()).or_else(|| self.hex.clone());
        let mut record = json!({ "do": what });
        match &outcome.answer {
            None => record["closed"] = true.into(),
            Some(answer) => {
                let (framing, mut answer) = read(answer);
                let mut asked = self.document(names).unwrap_or_default();
                if asked.get("body").is_none() {
                    asked["body"] = json!({});
                }
                asked["api"] = "v2".into();
                if answer["request"] != asked {
                    record["request"] = answer["request"].take();
                }
                record["framing"] = framing.into();
                record["status"] = answer["headers"]["status"].take();
                record["body"] = answer["body"].take();
            }
        }
        for (connection, came) in &outcome.notifications {
            let came: Vec<Value> = came.iter().map(read).map(|(framing, body)| json!({ framing: body })).collect();
            record[format!("notified {connection}")] = came.into();
        }
        names.rename(&mut record);
        let text = UNDECODABLE.replace_all(&record.to_string(), "$1 <why>").into_owned();
        serde_json::from_str(&CONNECTION.replace_all(&text, "http://<websocket>/")).expect("it stays JSON")
    }
}

static UNDECODABLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(Can't decode [^"]* request\.) [^"\\]*"#).expect("it is one"));
static CONNECTION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"http://127\.0\.0\.1:\d{4,5}/").expect("it is one"));

/// The framing of what came, and its document.
pub(crate) fn read(wire: &Wire) -> (&'static str, Value) {
    match wire {
        // What a subscription's `post_data` makes of a notification need not be JSON.
        Wire::Text(text) => ("text", serde_json::from_str(text).unwrap_or_else(|_| text.clone().into())),
        Wire::Binary(bytes) => ("binary", unpacked(bytes)),
    }
}

/// An encoder of MessagePack that is not the server's: it is what a client would send.
fn packed(document: &Value) -> Vec<u8> {
    rmp_serde::to_vec(document).expect("JSON can be packed")
}

fn unpacked(bytes: &[u8]) -> Value {
    rmp_serde::from_slice(bytes).expect("the server packs JSON")
}
