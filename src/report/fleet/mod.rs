//! Takes what became of worlds of deliveries.
//! Gives it as a table for people, as JSON and CSV for programs, attempt by attempt, as pictures and as a page of HTML.
//! Never computes a figure: `fleet` does.

mod cells;
mod compared;
mod csv;
mod events;
mod html;
mod json;
mod overlay;
mod picture;
#[cfg(test)]
mod samples;
mod searched;
mod swept;
mod table;
mod words;

pub use compared::Comparison;
pub use csv::{groups_csv, series_csv};
pub use events::Events;
pub use html::{Page, Table, html};
pub use json::json;
pub use overlay::{OverlayOptions, overlay};
pub use picture::{Found, Panel, Run, panels_of, svg};
pub use searched::Searching;
pub use swept::{SWEPT, Sweeping};
pub use table::{lead, table, tables};

use crate::fleet::file::Described;
use crate::fleet::{Figures, GroupFigures, Nanos};

/// A world, and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The world as its file describes it.
    pub described: &'a Described,
    /// What became of it.
    pub figures: &'a Figures,
}

/// The counts of a group, in the order of every table.
const fn counts_of(group: &GroupFigures) -> [u64; 8] {
    [
        group.published,
        group.delivered,
        group.rejected,
        group.lost,
        group.collateral_lost,
        group.unfinished,
        group.attempts,
        group.wasted,
    ]
}

/// The times of a group, in the order of every table; none where nothing was measured.
fn times_of(group: &GroupFigures) -> impl Iterator<Item = Option<Nanos>> {
    let (latency, lag) = (&group.latency, &group.recovery_lag);
    let latencies = [latency.p50, latency.p90, latency.p99, latency.p999, latency.max];
    let latencies = latencies.map(|time| (latency.count, time));
    let lags = [lag.p50, lag.p90, lag.p99, lag.max].map(|time| (lag.count, time));
    latencies.into_iter().chain(lags).map(|(count, time)| (count > 0).then_some(time))
}
