//! Takes the entries of a script: `"status 503"`, or an object.
//! Gives [`Behaviour`], what a subscriber does with one attempt, and [`Script`], its behaviours in order.
//! Never touches a socket; `subscriber` plays it.

use std::fmt;

use serde_json::Value;

use super::decode::{decode_part, describe};
use super::diagnostic::suggest;
use super::document::Problem;
use super::file::AnswerFile;
use crate::time::Duration;

/// What a subscriber does with one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Sends an answer that is not HTTP, then closes. Written `"garbage"`.
    Garbage,
    /// Reads the request, stays silent for this long, then closes. Written `"hang 20s"`.
    Hang(Duration),
    /// Promises more body than it sends, then closes. Written `"partial_reply"`.
    PartialReply,
    /// Reads the whole request, then closes without an answer. Written `"read_then_close"`.
    ReadThenClose,
    /// Answers with a redirect to another subscriber. Written `"redirect 307 other"`.
    Redirect {
        /// 300 to 399.
        status: u16,
        /// The other subscriber's name.
        to: String,
    },
    /// Keeps the port closed for this long, counted from the end of the previous attempt, or from the first post if
    /// there was none: connections are refused and leave no trace. Written `"refuse 12s"`.
    Refuse(Duration),
    /// Reads the request, then resets the connection. Written `"reset"`.
    Reset,
    /// Answers 200 with a body that takes this long to arrive, evenly. Written `"slow_body 2s"`.
    SlowBody(Duration),
    /// Answers. Written `"status 503"`, or `{"status": 503, "headers": {..}, "body": "..", "delay": "2s"}`.
    Status(Answer),
}

impl Behaviour {
    /// How long the subscriber takes before it has done with the attempt.
    pub const fn duration(&self) -> Duration {
        match self {
            Self::Hang(duration) | Self::Refuse(duration) | Self::SlowBody(duration) => *duration,
            Self::Status(answer) => answer.delay,
            _ => Duration::ZERO,
        }
    }

    /// Reads one entry of a script; the path of a problem starts at the entry.
    pub(super) fn read(entry: &Value) -> Result<Self, Problem> {
        match entry {
            Value::String(text) => read_text(text).map_err(|(message, help)| Problem::at_value(vec![], message, help)),
            Value::Object(_) => read_answer(decode_part(entry)?).map(Self::Status),
            other => {
                let message = format!("expected a behaviour, found {}", describe(other));
                let help = "write `\"status 503\"`, or an object with at least a `status`".to_owned();
                Err(Problem::at_value(vec![], message, Some(help)))
            }
        }
    }
}

/// The form it has in a script, so that it reads back as the same behaviour.
impl fmt::Display for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Garbage => f.write_str("garbage"),
            Self::Hang(silence) => write!(f, "hang {}", humantime::format_duration(*silence)),
            Self::PartialReply => f.write_str("partial_reply"),
            Self::ReadThenClose => f.write_str("read_then_close"),
            Self::Redirect { status, to } => write!(f, "redirect {status} {to}"),
            Self::Refuse(closed) => write!(f, "refuse {}", humantime::format_duration(*closed)),
            Self::Reset => f.write_str("reset"),
            Self::SlowBody(transfer) => write!(f, "slow_body {}", humantime::format_duration(*transfer)),
            Self::Status(answer) => answer.fmt(f),
        }
    }
}

/// A complete answer of a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 100 to 999.
    pub status: u16,
    /// Headers besides `connection`, `content-length` and `transfer-encoding`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// How long the subscriber waits before it answers.
    pub delay: Duration,
}

impl Answer {
    /// An answer that is nothing but its status.
    pub fn of_status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new(), delay: Duration::ZERO }
    }
}

/// `status 503`; an answer that has more than a status is written as the object of the script.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, headers, body, delay } = self;
        if headers.is_empty() && body.is_empty() && delay.is_zero() {
            return write!(f, "status {status}");
        }
        let mut object = serde_json::Map::new();
        object.insert("status".into(), (*status).into());
        if !headers.is_empty() {
            let headers = headers.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
            object.insert("headers".into(), Value::Object(headers.collect()));
        }
        if !body.is_empty() {
            object.insert("body".into(), body.as_str().into());
        }
        if !delay.is_zero() {
            object.insert("delay".into(), humantime::format_duration(*delay).to_string().into());
        }
        write!(f, "{}", Value::Object(object))
    }
}

/// The behaviours of one subscriber, attempt by attempt; the last one repeats. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script(Vec<Behaviour>);

impl Script {
    /// A script of at least one behaviour.
    ///
    /// # Panics
    /// If `behaviours` is empty: the parser refuses that.
    pub fn new(behaviours: Vec<Behaviour>) -> Self {
        assert!(!behaviours.is_empty(), "a script has at least one behaviour");
        Self(behaviours)
    }

    /// The behaviours, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Behaviour> {
        self.0.iter()
    }

    /// The behaviour at position `index`, the last one standing for all that follow.
    pub fn at(&self, index: usize) -> &Behaviour {
        &self.0[index.min(self.0.len() - 1)]
    }
}

