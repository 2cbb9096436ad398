//! Takes the text of a target file, and the variables of the environment.
//! Gives all that a run has to know of a team's server, or everything that is wrong with the text, with its place.
//! Never takes a secret from the file itself: files are committed.

use std::collections::BTreeMap;
use std::net::IpAddr;

use http::{HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::Access;
use crate::scenario::{Capability, Diagnostic, annotate, decode_document, present, schema_of};

/// What a run has to know of a server: `zaqarcheck run --target my-server.json` needs nothing else. Options of the
/// command line are stronger than the file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetFile {
    /// Where editors find the schema; not used otherwise.
    #[serde(default, rename = "$schema", deserialize_with = "present")]
    #[schemars(with = "String")]
    pub schema: Option<String>,
    /// The version of this format.
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    /// Where the server is: `http://host:port`. With `command`, where that one will listen.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String", regex(pattern = r"^http://[^/]+/*$"))]
    pub url: Option<String>,
    /// The command that starts the server, and its arguments; `{port}` in one stands for a free port. It is ended with
    /// the run, with all its children.
    #[serde(default)]
    pub command: Vec<String>,
    /// How many times fast to let the clock of `command` run; needs libfaketime.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "u32", range(min = 1, max = 1000))]
    pub accelerate: Option<u32>,
    /// How many times fast the clock of the server at `url` runs.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "u32", range(min = 1, max = 1000))]
    pub time_scale: Option<u32>,
    /// What the server has been set up for.
    #[serde(default)]
    #[schemars(with = "Vec<Declarable>")]
    pub capabilities: Vec<Capability>,
    /// Headers of every request besides those that the harness sets: a text, or a secret from the environment, such as
    /// `{"X-Auth-Token": {"env": "OS_TOKEN"}}`. The value of such a variable is shown as `[hidden]` in whatever is
    /// written about the run.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, HeaderFile>")]
    pub headers: BTreeMap<String, Value>,
    /// The project in which everything is done, as where a token belongs to one. It has to be one that nobody else uses.
    /// Cases then share the names of their queues, so they are played one at a time, and before and after each of them
    /// its queues are deleted with their subscriptions; cases of several projects are not applicable. Without this key
    /// every case has new projects of its own, and cases are played side by side.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String", length(min = 1))]
    pub project: Option<String>,
    /// The ledger of what the server is known to do differently, from the folder of this file.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String", length(min = 1))]
    pub ledger: Option<String>,
    /// The address on which subscribers listen, 127.0.0.1 unless given.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "IpAddr")]
    pub bind: Option<IpAddr>,
    /// The host by which the server reaches the subscribers, where that is not `bind`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String", length(min = 1))]
    pub advertise: Option<String>,
    /// The most deliveries under way at once, 8 unless given.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "u32", range(min = 1, max = 1000))]
    pub jobs: Option<u32>,
    /// For the reader.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    pub notes: Option<String>,
}

/// What a server can be said to have: a network that can be cut is not among it.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "it is there for its schema")]
enum Declarable {
    Confirmation,
}

/// The value of a header.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "it is there for its schema, the values are read one by one for the sake of their errors")]
enum HeaderFile {
    /// A text that everybody may read.
    Plain(String),
    /// A secret.
    Secret(SecretFile),
}

/// A secret that the environment holds.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
struct SecretFile {
    /// The variable that holds it.
    env: String,
    /// What stands before it, such as `Bearer ` with its space.
    #[schemars(default)]
    prefix: String,
}

/// The schema of target files, as `target.schema.json` holds it.
pub fn target_schema() -> String {
    schema_of::<TargetFile>("A target of zaqarcheck, format 1")
}

