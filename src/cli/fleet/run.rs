//! Takes a world.
//! Gives its figures, and on request its series, its events and its pictures.
//! Never begins a long run before it knows that it can write what was asked for.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use super::super::Error;
use super::super::output::terminal;
use super::super::plot::write_file;
use super::outputs::{Format, PictureArgs, cannot_write};
use super::world::WorldArgs;
use crate::fleet::file::Described;
use crate::fleet::{Collector, Endless, Figures, Series, Tally, World, figures, run as play};
use crate::report::fleet::{Events, Outcome, Run, groups_csv, json, lead, panels_of, series_csv, table, tables};
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
    #[command(flatten)]
    pictures: PictureArgs,
}

pub(super) fn run(options: &RunOptions) -> Result<Exit, Error> {
    let described = options.world.read()?;
    let files = Files::open(options)?;
    let (figures, series) = files.played(&described.world)?;
    let outcome = Outcome { described: &described, figures: &figures };
    if let Some(series) = &series {
        write_files(options, &outcome, series)?;
    }
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

/// What is written on the way.
struct Files {
    events: Option<(PathBuf, File)>,
    /// Whether somebody wants to know what happened when.
    series: bool,
}

impl Files {
    /// Opens everything that will be written.
    fn open(options: &RunOptions) -> Result<Self, Error> {
        let create = |path: &PathBuf| match File::create(path) {
            Ok(file) => Ok((path.clone(), file)),
            Err(source) => Err(cannot_write(path, source)),
        };
        options.pictures.open(None)?;
        if let Some(folder) = &options.csv {
            fs::create_dir_all(folder).map_err(|source| cannot_write(folder, source))?;
        }
        let events = options.events.as_ref().map(create).transpose()?;
        Ok(Self { events, series: options.csv.is_some() || options.pictures.wanted() })
    }

    /// Plays the world; what nobody wants is not kept.
    fn played(self, world: &World) -> Result<(Figures, Option<Series>), Error> {
        match self.events {
            None if !self.series => Ok((figures(world).map_err(endless)?, None)),
            None => {
                let mut watch = (Tally::new(world), Collector::new(world));
                play(world, &mut watch).map_err(endless)?;
                Ok((watch.0.figures(), Some(watch.1.series())))
            }
            Some((path, file)) => {
                let events = Events::new(world, BufWriter::new(file));
                let mut watch = (Tally::new(world), (Collector::new(world), events));
                play(world, &mut watch).map_err(endless)?;
                let (tally, (collector, events)) = watch;
                events.finish().map_err(|source| cannot_write(&path, source))?;
                Ok((tally.figures(), self.series.then(|| collector.series())))
            }
        }
    }
}

fn write_files(options: &RunOptions, outcome: &Outcome<'_>, series: &Series) -> Result<(), Error> {
    if let Some(folder) = &options.csv {
        write_file(&folder.join("series.csv"), series_csv(series).as_bytes())?;
        write_file(&folder.join("groups.csv"), groups_csv(outcome.figures).as_bytes())?;
    }
    let title = title(options, outcome.described);
    let runs = [Run { name: &title, series }];
    options.pictures.write(&title, &lead(outcome), &tables(outcome.figures), &panels_of(&runs))
}

/// What the world is about, or else the name of its file.
fn title(options: &RunOptions, described: &Described) -> String {
    if described.title.is_empty() { options.world.file().display().to_string() } else { described.title.clone() }
}

pub(super) fn endless(endless: Endless) -> Error {
    Error::Usage(format!("play this world: {endless}"))
}
