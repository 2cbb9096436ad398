//! Takes timelines.
//! Gives them as one JSON value, for programs.
//! Never leaves an attempt out.

use serde_json::{Value, json as value};

use super::{Named, ending, kind_name};
use crate::schedule::{End, Timeline};

/// An array with an object for each delivery.
pub fn json(all: &[Named], profile: &str) -> Value {
    all.iter().map(|named| delivery(named, profile)).collect()
}

fn delivery(Named { name, timeline }: &Named, profile: &str) -> Value {
    let attempts: Vec<Value> = (1..)
        .zip(&timeline.attempts)
        .map(|(number, attempt)| {
            let delay_s = attempt.retry.map(|retry| retry.delay_s);
            value!({"attempt": number, "phase": kind_name(attempt.phase()), "delay_s": delay_s, "at_s": attempt.at_s})
        })
        .collect();
    value!({
        "policy": name, "profile": profile, "attempts": attempts, "span_s": timeline.span_s(),
        "end": end(timeline), "ending": ending(timeline),
    })
}

/// One word for programs; the sentence is for people.
fn end(timeline: &Timeline) -> &'static str {
    match timeline.end {
        End::Answered(200..=399) => "delivered",
        End::Answered(_) => "not-retried",
        End::Cut => "cut",
        End::Exhausted => "exhausted",
        End::Stopped(_) => "stopped",
    }
}