impl TargetFile {
    /// Reads a target file; `variable` gives the value of a variable of the environment.
    ///
    /// # Errors
    /// Everything that is wrong with the text, or with what it names.
    pub fn read(
        file: &str,
        text: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<(Self, Access), Vec<Diagnostic>> {
        let read: Self = decode_document(file, text)?;
        let mut flaws = Flaws { file, text, found: Vec::new() };
        read.check(&mut flaws);
        let mut access = Access { project: read.project.clone(), ..Access::default() };
        for (name, value) in &read.headers {
            match header(name, value, &variable) {
                Ok(header) => {
                    access.headers.push((name.to_lowercase(), header.text));
                    access.secrets.extend(header.secret);
                }
                Err((key, message, help)) => flaws.add(&format!("headers.{name}{key}"), message, &help),
            }
        }
        // The longest first: one that is part of another must not leave the rest of it.
        access.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        if flaws.found.is_empty() { Ok((read, access)) } else { Err(flaws.found) }
    }

    fn check(&self, flaws: &mut Flaws<'_>) {
        if self.format != 1 {
            flaws.add("format", format!("format {} is unknown", self.format), "this program reads format 1");
        }
        if self.url.is_none() && self.command.is_empty() {
            flaws.add("", "the file names no server".into(), "give its `url`, or the `command` that starts it");
        }
        if self.url.as_deref().is_some_and(|url| host_and_port(url).is_none()) {
            flaws.add("url", "this is no address of a server".into(), "write http://host:port, without a path");
        }
        if self.accelerate.is_some() && self.command.is_empty() {
            let help = "give its `command`, or say with `time_scale` how fast its clock runs";
            flaws.add("accelerate", "nothing is launched that could be accelerated".into(), help);
        }
        if self.time_scale.is_some() && !self.command.is_empty() {
            let help = "a launched server runs fast by `accelerate`";
            flaws.add("time_scale", "this is for a server that somebody else started".into(), help);
        }
        let numbers = [("accelerate", self.accelerate), ("jobs", self.jobs), ("time_scale", self.time_scale)];
        for (key, number) in numbers {
            if let Some(number) = number.filter(|number| !(1..=1000).contains(number)) {
                flaws.add(key, format!("{number} is out of range"), "1 to 1000 is possible");
            }
        }
        if let Some(index) = self.capabilities.iter().position(|had| *had == Capability::SimulatedNetwork) {
            let help = "play those scenarios with --target sim";
            flaws.add(&format!("capabilities[{index}]"), "no server has a simulated network".into(), help);
        }
        for (key, value) in [("project", &self.project), ("advertise", &self.advertise), ("ledger", &self.ledger)] {
            if value.as_ref().is_some_and(|value| value.is_empty() || value.contains(char::is_control)) {
                flaws.add(key, format!("`{key}` is empty or has control characters"), "or take the key away");
            }
        }
    }
}

/// `host:port` of `http://host:port`; port 80 unless it names one.
pub fn host_and_port(url: &str) -> Option<String> {
    let address = url.strip_prefix("http://")?.trim_end_matches('/');
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (address, "80"),
    };
    let whole = !host.is_empty() && !host.contains(['/', '@', '?', '#']) && port.parse::<u16>().is_ok();
    whole.then(|| format!("{host}:{port}"))
}

struct Flaws<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<Diagnostic>,
}

impl Flaws<'_> {
    fn add(&mut self, path: &str, message: String, help: &str) {
        self.found.push(annotate(self.file, self.text, path, message, Some(help.into())));
    }
}

/// The value of a header, and the part of it that nobody may read.
struct Header {
    text: String,
    secret: Option<String>,
}

