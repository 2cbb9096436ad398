//! Takes a world.
//! Gives its figures, and on request its series, its events and its pictures.
//! Never begins a long run before it knows that it can write what was asked for.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::super::Error;
use super::super::output::terminal;
use super::world::WorldArgs;
use crate::fleet::{Endless, Figures, Tally, World, figures, run as play};
use crate::report::fleet::{Events, Outcome, json, table};
use crate::runner::Exit;

/// Options of `fleet FILE`.
#[derive(Debug, Args)]
pub(super) struct RunOptions {
    #[command(flatten)]
    world: WorldArgs,
    /// How to write the figures.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Writes the figures as groups.csv, and what happened second by second as series.csv, into a folder.
    #[arg(long, value_name = "DIR")]
    csv: Option<PathBuf>,
    /// Writes every attempt and every end as a line of JSON.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
}

/// How `fleet` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables.
    Text,
    /// One object.
    Json,
}

pub(super) fn run(options: &RunOptions) -> Result<Exit, Error> {
    let described = options.world.read()?;
    let figures = played(options, &described.world)?;
    let outcome = Outcome { described: &described, figures: &figures };
    let mut out = terminal();
    match options.format {
        Format::Json => writeln!(out, "{:#}", json(&outcome))?,
        Format::Text => {
            let lines = table(&outcome, io::stdout().is_terminal());
            lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
    }
    out.flush()?;
    Ok(Exit::Conforms)
}

/// The figures; what else was asked for is written on the way.
fn played(options: &RunOptions, world: &World) -> Result<Figures, Error> {
    let Some(path) = &options.events else { return figures(world).map_err(endless) };
    let file = File::create(path).map_err(|source| cannot_write(path, source))?;
    let mut watch = (Tally::new(world), Events::new(world, BufWriter::new(file)));
    play(world, &mut watch).map_err(endless)?;
    let (tally, events) = watch;
    events.finish().map_err(|source| cannot_write(path, source))?;
    Ok(tally.figures())
}

fn endless(endless: Endless) -> Error {
    Error::Usage(format!("play this world: {endless}"))
}

fn cannot_write(path: &Path, source: io::Error) -> Error {
    Error::Write { path: path.display().to_string(), source }
}
