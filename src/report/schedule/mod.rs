//! Takes timelines of deliveries.
//! Gives them as tables and pictures: in the terminal, as SVG and as PNG, as JSON.
//! Never computes when an attempt is: the timelines say it.

mod json;
mod picture;
mod raster;
mod table;

use crate::schedule::{End, Timeline};

pub use json::json;
pub use picture::svg;
pub(super) use raster::{column, scale};
pub use table::{one, several};

pub use super::chart::png;

use super::chart::{KINDS, axis, kind_name};
use super::fit;

/// A timeline with the name of its policy.
#[derive(Clone, Debug)]
pub struct Named {
    /// What the policy is called.
    pub name: String,
    /// The delivery under it.
    pub timeline: Timeline,
}

/// What a table of schedules looks like.
#[derive(Clone, Copy, Debug)]
pub struct TableOptions {
    /// Columns of the terminal.
    pub width: usize,
    /// The most rows; the middle of a longer table is left out.
    pub rows: usize,
    /// Whether text is coloured.
    pub colour: bool,
    /// How long the subscriber is away from the first attempt on, if that is asked.
    pub outage_s: Option<u64>,
}

/// Seconds, and the same in larger units where they help.
pub fn span(seconds: u64) -> String {
    let exact = format!("{seconds} s");
    if seconds < 60 { exact } else { format!("{exact} ({})", axis::short(seconds)) }
}

/// What became of the message, in a sentence.
pub fn ending(timeline: &Timeline) -> String {
    let (attempts, after) = (timeline.attempts.len(), span(timeline.span_s()));
    match timeline.end {
        End::Answered(status @ 200..=399) => {
            format!("delivered: attempt {attempts} is answered {status} after {after}")
        }
        End::Answered(status) => {
            format!("lost: attempt {attempts} is answered {status} after {after}, and no retry follows that answer")
        }
        End::Cut => format!("goes on: {} retries are drawn, {after}, and there are more", timeline.retries()),
        End::Exhausted => format!("lost: attempt {attempts}, the last, has failed after {after}"),
        End::Stopped(stop) => format!("lost: after attempt {attempts}, {after}, the server breaks off with {stop}"),
    }
}

/// What an outage that begins with the first attempt leaves of the delivery, in a sentence.
fn outage(timeline: &Timeline, outage_s: u64) -> String {
    let away = span(outage_s);
    match timeline.first_after(outage_s) {
        Some((index, attempt)) => {
            let lag = span(attempt.at_s - outage_s);
            format!("an outage of {away}: attempt {} comes through, {lag} after it is over", index + 1)
        }
        None if timeline.end == End::Cut => format!("an outage of {away}: it is not over when the drawing ends"),
        None => {
            let short = span(outage_s - timeline.span_s());
            format!("an outage of {away}: the message is lost, the last attempt is {short} too early")
        }
    }
}

/// A name as a heading has it.
fn heading(name: &str, limit: usize) -> String {
    fit::cut(&fit::printable(name), limit)
}
