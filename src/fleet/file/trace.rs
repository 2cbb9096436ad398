//! Takes times as a trace has them: the lines of a file, or the elements of an array.
//! Gives them in nanoseconds, or every mistake at its place.
//! Never sorts: a trace that is out of order may be two traces.

use std::ops::Range;

use serde_json::Value;

use super::leaf::{self, TIME_MAX};
use super::page::{Page, Spot};
use super::windows::shown;
use crate::fleet::world::Nanos;
use crate::scenario::{Diagnostic, describe};

/// The times of an array.
pub(super) fn of_array(page: &mut Page, spot: &Spot<'_>) -> Option<Vec<Nanos>> {
    let mut times = Vec::new();
    let mut sound = true;
    for element in page.elements(&Some(spot.clone())) {
        match page.read(&element, time) {
            Some(time) if times.last().is_some_and(|last| *last > time) => {
                let last = shown(*times.last().expect("just seen"));
                page.refuse(&element, format!("{} comes after {last}: a trace is sorted", shown(time)), None);
                return None;
            }
            Some(time) => times.push(time),
            None => sound = false,
        }
    }
    if times.is_empty() && sound {
        page.refuse(spot, "the trace is empty", None);
    }
    (sound && !times.is_empty()).then_some(times)
}

fn time(value: &Value) -> Result<Nanos, super::page::Complaint> {
    match value {
        Value::Number(number) => seconds(&plain(number)).map_err(|message| (message, None)),
        Value::String(_) => leaf::time(value),
        _ => {
            let help = "write a number of seconds, or a time such as `\"100ms\"`".to_owned();
            Err((format!("expected a time, found {}", describe(value)), Some(help)))
        }
    }
}

/// A number without exponent.
fn plain(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if !number.is_u64() => format!("{float}"),
        _ => number.to_string(),
    }
}

/// The times of a file: the first column of each line, in seconds. A first line that is no number is a heading; empty
/// lines and those that begin with `#` are comments.
///
/// # Errors
/// Every mistake; of times that are out of order, the first.
pub(super) fn of_text(name: &str, text: &str) -> Result<Vec<Nanos>, Vec<Diagnostic>> {
    let (mut times, mut wrong) = (Vec::<Nanos>::new(), Vec::new());
    let (mut start, mut heading, mut disorder) = (0, true, false);
    for line in text.split_inclusive('\n') {
        let field = line.split([',', ';', '\t']).next().unwrap_or_default();
        let lead = field.len() - field.trim_start().len();
        let trimmed = field.trim().trim_matches('"');
        let range = start + lead..start + lead + field.trim().len();
        start += line.len();
        if line.trim().is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let is_heading = std::mem::take(&mut heading)
            && !trimmed.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
        if is_heading {
            continue;
        }
        match seconds(trimmed) {
            Ok(time) if !disorder && times.last().is_some_and(|last| *last > time) => {
                disorder = true;
                let last = shown(*times.last().expect("just seen"));
                let message = format!("{} comes after {last}: a trace is sorted", shown(time));
                wrong.push(diagnostic(name, text, range, message, Some("sort the lines by their time")));
            }
            Ok(time) => times.push(time),
            Err(message) => wrong.push(diagnostic(name, text, range, message, None)),
        }
        if wrong.len() >= MISTAKES_MAX {
            break;
        }
    }
    if times.is_empty() && wrong.is_empty() {
        wrong.push(diagnostic(name, text, 0..0, "the trace is empty".into(), Some("one time in seconds on each line")));
    }
    if wrong.is_empty() { Ok(times) } else { Err(wrong) }
}

fn diagnostic(name: &str, text: &str, range: Range<usize>, message: String, help: Option<&str>) -> Diagnostic {
    Diagnostic::new(name, text, range, message, help.map(str::to_owned))
}

/// Seconds as a decimal, to the nanosecond: floating point would move posts.
fn seconds(text: &str) -> Result<Nanos, String> {
    let wrong = || format!("expected seconds such as 12.5, found `{}`", text.chars().take(40).collect::<String>());
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(wrong());
    }
    let nanos: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let nanos: u64 = nanos.parse().map_err(|_| wrong())?;
    let whole = whole.parse::<u64>().ok().and_then(|whole| whole.checked_mul(1_000_000_000)?.checked_add(nanos));
    whole.filter(|time| *time <= TIME_MAX).ok_or_else(|| format!("{text} s are more than 100 years"))
}

/// Of a file that is no trace at all, that many lines are enough.
const MISTAKES_MAX: usize = 20;
