//! Takes a script of HTTP requests under `tests/api/`.
//! Gives it played on a server, its answers with everything taken out that differs from run to run.
//! Never says which answers are right: recordings do.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use zaqarcheck::wire::{HttpRequest, HttpResponse};

/// The headers of an answer that are part of the API.
const HEADERS: [&str; 6] = ["allow", "cache-control", "content-location", "content-type", "location", "vary"];

/// A script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    /// What it walks through.
    #[expect(dead_code, reason = "for people who read the file")]
    pub about: String,
    /// Options of the server, by the names of its configuration file.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    pub steps: Vec<Step>,
}

/// A request, or a wait.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// `GET /v2/queues`.
    #[serde(default, rename = "do")]
    pub request: String,
    /// Replaces the headers every request has, or takes them away where it is null.
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    #[serde(default)]
    pub body: Option<Value>,
    /// The body, if it is to be no JSON.
    #[serde(default)]
    pub raw: Option<String>,
    /// Seconds of the server's clock.
    #[serde(default)]
    pub wait_s: Option<u64>,
}

impl Script {
    pub(crate) fn read(area: &str) -> Self {
        let path = folder().join(format!("{area}.json"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

/// Every area that has a script.
pub(crate) fn areas() -> Vec<String> {
    let entries = fs::read_dir(folder()).expect("the folder is there");
    let names = entries.map(|entry| entry.expect("it is readable").file_name().into_string().expect("ASCII names"));
    let mut areas: Vec<String> = names
        .filter_map(|name| name.strip_suffix(".json").filter(|area| !area.contains('.')).map(str::to_owned))
        .collect();
    areas.sort();
    areas
}

/// Where the answers of an area stand, by who gave them.
pub(crate) fn recording(area: &str, who: &str) -> PathBuf {
    folder().join(format!("{area}.{who}.json"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api")
}

/// The names of the ids that have appeared, and back.
#[derive(Debug, Default)]
pub(crate) struct Names(Vec<String>);

static ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").expect("it is one"));
static TIME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?").expect("it is one"));
static SIGNATURE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b[0-9a-f]{64}\b").expect("it is one"));
static MARKER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(subscriptions\?.*marker=)[0-9a-f-]{36}").expect("it is one"));
/// The reference says what is wrong with a document twice, and then prints the whole schema.
static SCHEMA: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)^\(.*\): (.*?)\n\nFailed validating .*$").expect("it is one"));
static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<id-(\d+)>").expect("it is one"));

impl Names {
    /// The request of a step; nothing if it only waits.
    pub(crate) fn request(&self, step: &Step) -> Option<HttpRequest> {
        let (method, target) = step.request.split_once(' ')?;
        let mut headers = BTreeMap::from([
            ("client-id".to_owned(), Some("3381af92-2b9e-11e3-b191-71861300734c".to_owned())),
            ("x-project-id".to_owned(), Some("p1".to_owned())),
        ]);
        headers.extend(step.headers.clone());
        let headers = headers.into_iter().filter_map(|(name, value)| Some((name, self.filled(&value?)))).collect();
        let body = step.body.as_ref().map(Value::to_string).or_else(|| step.raw.clone()).unwrap_or_default();
        Some(HttpRequest {
            method: method.into(),
            target: self.filled(target),
            headers,
            body: self.filled(&body).into(),
        })
    }

    pub(crate) fn filled(&self, text: &str) -> String {
        let real = |found: &regex::Captures<'_>| {
            let number: usize = found[1].parse().expect("digits");
            self.0.get(number - 1).cloned().unwrap_or_else(|| found[0].to_owned())
        };
        NAME.replace_all(text, real).into_owned()
    }

    /// What is compared of an answer.
    pub(crate) fn answer(&mut self, step: &Step, response: &HttpResponse) -> Value {
        let mut headers = Map::new();
        for name in HEADERS {
            if let Some(value) = response.header(name) {
                headers.insert(name.into(), self.named(value).into());
            }
        }
        let body = match serde_json::from_slice::<Value>(&response.body) {
            Ok(mut document) => {
                self.rename(&mut document);
                document
            }
            Err(_) => self.named(&String::from_utf8_lossy(&response.body)).into(),
        };
        json!({"do": step.request, "status": response.status, "headers": headers, "body": body})
    }

    pub(crate) fn rename(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.named(text),
            Value::Array(items) => {
                // Subscriptions are listed by their ids, which are random.
                items.sort_by_key(|item| item.get("subscriber").and_then(Value::as_str).map(str::to_owned));
                items.iter_mut().for_each(|item| self.rename(item));
            }
            Value::Object(keys) => keys.values_mut().for_each(|value| self.rename(value)),
            _ => {}
        }
    }

    fn named(&mut self, text: &str) -> String {
        let text = SCHEMA.replace(text, "${1}");
        let text = MARKER.replace_all(&text, "${1}<last>");
        let text = TIME.replace_all(&text, "<time>");
        let text = SIGNATURE.replace_all(&text, "<signature>");
        let name = |found: &regex::Captures<'_>| {
            let known = self.0.iter().position(|id| *id == found[0]);
            let number = known.unwrap_or_else(|| {
                self.0.push(found[0].to_owned());
                self.0.len() - 1
            });
            format!("<id-{}>", number + 1)
        };
        ID.replace_all(&text, name).into_owned()
    }
}

/// The first place at which two lists of answers differ. Ages may differ by as much as a slow machine makes of them, and
/// how long an operation took may differ.
pub(crate) fn difference(expected: &[Value], observed: &[Value]) -> Option<String> {
    if expected.len() != observed.len() {
        return Some(format!("{} answers instead of {}", observed.len(), expected.len()));
    }
    let pairs = expected.iter().zip(observed).enumerate();
    let mut different = pairs.filter(|(_, (expected, observed))| !alike(expected, observed));
    let show = |value: &Value| serde_json::to_string_pretty(value).expect("it is JSON");
    different.next().map(|(index, (expected, observed))| {
        let more = different.count();
        format!("step {index}\nexpected {}\nobserved {}\nand {more} more", show(expected), show(observed))
    })
}

fn alike(expected: &Value, observed: &Value) -> bool {
    match (expected, observed) {
        (Value::Array(expected), Value::Array(observed)) => {
            expected.len() == observed.len() && expected.iter().zip(observed).all(|(one, other)| alike(one, other))
        }
        (Value::Object(expected), Value::Object(observed)) => {
            let same = |(key, value): (&String, &Value)| match (key.as_str(), value.as_i64(), observed.get(key)) {
                ("age", Some(age), Some(other)) => other.as_i64().is_some_and(|other| (age - other).abs() <= 20),
                ("seconds", _, Some(other)) => value.is_number() && other.is_number(),
                (_, _, Some(other)) => alike(value, other),
                (_, _, None) => false,
            };
            expected.len() == observed.len() && expected.iter().all(same)
        }
        (expected, observed) => expected == observed,
    }
}

/// The answers of a recording, one a line.
pub(crate) fn read_answers(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn write_answers(path: &Path, answers: &[Value]) {
    let lines: Vec<String> = answers.iter().map(|answer| format!("  {answer}")).collect();
    let text = format!("[\n{}\n]\n", lines.join(",\n"));
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
