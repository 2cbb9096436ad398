//! Takes policies, one JSON object a line, on standard input.
//! Gives the schedule of each, one JSON object a line, on standard output.
//! Never computes a delay: `policy` does.

use std::io::{self, BufRead, BufWriter, Write};

use serde::Serialize;
use serde_json::Value;

use super::super::Error;
use crate::policy::{Backoff, BackoffFunction, INTERVAL_S, Refusal, Schedule, Selected, validate};
use crate::protocol::Deviations;
use crate::runner::Exit;

/// The most retries that are written out for one policy.
const RETRIES_MAX: usize = 1_000_000;

/// One line of the answer.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Answer {
    Whole {
        attempts: usize,
        delays_s: Vec<u64>,
        phases: Vec<&'static str>,
        total_s: u64,
        /// Why the reference implementation gives up midway, if it does.
        #[serde(skip_serializing_if = "Option::is_none")]
        stopped_by: Option<String>,
    },
    Backoff {
        delays_s: Vec<i64>,
    },
    Refused {
        error: String,
    },
}

/// Answers standard input.
pub(super) fn run(deviations: Deviations) -> Result<Exit, Error> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        answer_schedule_line(&line?, deviations, &mut out)?;
    }
    out.flush()?;
    Ok(Exit::Conforms)
}

/// Writes the answer to one line of `schedule`, with the newline at its end.
///
/// # Errors
/// Those of `out`; what is wrong with the line is part of the answer.
pub fn answer_schedule_line(line: &str, deviations: Deviations, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut out, &answer(line, deviations))?;
    out.write_all(b"\n")
}

fn answer(line: &str, deviations: Deviations) -> Answer {
    let result = match serde_json::from_str::<Value>(line) {
        Err(error) => Err(format!("not JSON: {error}")),
        Ok(Value::Object(keys)) if keys.contains_key("function") => backoff(&keys, deviations),
        Ok(policy) => whole(policy, deviations),
    };
    result.unwrap_or_else(|error| Answer::Refused { error })
}

/// The schedule of a policy, from validation to the last retry.
fn whole(policy: Value, deviations: Deviations) -> Result<Answer, String> {
    validate(&policy, deviations).map_err(|refusal| match refusal {
        Refusal::Invalid(text) => text,
        Refusal::Crash(exception) => format!("TypeError: {exception}"),
    })?;
    let selected = match policy {
        Value::Object(keys) => Selected::Policy(keys),
        _ => Selected::Unusable,
    };
    let (mut delays_s, mut phases, mut stopped_by) = (Vec::new(), Vec::new(), None);
    for retry in Schedule::new(selected, deviations) {
        match retry {
            Ok(_) if delays_s.len() == RETRIES_MAX => return Err(too_many()),
            Ok(retry) => {
                delays_s.push(retry.delay_s);
                phases.push(retry.phase.name());
            }
            Err(stop) => stopped_by = Some(stop.to_string()),
        }
    }
    let total_s = delays_s.iter().fold(0_u64, |total, delay| total.saturating_add(*delay));
    Ok(Answer::Whole { attempts: delays_s.len() + 1, delays_s, phases, total_s, stopped_by })
}

/// The delays of the backoff phase alone.
fn backoff(keys: &serde_json::Map<String, Value>, deviations: Deviations) -> Result<Answer, String> {
    let unknown =
        keys.keys().find(|key| !["function", "minimum_delay", "maximum_delay", "interval"].contains(&key.as_str()));
    if let Some(key) = unknown {
        return Err(format!("unknown key {key}; expected function, minimum_delay, maximum_delay, interval"));
    }
    let name = keys["function"].as_str().unwrap_or_default();
    let function = BackoffFunction::named(name).ok_or_else(|| {
        let names: Vec<&str> = BackoffFunction::ALL.into_iter().map(BackoffFunction::name).collect();
        format!("no such function: {}; there are {}", keys["function"], names.join(", "))
    })?;
    let integer = |key: &str| match keys.get(key) {
        None => Err(format!("{key} is missing")),
        Some(value) => value.as_i64().ok_or_else(|| format!("{key} must be an integer of 64 bits, not {value}")),
    };
    let interval = if keys.contains_key("interval") { integer("interval")? } else { INTERVAL_S };
    if interval < 1 {
        return Err(format!("interval must be at least 1, not {interval}"));
    }
    let (minimum, maximum) = (integer("minimum_delay")?, integer("maximum_delay")?);
    let delays =
        Backoff::new(function, minimum, maximum, interval, deviations).map_err(|undefined| undefined.to_string())?;
    let delays_s: Vec<i64> = delays.take(RETRIES_MAX + 1).collect();
    if delays_s.len() > RETRIES_MAX { Err(too_many()) } else { Ok(Answer::Backoff { delays_s }) }
}

fn too_many() -> String {
    format!("more than {RETRIES_MAX} retries")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Profile;

    fn check(line: &str, profile: Profile, expected: &str) {
        let answer = serde_json::to_string(&answer(line, profile.deviations())).unwrap();
        assert_eq!(answer, expected, "{line}");
    }

    #[test]
    fn a_line_is_a_policy_or_a_function() {
        check(
            r#"{"minimum_delay_retries":0,"maximum_delay_retries":1,"retries_with_no_delay":1,"maximum_delay":15}"#,
            Profile::Documented,
            r#"{"attempts":5,"delays_s":[0,5,10,15],"phases":["immediate","backoff","backoff","post-backoff"],"total_s":30}"#,
        );
        let geometric = r#"{"function":"geometric","minimum_delay":5,"maximum_delay":30}"#;
        check(geometric, Profile::Documented, r#"{"delays_s":[5,7,12,19,30]}"#);
        let short = r#"{"function":"geometric","minimum_delay":1,"maximum_delay":11}"#;
        check(short, Profile::Documented, r#"{"delays_s":[1,11]}"#);
        check(short, Profile::Zaqar23, r#"{"delays_s":[1,10]}"#);
    }

    #[test]
    fn what_is_wrong_is_said_on_the_line() {
        check("[]", Profile::Documented, r#"{"error":"retry_policy must be a dict."}"#);
        check(
            r#"{"minimum_delay":21}"#,
            Profile::Documented,
            r#"{"error":"invalid minimum_delay and maximum_delay."}"#,
        );
        check(
            r#"{"function":"cubic"}"#,
            Profile::Documented,
            r#"{"error":"no such function: \"cubic\"; there are linear, arithmetic, geometric, exponential"}"#,
        );
        check(
            r#"{"retries_with_no_delay":9223372036854775807}"#,
            Profile::Documented,
            r#"{"error":"more than 1000000 retries"}"#,
        );
    }

    #[test]
    fn the_reference_says_where_it_stops() {
        check(
            r#"{"retries_with_no_delay":1,"minimum_delay_retries":null}"#,
            Profile::Zaqar23,
            r#"{"attempts":2,"delays_s":[0],"phases":["immediate"],"total_s":0,"stopped_by":"TypeError: a value has the wrong type"}"#,
        );
    }
}