/// What is wrong, and what to do about it.
type Complaint = (String, Option<String>);

fn read_text(text: &str) -> Result<Behaviour, Complaint> {
    let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
    match verb {
        "garbage" => alone(verb, rest, Behaviour::Garbage),
        "hang" => duration(verb, rest).map(Behaviour::Hang),
        "partial_reply" => alone(verb, rest, Behaviour::PartialReply),
        "read_then_close" => alone(verb, rest, Behaviour::ReadThenClose),
        "redirect" => redirect(rest),
        "refuse" => duration(verb, rest).map(Behaviour::Refuse),
        "reset" => alone(verb, rest, Behaviour::Reset),
        "slow_body" => duration(verb, rest).map(Behaviour::SlowBody),
        "status" => status(rest).map(|status| Behaviour::Status(Answer::of_status(status))),
        _ => Err((format!("unknown behaviour `{verb}`"), suggest(verb, VERBS.iter().copied()))),
    }
}

fn alone(verb: &str, rest: &str, behaviour: Behaviour) -> Result<Behaviour, Complaint> {
    if rest.is_empty() {
        return Ok(behaviour);
    }
    Err((format!("`{verb}` takes nothing after it, found `{rest}`"), Some(format!("write `\"{verb}\"`"))))
}

fn duration(verb: &str, text: &str) -> Result<Duration, Complaint> {
    let help = || Some(format!("write `\"{verb} 20s\"`, `\"{verb} 500ms\"` or `\"{verb} 2m\"`"));
    if text.is_empty() {
        return Err((format!("`{verb}` needs a duration"), help()));
    }
    read_duration(text).map_err(|message| (message, help()))
}

/// Reads `2m 5s`: numbers with their unit, as durations are written back. `humantime` alone would also take `2 mins`.
pub(crate) fn read_duration(text: &str) -> Result<Duration, String> {
    let is_usual = |part: &str| {
        let unit = part.trim_start_matches(|letter: char| letter.is_ascii_digit());
        unit.len() < part.len() && UNITS.contains(&unit)
    };
    let usual = text.split(' ').all(is_usual);
    let duration = usual.then(|| humantime::parse_duration(text).ok()).flatten();
    duration.ok_or_else(|| format!("`{text}` is not a duration"))
}

fn status(text: &str) -> Result<u16, Complaint> {
    let help = || Some("write `\"status 503\"`".to_owned());
    if text.is_empty() {
        return Err(("`status` needs a number".into(), help()));
    }
    let number = number(text).ok_or_else(|| (format!("`{text}` is not a status"), help()))?;
    in_range(number, text, 100, 999)
}

fn redirect(rest: &str) -> Result<Behaviour, Complaint> {
    let help = || Some("write `\"redirect 307 other\"`, where `other` is a subscriber".to_owned());
    let words: Vec<&str> = rest.split(' ').collect();
    let [status, to] = words[..] else {
        return Err(("`redirect` needs a status and a subscriber".into(), help()));
    };
    let number = number(status).ok_or_else(|| (format!("`{status}` is not a status"), help()))?;
    Ok(Behaviour::Redirect { status: in_range(number, status, 300, 399)?, to: to.to_owned() })
}

/// Digits and nothing else: Rust would read `+5` too.
fn number(text: &str) -> Option<u16> {
    let digits = text.chars().all(|letter| letter.is_ascii_digit());
    // What overflows is a number all the same, and out of every range.
    (digits && !text.is_empty()).then(|| text.parse().unwrap_or(u16::MAX))
}

fn in_range(status: u16, written: &str, status_min: u16, status_max: u16) -> Result<u16, Complaint> {
    if (status_min..=status_max).contains(&status) {
        return Ok(status);
    }
    Err((format!("expected a status from {status_min} to {status_max}, found {written}"), None))
}

fn read_answer(file: AnswerFile) -> Result<Answer, Problem> {
    let at = |key: &str, (message, help): Complaint| Problem::at_value(vec![key.into()], message, help);
    let status =
        in_range(file.status, &file.status.to_string(), 100, 999).map_err(|complaint| at("status", complaint))?;
    let delay = file.delay.as_deref().map_or(Ok(Duration::ZERO), |text| {
        let help = Some("write `\"20s\"`, `\"500ms\"` or `\"2m\"`".to_owned());
        read_duration(text).map_err(|message| at("delay", (message, help)))
    })?;
    if !file.body.is_empty() && (status < 200 || status == 204 || status == 304) {
        let help = Some("leave `body` out, or choose another status".to_owned());
        return Err(at("body", (format!("an answer with status {status} has no body"), help)));
    }
    file.headers.iter().try_for_each(|(name, value)| check_header(name, value))?;
    Ok(Answer { status, headers: file.headers.into_iter().collect(), body: file.body, delay })
}

