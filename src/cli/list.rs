//! Takes a selection.
//! Gives a line for each case: how strictly it binds, how long it takes, what it is about.
//! Never plays anything.

use std::io::Write;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::Error;
use super::output::terminal;
use super::select::Selection;
use crate::runner::{Exit, Planned};
use crate::scenario::Level;

/// Options of `list`.
#[derive(Debug, Args)]
pub(super) struct ListOptions {
    #[command(flatten)]
    selection: Selection,
    /// How to write.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How `list` writes.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Columns for people.
    Text,
    /// One array for programs.
    Json,
}

/// What is told of a case.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    id: &'a str,
    level: Level,
    /// How long it takes at the most if everything goes as expected, on its own clock.
    forecast_s: f64,
    title: &'a str,
    file: &'a str,
}

impl<'a> Entry<'a> {
    fn of(planned: &'a Planned) -> Self {
        let Planned { scenario, case, .. } = planned;
        Self {
            id: &case.id,
            level: scenario.level,
            forecast_s: case.forecast().as_secs_f64(),
            title: &scenario.title,
            file: &scenario.file,
        }
    }
}

pub(super) fn run(options: &ListOptions) -> Result<Exit, Error> {
    let plan = options.selection.select()?;
    let entries: Vec<Entry<'_>> = plan.iter().map(Entry::of).collect();
    let mut out = terminal();
    match options.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &entries).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        Format::Text => {
            let width = entries.iter().map(|entry| entry.id.chars().count()).max().unwrap_or_default();
            for Entry { id, level, forecast_s, title, .. } in &entries {
                writeln!(out, "{:6} {forecast_s:>6} s  {id:width$}  {title}", level.to_string())?;
            }
        }
    }
    out.flush()?;
    Ok(Exit::Conforms)
}
