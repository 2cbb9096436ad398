//! Takes worlds, limits, and what is to be small.
//! Gives the policies that are best in the worst of the worlds: a front, and picks from it.
//! Never searches in one world: of a single file, others are derived.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use super::super::Error;
use super::super::output::terminal;
use super::entrants::{EntrantArgs, Entrants, jitter};
use super::outputs::{Format, PictureArgs, write_csv};
use super::run::endless;
use super::work::{JobsArgs, exit, watched};
use crate::fleet::{
    Candidate, Candidates, Endless, Entrant, Grid, Limit, Metric, OBJECTIVES, Shape, Trial, Wanted, World, search,
};
use crate::report::fleet::{Found, Panel, Searching};
use crate::runner::Exit;

/// Options of `fleet search`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SearchOptions {
    #[command(flatten)]
    entrants: EntrantArgs,
    /// What has to be so in every world, such as lost=0, 'peak_x<=5' or 'lag_p99<90s'; undelivered=0 unless any is
    /// given.
    #[arg(long, value_name = "LIMIT", value_parser = str::parse::<Limit>)]
    limit: Vec<Limit>,
    /// What is to be as good as can be in the worst world; two or more, with commas between them.
    #[arg(long, value_name = "FIGURES", value_delimiter = ',', value_parser = Metric::named, default_values = OBJECTIVES)]
    objective: Vec<&'static Metric>,
    /// Other values for a key of the policy, such as minimum_delay=1,5,10; may be given more than once.
    #[arg(long, value_name = "KEY=VALUES")]
    grid: Vec<String>,
    /// How to write.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Writes every policy that was tried as CSV.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    #[command(flatten)]
    pictures: PictureArgs,
    /// The most rows of the front.
    #[arg(long, value_name = "COUNT", default_value_t = 12)]
    rows: usize,
    #[command(flatten)]
    jobs: JobsArgs,
}

pub(super) fn run(options: &SearchOptions) -> Result<Exit, Error> {
    let wanted = options.wanted()?;
    let Entrants { title, all } = options.entrants.read()?;
    let (candidates, own) = options.candidates(&all[0].world)?;
    let (names, worlds, notes) = worlds(&all);
    options.pictures.open(options.csv.as_deref())?;
    let steps = candidates.all.len() as u64;
    let (searched, interrupted) = watched(&options.jobs, steps, |watcher| {
        let trials: Vec<Trial> =
            worlds.iter().map(|world| Trial::new(world.clone(), wanted.figures())).collect::<Result<_, Endless>>()?;
        search(&candidates.all, trials.len(), &wanted, |number, policy| trials[number].measure(policy), watcher)
    })?;
    let searched = searched.map_err(endless)?;
    let found = Found { candidates: &candidates.all, wanted: &wanted, searched: &searched, own };
    let searching = Searching { worlds: &names, notes: &notes, candidates: &candidates, found };
    write_csv(options.csv.as_deref(), || searching.csv())?;
    if options.pictures.wanted() {
        let lead: Vec<String> = searching.sentences().into_iter().chain(searching.advice()).collect();
        options.pictures.write(&title, &lead, &[searching.table()], &[Panel::Found(&found)])?;
    }
    let mut out = terminal();
    match options.format {
        Format::Json => writeln!(out, "{:#}", searching.json())?,
        Format::Text => {
            let lines = searching.text(options.rows, io::stdout().is_terminal());
            lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
    }
    out.flush()?;
    Ok(match exit(interrupted) {
        Exit::Conforms if searched.front.is_empty() => Exit::Deviates,
        exit => exit,
    })
}

impl SearchOptions {
    fn wanted(&self) -> Result<Wanted, Error> {
        if self.objective.len() < 2 {
            return Err(Error::Usage("weigh one objective against nothing: name two or more with --objective".into()));
        }
        let usual = || vec!["undelivered=0".parse().expect("it is a limit")];
        let limits = if self.limit.is_empty() { usual() } else { self.limit.clone() };
        Ok(Wanted { limits, objectives: self.objective.clone() })
    }

    /// What is tried, and which of them is the world's own policy: the first, if it has only one.
    fn candidates(&self, world: &World) -> Result<(Candidates, Option<usize>), Error> {
        let wrong = |error: String| Error::Usage(format!("search that grid: {error}"));
        let mut grid = Grid::default();
        self.grid.iter().try_for_each(|text| grid.set(text)).map_err(wrong)?;
        let mut candidates = grid.candidates(jitter(world), world.rules).map_err(wrong)?;
        if candidates.all.is_empty() {
            let refused = candidates.refused;
            return Err(wrong(format!(
                "none of its {} policies can be tried; {refused} are refused by Zaqar, which \
                wants maximum_delay to be at least 10 above minimum_delay",
                grid.combinations()
            )));
        }
        let [own] = world.policies.as_slice() else { return Ok((candidates, None)) };
        let shape = Shape::of(own, world.rules);
        candidates.all.insert(0, Candidate { policy: own.clone(), shape });
        Ok((candidates, Some(0)))
    }
}

/// The worlds of the files, or those that follow from one: names, worlds, and what to say about them.
fn worlds(all: &[Entrant]) -> (Vec<String>, Vec<World>, Vec<String>) {
    let (named, notes): (Vec<(String, World)>, Vec<String>) = match all {
        [only] => {
            let named = only.world.variations(&only.name);
            let others: Vec<&str> =
                named.iter().map(|(name, _)| name.as_str().strip_prefix(only.name.as_str()).unwrap_or(name)).collect();
            let others: Vec<&str> =
                others.into_iter().map(|name| name.trim_start_matches(", ")).filter(|n| !n.is_empty()).collect();
            let note = format!("one world says little: it is joined by variants of itself ({})", others.join("; "));
            (named, vec![note])
        }
        all => (all.iter().map(|entrant| (entrant.name.clone(), entrant.world.clone())).collect(), Vec::new()),
    };
    let (names, worlds) = named.into_iter().unzip();
    (names, worlds, notes)
}

const EXAMPLES: &str = "\
Exit code 1 says that no policy keeps the limits.

Examples:
  zaqarcheck fleet search world.json --limit undelivered=0 --limit 'peak_x<=5' --csv tried.csv --plot front.png
  zaqarcheck fleet search short.json long.json burst.json --objective lag_p99,peak_1s
  zaqarcheck fleet search world.json --grid maximum_delay=60,120,240 --grid retry_backoff_function=geometric";
