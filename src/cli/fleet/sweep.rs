//! Takes a world, a field of its file, and values for it.
//! Gives the figures for each value.
//! Never reads a value otherwise than the file would be read with it.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use rayon::prelude::*;
use serde_json::Value;

use super::super::Error;
use super::super::output::terminal;
use super::entrants::{EntrantArgs, Entrants};
use super::outputs::{Format, PictureArgs, write_csv};
use super::run::endless;
use super::work::{JobsArgs, exit, watched};
use super::world::world_of;
use crate::fleet::{
    Endless, Entrant, Line, Measured, Metric, Policy, SECOND, Setting, Swept, World, figures, read_values, set_field,
};
use crate::report::fleet::{Panel, SWEPT, Sweeping};
use crate::runner::{Exit, read_text};

/// Options of `fleet sweep`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SweepOptions {
    #[command(flatten)]
    entrants: EntrantArgs,
    /// The field: its path in the file, such as `sender.workers`, or `outage` for the length of all outages.
    #[arg(long, value_name = "PATH", default_value = OUTAGE)]
    field: String,
    /// Its values: `5,10,20`, `10..100:10`, `1s..6h*2`, or `10..100` for ten of them.
    #[arg(long, value_name = "LIST|FIRST..LAST")]
    values: String,
    /// The figures to show, with commas between them.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = Metric::named)]
    figures: Vec<&'static Metric>,
    /// How to write.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Writes all figures as CSV.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    #[command(flatten)]
    pictures: PictureArgs,
    #[command(flatten)]
    jobs: JobsArgs,
}

pub(super) fn run(options: &SweepOptions) -> Result<Exit, Error> {
    options.entrants.only_file("sweep")?;
    let Entrants { title, all } = options.entrants.read()?;
    let settings = read_values(&options.values).map_err(|error| Error::Usage(format!("read --values: {error}")))?;
    let line = |(place, entrant): (usize, &Entrant)| -> Result<Vec<World>, Error> {
        // The first one is the file as it is, the others have a policy in its place.
        let policy = entrant.world.policies.first().filter(|_| place > 0);
        settings.iter().map(|setting| varied(options, &entrant.world, policy, setting)).collect()
    };
    let worlds: Vec<Vec<World>> = all.iter().enumerate().map(line).collect::<Result<_, Error>>()?;
    options.pictures.open(options.csv.as_deref())?;
    let steps = (all.len() * settings.len()) as u64;
    let (points, interrupted) = watched(&options.jobs, steps, |watcher| {
        let point = |world: &World| {
            if watcher.stop.load(std::sync::atomic::Ordering::Relaxed) {
                return Ok(None);
            }
            let measured = Measured::of(world, &figures(world)?);
            (watcher.done)();
            Ok(Some(measured))
        };
        worlds.par_iter().map(|line| line.par_iter().map(point).collect()).collect::<Result<Vec<Vec<_>>, Endless>>()
    })?;
    let points = points.map_err(endless)?;
    // What is missing in between would move the rest to other values.
    let whole = |line: Vec<Option<Measured>>| line.into_iter().map_while(|point| point).collect();
    let lines = all.iter().zip(points).map(|(entrant, line)| Line { name: entrant.name.clone(), points: whole(line) });
    let swept = Swept { field: options.field.clone(), lines: lines.collect(), settings };
    let usual = || SWEPT.map(|name| Metric::named(name).expect("it is one of them")).to_vec();
    let shown = if options.figures.is_empty() { usual() } else { options.figures.clone() };
    let sweeping = Sweeping { title: &title, seed: all[0].world.seed, swept: &swept, figures: &shown };
    write_csv(options.csv.as_deref(), || sweeping.csv())?;
    if options.pictures.wanted() {
        options.pictures.write(&title, &[], &[sweeping.table()], &[Panel::Swept(&swept)])?;
    }
    let mut out = terminal();
    match options.format {
        Format::Json => writeln!(out, "{:#}", sweeping.json())?,
        Format::Text => {
            let lines = sweeping.text(io::stdout().is_terminal());
            lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
    }
    out.flush()?;
    Ok(exit(interrupted))
}

/// A world with another value, and with another policy if there is one.
fn varied(options: &SweepOptions, world: &World, policy: Option<&Policy>, setting: &Setting) -> Result<World, Error> {
    if options.field == OUTAGE {
        return outage(world, setting);
    }
    let file = options.entrants.file();
    let wrong = |error: String| Error::Usage(format!("set {} in {}: {error}", options.field, file.display()));
    let mut document: Value = serde_json::from_str(&read_text(file)?).map_err(|error| wrong(error.to_string()))?;
    set_field(&mut document, &options.field, setting.value.clone()).map_err(wrong)?;
    // What is wrong with a value is shown in the file as it would be with it.
    let read = world_of(file, format!("{document:#}\n"))?.world;
    let read = World { seed: world.seed, ..read };
    Ok(policy.map_or_else(|| read.clone(), |policy| read.under(policy.clone())))
}

fn outage(world: &World, setting: &Setting) -> Result<World, Error> {
    let wrong = |why: String| Error::Usage(format!("sweep over outages: {why}"));
    let seconds = setting.number.filter(|seconds| *seconds > 0.0 && *seconds < 1e9);
    let seconds = seconds.ok_or_else(|| wrong(format!("`{}` is no time; write for example 90s", setting.text())))?;
    if world.subscribers.iter().all(|subscriber| subscriber.down.is_empty()) {
        return Err(wrong("nobody has one; give a subscriber a `down` window, or name another --field".into()));
    }
    Ok(world.with_outages((seconds * SECOND as f64).round() as u64))
}

/// The alias for the length of all outages.
const OUTAGE: &str = "outage";

const EXAMPLES: &str = "\
Examples:
  zaqarcheck fleet sweep world.json --values '1s..6h*2' --plot outages.png
      lag and loss against the length of the outage
  zaqarcheck fleet sweep world.json --field sender.workers --values 5,10,20,50
      what more workers would change";