fn check_header(name: &str, value: &str) -> Result<(), Problem> {
    let path = || vec!["headers".into(), name.into()];
    let parsed = http::HeaderName::try_from(name);
    let Ok(parsed) = parsed else {
        return Err(Problem::at_key(path(), format!("`{name}` is not the name of a header"), None));
    };
    if DECIDED_BY_BODY.contains(&parsed.as_str()) {
        let help = "take it away: the body decides it".to_owned();
        return Err(Problem::at_key(path(), format!("a script can't set `{name}`"), Some(help)));
    }
    match http::HeaderValue::try_from(value) {
        Ok(_) => Ok(()),
        Err(_) => Err(Problem::at_value(path(), "no header can have this value", None)),
    }
}

/// The units of durations.
pub(super) const UNITS: [&str; 12] =
    ["ns", "us", "ms", "s", "m", "h", "day", "days", "month", "months", "year", "years"];

/// Every verb of the string form.
const VERBS: [&str; 9] =
    ["garbage", "hang", "partial_reply", "read_then_close", "redirect", "refuse", "reset", "slow_body", "status"];

/// The headers that frame the answer.
const DECIDED_BY_BODY: [&str; 3] = ["connection", "content-length", "transfer-encoding"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(entry: Value, expected: Behaviour) {
        assert_eq!(Behaviour::read(&entry), Ok(expected.clone()));
        let written = expected.to_string();
        let again = if written.starts_with('{') {
            serde_json::from_str(&written).expect("the object form is JSON")
        } else {
            Value::String(written)
        };
        assert_eq!(Behaviour::read(&again), Ok(expected), "it does not read back");
    }

    #[test]
    fn every_behaviour_reads_back() {
        let seconds = Duration::from_secs;
        check(json!("garbage"), Behaviour::Garbage);
        check(json!("hang 20s"), Behaviour::Hang(seconds(20)));
        check(json!("partial_reply"), Behaviour::PartialReply);
        check(json!("read_then_close"), Behaviour::ReadThenClose);
        check(json!("redirect 307 other"), Behaviour::Redirect { status: 307, to: "other".into() });
        check(json!("refuse 2m 5s"), Behaviour::Refuse(seconds(125)));
        check(json!("refuse 1year 2days"), Behaviour::Refuse(seconds(31_557_600 + 2 * 86_400)));
        check(json!("reset"), Behaviour::Reset);
        check(json!("slow_body 500ms"), Behaviour::SlowBody(Duration::from_millis(500)));
        check(json!("status 503"), Behaviour::Status(Answer::of_status(503)));
        check(json!({"status": 200}), Behaviour::Status(Answer::of_status(200)));
        let headers = vec![("x-a".to_owned(), "1".to_owned())];
        let answer = Answer { status: 503, headers, body: "b\"".into(), delay: seconds(2) };
        check(json!({"status": 503, "headers": {"x-a": "1"}, "body": "b\"", "delay": "2s"}), Behaviour::Status(answer));
    }

    #[test]
    fn the_string_form_is_the_documented_one() {
        assert_eq!(Behaviour::Status(Answer::of_status(503)).to_string(), "status 503");
        assert_eq!(Behaviour::Hang(Duration::from_secs(20)).to_string(), "hang 20s");
    }

    #[track_caller]
    fn check_refused(entry: Value, expected: &str) {
        let problem = Behaviour::read(&entry).expect_err("it is wrong");
        assert_eq!(problem.message, expected);
    }

    #[test]
    fn what_is_no_behaviour_is_refused() {
        check_refused(json!(503), "expected a behaviour, found the number 503");
        check_refused(json!(""), "unknown behaviour ``");
        check_refused(json!("statsu 503"), "unknown behaviour `statsu`");
        check_refused(json!("status"), "`status` needs a number");
        check_refused(json!("status 99"), "expected a status from 100 to 999, found 99");
        check_refused(json!("status 70000"), "expected a status from 100 to 999, found 70000");
        check_refused(json!({"status": 70000}), "expected a status from 100 to 999, found the number 70000");
        check_refused(json!("status +503"), "`+503` is not a status");
        check_refused(json!("hang"), "`hang` needs a duration");
        check_refused(json!("hang 20"), "`20` is not a duration");
        check_refused(json!("hang 0"), "`0` is not a duration");
        check_refused(json!("hang  20s"), "` 20s` is not a duration");
        check_refused(json!("hang -5s"), "`-5s` is not a duration");
        check_refused(json!("hang 99999999999999999999s"), "`99999999999999999999s` is not a duration");
        check_refused(json!("hang 20 parsecs"), "`20 parsecs` is not a duration");
        check_refused(json!("reset now"), "`reset` takes nothing after it, found `now`");
        check_refused(json!("redirect 307"), "`redirect` needs a status and a subscriber");
        check_refused(json!("redirect 200 other"), "expected a status from 300 to 399, found 200");
        check_refused(json!({"body": ""}), "the key `status` is missing");
        check_refused(json!({"status": 200, "delay": "2 parsecs"}), "`2 parsecs` is not a duration");
        check_refused(json!({"status": 204, "body": "x"}), "an answer with status 204 has no body");
        check_refused(json!({"status": 200, "headers": {"a b": ""}}), "`a b` is not the name of a header");
        check_refused(json!({"status": 200, "headers": {"a": "\n"}}), "no header can have this value");
        check_refused(json!({"status": 200, "headers": {"Connection": "x"}}), "a script can't set `Connection`");
    }
}
