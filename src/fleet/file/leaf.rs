//! Takes single values: times, numbers, statuses, names.
//! Gives them in the units of [`World`](crate::fleet::World), or what is wrong and what to write instead.
//! Never rounds a time.

use serde_json::Value;

use super::page::Complaint;
use crate::fleet::world::{Fails, Jitter, Nanos};
use crate::scenario::{describe, read_duration, suggest};

/// The longest time: a hundred years of 365 days. Two of them can be added.
pub(super) const TIME_MAX: Nanos = 100 * 365 * 24 * 3600 * 1_000_000_000;

/// `"100s"`.
pub(super) fn time(value: &Value) -> Result<Nanos, Complaint> {
    let help = || match value {
        Value::Number(number) if number.as_f64().is_some_and(|number| number >= 0.0) => Some(in_seconds(number)),
        _ => Some("write a time such as `\"20ms\"`, `\"100s\"` or `\"1h 30m\"`".to_owned()),
    };
    let Value::String(text) = value else {
        return Err((format!("expected a time, found {}", describe(value)), help()));
    };
    let duration = read_duration(text).map_err(|_| (format!("`{text}` is not a time"), help()))?;
    let nanos = u64::try_from(duration.as_nanos()).ok().filter(|nanos| *nanos <= TIME_MAX);
    nanos.ok_or_else(|| (format!("`{text}` is longer than 100 years"), None))
}

fn in_seconds(number: &serde_json::Number) -> String {
    match number.as_u64() {
        Some(seconds) => format!("write `\"{seconds}s\"` if seconds are meant"),
        None => "write milliseconds as `\"500ms\"`".to_owned(),
    }
}

/// A time that is not nothing.
pub(super) fn some_time(value: &Value) -> Result<Nanos, Complaint> {
    match time(value)? {
        0 => Err(("expected a time above 0, found 0".into(), None)),
        nanos => Ok(nanos),
    }
}

/// A whole number of 64 bits, 0 or more.
pub(super) fn whole(value: &Value) -> Result<u64, Complaint> {
    value.as_u64().ok_or_else(|| (format!("expected a whole number, 0 or more, found {}", describe(value)), None))
}

/// A number of things, 1 or more.
pub(super) fn count(value: &Value) -> Result<u64, Complaint> {
    let wrong = |help: Option<&str>| {
        let message = format!("expected a whole number, 1 or more, found {}", describe(value));
        Err((message, help.map(str::to_owned)))
    };
    match value {
        Value::Number(number) => match number.as_u64() {
            Some(0) | None => wrong(None),
            Some(number) => Ok(number),
        },
        Value::String(text) if text.parse::<u64>().is_ok() => wrong(Some(&format!("write {text} without the quotes"))),
        _ => wrong(None),
    }
}

/// The same in 32 bits.
pub(super) fn small_count(value: &Value) -> Result<u32, Complaint> {
    let number = count(value)?;
    u32::try_from(number).map_err(|_| (format!("{number} is more than {}", u32::MAX), None))
}

/// How many messages a post holds.
pub(super) fn batch(value: &Value) -> Result<u32, Complaint> {
    let number = count(value)?;
    let small = u16::try_from(number).map(u32::from);
    small.map_err(|_| (format!("{number} messages in a post, at most {} are simulated", u16::MAX), None))
}

/// A number of workers, or none that limits.
pub(super) fn workers(value: &Value) -> Result<Option<u32>, Complaint> {
    if value == "unlimited" {
        return Ok(None);
    }
    let help = "without workers nothing is delivered; write a whole number such as 10, or `\"unlimited\"`";
    small_count(value).map(Some).map_err(|(message, own)| (message, own.or_else(|| Some(help.into()))))
}

/// A part of all, in millionths.
pub(super) fn rate(value: &Value) -> Result<u32, Complaint> {
    let help = |number: f64| match number {
        1.0..=100.0 => format!("write {} if {number} % are meant", number / 100.0),
        _ => "a rate of 0.3 means three requests of ten".to_owned(),
    };
    match value.as_f64() {
        Some(number @ 0.0..=1.0) => Ok((number * 1e6).round() as u32),
        number => {
            let message = format!("expected a rate from 0 to 1, found {}", describe(value));
            Err((message, Some(help(number.unwrap_or_default()))))
        }
    }
}

/// A number a second, in thousandths.
pub(super) fn per_second(value: &Value) -> Result<u64, Complaint> {
    let wrong = |what: &str| Err((format!("expected {what}, found {}", describe(value)), None));
    match value.as_f64() {
        Some(number) if number < 0.0 => wrong("a rate above 0 a second"),
        Some(number) if number > PER_SECOND_MAX => wrong("at most a billion a second"),
        Some(number) if number * 1000.0 < 0.5 => wrong("at least 0.001 a second"),
        Some(number) => Ok((number * 1000.0).round() as u64),
        None => wrong("a number of posts a second"),
    }
}

/// What a request meets at a subscriber that does not work.
pub(super) fn fails(value: &Value) -> Result<Fails, Complaint> {
    let help = || Some("write `\"refuse\"`, `\"hang\"` or a status such as `\"status 503\"`".to_owned());
    let Value::String(text) = value else {
        return Err((format!("expected a failure, found {}", describe(value)), help()));
    };
    match text.split_once(' ') {
        None if text == "refuse" => Ok(Fails::Refuse),
        None if text == "hang" => Ok(Fails::Hang),
        Some(("status", status)) => {
            let number = status.parse::<u16>().map(Value::from).unwrap_or_else(|_| status.into());
            self::status(&number).map(Fails::Status)
        }
        _ => Err((format!("unknown failure `{text}`"), suggest(text, ["refuse", "hang"]).or_else(help))),
    }
}

/// A status that is no success.
pub(super) fn status(value: &Value) -> Result<u16, Complaint> {
    match value.as_u64() {
        Some(200..=399) => Err((format!("{value} is a success, so nothing would fail"), Some("write 503".into()))),
        Some(status @ 100..=999) => Ok(status as u16),
        _ => Err((format!("expected a status from 100 to 999, found {}", describe(value)), None)),
    }
}

/// How a delay is spread.
pub(super) fn jitter(value: &Value) -> Result<Jitter, Complaint> {
    let Value::String(text) = value else {
        let help = "write one of none, full, equal, mean-preserving, decorrelated, or a part such as `\"20%\"`";
        return Err((format!("expected a kind of jitter, found {}", describe(value)), Some(help.into())));
    };
    if let Some(percent) = text.strip_suffix('%') {
        let part = percent.trim().parse::<u8>().ok().filter(|part| (1..=100).contains(part));
        let wrong = || (format!("`{text}` is no part of a delay"), Some("write 1% to 100%".to_owned()));
        return part.map(Jitter::Percent).ok_or_else(wrong);
    }
    let known = JITTERS.iter().find(|(name, _)| name == text).map(|(_, jitter)| *jitter);
    let names = JITTERS.iter().map(|(name, _)| *name).chain(["20%"]);
    known.ok_or_else(|| (format!("unknown jitter `{text}`"), suggest(text, names)))
}

/// The kinds of jitter that have a name.
const JITTERS: [(&str, Jitter); 5] = [
    ("none", Jitter::None),
    ("full", Jitter::Full),
    ("equal", Jitter::Equal),
    ("mean-preserving", Jitter::MeanPreserving),
    ("decorrelated", Jitter::Decorrelated),
];

/// More than that is a slip.
const PER_SECOND_MAX: f64 = 1e9;
