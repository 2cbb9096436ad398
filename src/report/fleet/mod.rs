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

use crate::fleet::Figures;
use crate::fleet::file::Described;

/// A world, and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The world as its file describes it.
    pub described: &'a Described,
    /// What became of it.
    pub figures: &'a Figures,
}