/// What is wrong: where below the header, what, and what to do.
type Wrong = (&'static str, String, String);

fn header(name: &str, value: &Value, variable: &impl Fn(&str) -> Option<String>) -> Result<Header, Wrong> {
    let wrong = |key, message: String, help: &str| Err((key, message, help.to_owned()));
    let lower = name.to_lowercase();
    if OURS.contains(&lower.as_str()) {
        let help = "the harness sets this one itself; for X-Project-ID there is `project`";
        return wrong("", format!("`{name}` can't be set here"), help);
    }
    if HeaderName::try_from(name).is_err() {
        return wrong("", format!("`{name}` is no name of a header"), "letters, digits and hyphens make one");
    }
    match value {
        Value::String(_) if CREDENTIALS.contains(&lower.as_str()) => {
            let help = "name a variable of the environment: {\"env\": \"OS_TOKEN\"}; files are committed and shown";
            wrong("", format!("`{name}` is a secret and stands in a file"), help)
        }
        Value::String(text) if HeaderValue::try_from(text).is_ok() => Ok(Header { text: text.clone(), secret: None }),
        Value::Object(parts) => {
            let unknown = parts.keys().find(|key| !["env", "prefix"].contains(&key.as_str()));
            let text = |key: &str| parts.get(key).map(Value::as_str);
            let (Some(Some(env)), None, prefix) = (text("env"), unknown, text("prefix").unwrap_or(Some(""))) else {
                return wrong("", format!("this is no value of `{name}`"), FORM);
            };
            let Some(prefix) = prefix else { return wrong(".prefix", "`prefix` is no string".into(), FORM) };
            secret(env, prefix, variable).map_err(|(message, help)| (".env", message, help))
        }
        _ => wrong("", format!("this is no value of `{name}`"), FORM),
    }
}

fn secret(env: &str, prefix: &str, variable: &impl Fn(&str) -> Option<String>) -> Result<Header, (String, String)> {
    let Some(secret) = variable(env) else {
        return Err((format!("the environment has no variable {env}"), format!("set it: export {env}=...")));
    };
    if secret.len() < SECRET_MIN {
        let help = format!("a secret has {SECRET_MIN} bytes or more: a shorter one can't be told from other text");
        return Err((format!("the value of {env} is too short to be kept out of reports"), help));
    }
    let text = format!("{prefix}{secret}");
    if HeaderValue::try_from(&text).is_err() {
        let help = "line breaks and control characters can't be sent";
        return Err((format!("the value of {env} can't stand in a header"), help.into()));
    }
    Ok(Header { text, secret: Some(secret) })
}

/// Headers that the harness sets, or that belong to the connection.
const OURS: [&str; 11] = [
    "accept",
    "client-id",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "te",
    "transfer-encoding",
    "upgrade",
    "x-project-id",
];
/// Headers whose value is always a secret.
const CREDENTIALS: [&str; 5] = ["authorization", "cookie", "proxy-authorization", "x-auth-token", "x-service-token"];
/// What the value of a header looks like.
const FORM: &str = "write a string, or {\"env\": \"OS_TOKEN\"}, with a \"prefix\" if one is needed";
/// Shorter secrets would hide half of every report.
const SECRET_MIN: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        let known = [("OS_TOKEN", "gAAAAABsecret"), ("SHORT", "abc"), ("LINES", "abcdefgh\n")];
        known.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
    }

    fn read(text: &str) -> Result<(TargetFile, Access), Vec<Diagnostic>> {
        TargetFile::read("t.json", text, variable)
    }

    #[track_caller]
    fn check_refused(text: &str, expected: &[(&str, &str)]) {
        let found = read(text).expect_err("it is wrong");
        let found: Vec<_> = found.iter().map(|flaw| (&text[flaw.range.clone()], flaw.message.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_whole_file_is_read() {
        let text = r#"{
            "format": 1, "url": "http://zaqar.example:8888", "time_scale": 20, "capabilities": ["confirmation"],
            "headers": {"X-Auth-Token": {"env": "OS_TOKEN", "prefix": "Bearer "}, "X-Roles": "admin"}, "project": "p",
            "ledger": "known.json", "bind": "0.0.0.0", "advertise": "me.example", "jobs": 4, "notes": "n"
        }"#;
        let (file, access) = read(text).expect("it is right");
        assert_eq!(
            (file.time_scale, file.jobs, file.bind.map(|ip| ip.to_string())),
            (Some(20), Some(4), Some("0.0.0.0".into()))
        );
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(access.headers, [header("x-auth-token", "Bearer gAAAAABsecret"), header("x-roles", "admin")]);
        assert_eq!((access.secrets, access.project), (vec!["gAAAAABsecret".to_owned()], Some("p".to_owned())));
    }

    #[test]
    fn what_is_wrong_is_told_in_its_place() {
        check_refused(r#"{"format": 1}"#, &[(r#"{"format": 1}"#, "the file names no server")]);
        check_refused(r#"{"format": 1, "ulr": "x"}"#, &[(r#""ulr""#, "unknown key `ulr`")]);
        check_refused(
            r#"{"format": 2, "url": "ftp://x"}"#,
            &[("2", "format 2 is unknown"), (r#""ftp://x""#, "this is no address of a server")],
        );
        check_refused(
            r#"{"format": 1, "url": "http://x", "accelerate": 2, "jobs": 0}"#,
            &[("2", "nothing is launched that could be accelerated"), ("0", "0 is out of range")],
        );
        check_refused(
            r#"{"format": 1, "command": ["x"], "time_scale": 2}"#,
            &[("2", "this is for a server that somebody else started")],
        );
        check_refused(
            r#"{"format": 1, "url": "http://x", "capabilities": ["simulated-network"]}"#,
            &[(r#""simulated-network""#, "no server has a simulated network")],
        );
    }

    #[track_caller]
    fn check_header(header: &str, expected: &str) {
        let text = format!(r#"{{"format": 1, "url": "http://x", "headers": {{{header}}}}}"#);
        let found = read(&text).expect_err("it is wrong");
        assert_eq!(found.iter().map(|flaw| flaw.message.as_str()).collect::<Vec<_>>(), [expected], "{header}");
    }

    #[test]
    fn secrets_come_from_the_environment() {
        check_header(r#""X-Auth-Token": {"env": "GONE"}"#, "the environment has no variable GONE");
        check_header(r#""X-Auth-Token": "abc""#, "`X-Auth-Token` is a secret and stands in a file");
        check_header(r#""A": {"env": "SHORT"}"#, "the value of SHORT is too short to be kept out of reports");
        check_header(r#""A": {"env": "LINES"}"#, "the value of LINES can't stand in a header");
        check_header(r#""A": {"envv": "OS_TOKEN"}"#, "this is no value of `A`");
        check_header(r#""A": 1"#, "this is no value of `A`");
        check_header(r#""A B": "1""#, "`A B` is no name of a header");
        check_header(r#""X-Project-Id": "1""#, "`X-Project-Id` can't be set here");
    }

    #[test]
    fn an_address_is_a_host_and_a_port() {
        let check = |url: &str, expected: Option<&str>| assert_eq!(host_and_port(url).as_deref(), expected, "{url}");
        check("http://a:1", Some("a:1"));
        check("http://a/", Some("a:80"));
        check("http://[::1]:8888", Some("[::1]:8888"));
        check("http://[::1]", Some("[::1]:80"));
        for url in ["a:1", "http://", "http://:1", "http://a/b", "http://a:x", "http://a:99999", "https://a:1"] {
            check(url, None);
        }
    }
}
