//! Takes worlds that differ in one thing.
//! Gives their figures side by side, with differences that are more than chance marked.
//! Never compares worlds with different random numbers.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use super::super::Error;
use super::super::output::terminal;
use super::super::schedule::width;
use super::entrants::{EntrantArgs, Entrants, each_policy};
use super::outputs::{Format, PictureArgs, write_csv};
use super::run::endless;
use super::work::{JobsArgs, exit, watched};
use crate::fleet::{Entrant, Series, Shape, compare, figures, run as play};
use crate::report::fleet::{Comparison, Run, panels_of};
use crate::runner::Exit;

/// Options of `fleet compare`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompareOptions {
    #[command(flatten)]
    entrants: EntrantArgs,
    /// How often to run each, with a seed of its own every time.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    runs: u32,
    /// How to write.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Writes the figures of every run as CSV.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    #[command(flatten)]
    pictures: PictureArgs,
    /// Columns to write in; those of the terminal without it.
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=1000))]
    width: Option<u16>,
    #[command(flatten)]
    jobs: JobsArgs,
}

pub(super) fn run(options: &CompareOptions) -> Result<Exit, Error> {
    let Entrants { title, all } = options.entrants.read()?;
    let all = several(all)?;
    options.pictures.open(options.csv.as_deref())?;
    let steps = all.len() as u64 * u64::from(options.runs);
    let (compared, interrupted) =
        watched(&options.jobs, steps, |watcher| compare(&all, options.runs, figures, watcher))?;
    let compared = compared.map_err(endless)?;
    let shapes: Vec<Option<Shape>> = all.iter().map(shape).collect();
    let seed = all[0].world.seed;
    let comparison = Comparison { title: &title, seed, compared: &compared, shapes: &shapes, runs: options.runs };
    write_csv(options.csv.as_deref(), || comparison.csv())?;
    if options.pictures.wanted() {
        let series = all.iter().map(|one| series(one, seed)).collect::<Result<Vec<_>, Error>>()?;
        let runs: Vec<Run<'_>> = all.iter().zip(&series).map(|(one, series)| Run { name: &one.name, series }).collect();
        options.pictures.write(&title, &comparison.sentences(), &[comparison.table()], &panels_of(&runs))?;
    }
    let mut out = terminal();
    match options.format {
        Format::Json => writeln!(out, "{:#}", comparison.json())?,
        Format::Text => {
            let lines = comparison.text(width(options.width), io::stdout().is_terminal());
            lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
    }
    out.flush()?;
    Ok(exit(interrupted))
}

/// Of one world its policies are compared, if there are several.
fn several(all: Vec<Entrant>) -> Result<Vec<Entrant>, Error> {
    match all.as_slice() {
        [only] if only.world.policies.len() < 2 => {
            let why = "compare a world with itself: name another file, or a policy with --policy NAME=JSON";
            Err(Error::Usage(why.into()))
        }
        [only] => Ok(each_policy(only)),
        _ => Ok(all),
    }
}

/// What the schedule of a world with one policy looks like.
fn shape(entrant: &Entrant) -> Option<Shape> {
    match entrant.world.policies.as_slice() {
        [policy] => Some(Shape::of(policy, entrant.world.rules)),
        _ => None,
    }
}

/// What happens second by second in the first run.
fn series(entrant: &Entrant, seed: u64) -> Result<Series, Error> {
    let world = crate::fleet::World { seed, ..entrant.world.clone() };
    let mut played = Ok(());
    let series = Series::of(&world, |world, collector| played = play(world, collector));
    played.map(|()| series).map_err(endless)
}

const EXAMPLES: &str = "\
Examples:
  zaqarcheck fleet compare world.json --policy 'steep={\"retry_backoff_function\": \"geometric\", \"maximum_delay\": 120}'
      the world's own policy against another one
  zaqarcheck fleet compare pool-of-10.json pool-of-50.json --runs 30 --plot pools.png
      worlds that differ in something else";
