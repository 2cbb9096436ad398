//! Takes seeds and a model.
//! Gives what breaks an invariant, cut down to scenario files, and the exit code.
//! Never judges: it plays, writes, and says how each failure is repeated.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Error;
use super::deviation::RulesArgs;
use super::explore_output::{Format, Output};
use super::output::tool;
use super::seed::parse_seed;
use super::shard::parse_shard;
use super::suite::default_suite;
use crate::explore::{
    Engine, Header, Line, Outcome, Plan, Play, Range, SEEDS_MIN, SeedLine, Shard, Sight, Summary, explore, merge,
    play_seed, reduce,
};
use crate::runner::{Exit, Suite, read_text};
use crate::scenario::{Capability, Register};

/// The model that seeds are played on.
#[derive(Clone, Debug, Args)]
pub(super) struct ModelArgs {
    /// What plays: the model in process, or as a server on a simulated network.
    #[arg(long, value_enum, default_value_t = Target::Model)]
    target: Target,
    #[command(flatten)]
    rules: RulesArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Target {
    Model,
    Sim,
}

impl ModelArgs {
    pub(super) fn engine(&self) -> Engine {
        let deviations = self.rules.deviations();
        match self.target {
            Target::Model => Engine::Model(deviations),
            Target::Sim => Engine::Sim(deviations),
        }
    }

    const fn target_name(&self) -> &'static str {
        match self.target {
            Target::Model => "model",
            Target::Sim => "sim",
        }
    }

    /// The options that choose this model, as they are written.
    fn arguments(&self) -> String {
        let target = (self.target != Target::Model).then(|| format!(" --target {}", self.target_name()));
        target.into_iter().chain(self.rules.words().map(|word| format!(" {word}"))).collect()
    }
}

/// Options of `explore`.
#[derive(Debug, Args)]
pub(super) struct ExploreOptions {
    #[command(flatten)]
    model: ModelArgs,
    /// How many seeds to play.
    #[arg(long, value_name = "N", default_value_t = SEEDS_MIN)]
    seeds: u64,
    /// The first seed, in hex.
    #[arg(long, value_name = "HEX", default_value = "0", value_parser = parse_seed)]
    from: u64,
    /// Plays this seed alone, or that of a commit.
    #[arg(long, value_name = "HEX|COMMIT", value_parser = parse_seed, conflicts_with_all = ["seeds", "from", "shard"])]
    seed: Option<u64>,
    /// Plays a share of the seeds; auto takes it from the variables of Kubernetes, GitLab or Slurm.
    #[arg(long, value_name = "I/N|auto", value_parser = parse_shard)]
    shard: Option<Shard>,
    /// Puts recordings of shards together instead of playing; they must be of the model named here.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["seeds", "from", "seed", "shard"])]
    merge: Vec<PathBuf>,
    /// Writes a scenario file for each failure that is cut down.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// At most how many failures are cut down, each of another invariant; none in a shard.
    #[arg(long, value_name = "N", default_value_t = 3)]
    shrink: usize,
    /// How many seeds at once; one per core unless given.
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    jobs: Option<u32>,
    /// How to write.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The folder of the suite, whose register the files cite; unless given, `scenarios` here, or else the suite in this program (`builtin:`).
    #[arg(long, value_name = "DIR", default_value = default_suite(), hide_default_value = true, env = "ZAQARCHECK_SUITE")]
    suite: PathBuf,
}

pub(super) fn run(options: &ExploreOptions) -> Result<Exit, Error> {
    let register = Suite::register_of(&options.suite)?;
    if let Some(folder) = &options.out {
        std::fs::create_dir_all(folder).map_err(|source| unwritten(folder, source))?;
    }
    if !options.merge.is_empty() {
        return merged(options, &register);
    }
    let threads = options.jobs.map_or(0, |jobs| jobs as usize);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| Error::Usage(error.to_string()))?.install(|| played(options, &register))
}

fn played(options: &ExploreOptions, register: &Register) -> Result<Exit, Error> {
    let (on, range) = (options.model.engine(), range(options));
    let mut output = Output::open(options.format, options.model.arguments(), header(options, range))?;
    if let Some(seed) = options.seed {
        output.options(&Plan::draw(seed, &on.able()))?;
    }
    let (mut summary, mut failures) = (Summary::default(), Failures::new(options.shrink));
    explore::<Error>(range, &on, |explored| {
        let line = SeedLine::of(&explored);
        summary.count(&line);
        summary.meet(&explored.outcome.seen);
        if line.fails() && options.seed.is_none() {
            output.failing(&Plan::draw(explored.outcome.seed, &on.able()))?;
        }
        output.seed(&line)?;
        failures.take(&line, || Ok(explored.outcome))
    })?;
    close(options, register, output, failures, summary, range.shard)
}

fn merged(options: &ExploreOptions, register: &Register) -> Result<Exit, Error> {
    let recordings = options.merge.iter().map(|path| Ok((path.display().to_string(), lines(path)?)));
    let recordings = recordings.collect::<Result<Vec<_>, Error>>()?;
    let (header, lines, summary) = merge(recordings).map_err(|error| Error::Usage(error.to_string()))?;
    let (target, profile) = (options.model.target_name(), options.model.rules.name());
    if header.target != target || header.profile != profile {
        let text =
            format!("merge: the recordings are of {} ({}), not of {target} ({profile})", header.target, header.profile);
        return Err(Error::Usage(text));
    }
    let on = options.model.engine();
    let mut output = Output::open(options.format, options.model.arguments(), header)?;
    let mut failures = Failures::new(options.shrink);
    for line in &lines {
        output.seed(line)?;
        failures.take(line, || Ok(play_seed(parse_seed(&line.seed).map_err(Error::Usage)?, &on)?))?;
    }
    close(options, register, output, failures, summary, Shard::WHOLE)
}

/// Cuts failures down, writes their files, and the end.
fn close(
    options: &ExploreOptions,
    register: &Register,
    mut output: Output,
    failures: Failures,
    summary: Summary,
    shard: Shard,
) -> Result<Exit, Error> {
    let on = options.model.engine();
    let whole = shard == Shard::WHOLE;
    for outcome in failures.first.iter().filter(|_| whole) {
        let Some(reduced) = reduce(outcome, on, register) else { continue };
        let file = match (&options.out, &reduced.text) {
            (Some(folder), Some(text)) => Some(write_file(folder, reduced.seed, text)?),
            _ => None,
        };
        output.reduced(&reduced, file.as_deref())?;
    }
    let unseen = if whole && summary.seeds >= SEEDS_MIN { unseen(&summary, on) } else { Vec::new() };
    output.close(&summary, &unseen)?;
    Ok(match () {
        () if summary.undetermined_seeds > 0 => Exit::Nondeterminism,
        () if summary.unsafe_seeds > 0 => Exit::Deviates,
        () if summary.stuck_seeds > 0 => Exit::NoProgress,
        () if !unseen.is_empty() => Exit::Inconclusive,
        () if summary.seeds == 0 => Exit::NothingRan,
        () => Exit::Conforms,
    })
}

/// What had to be met sometimes and never was.
fn unseen(summary: &Summary, on: Engine) -> Vec<String> {
    let confirms = on.able().contains(&Capability::Confirmation);
    let required = Sight::required(confirms).map(|sight| sight.to_string());
    required.filter(|sight| !summary.seen.contains_key(sight)).collect()
}

/// The first failure of each invariant.
struct Failures {
    max: usize,
    known: BTreeSet<String>,
    first: Vec<Outcome>,
}

impl Failures {
    const fn new(max: usize) -> Self {
        Self { max, known: BTreeSet::new(), first: Vec::new() }
    }

    fn take(&mut self, line: &SeedLine, outcome: impl FnOnce() -> Result<Outcome, Error>) -> Result<(), Error> {
        let invariant = line.violations.first().map(|violation| violation.invariant.clone());
        if let Some(invariant) = invariant.filter(|_| self.first.len() < self.max)
            && self.known.insert(invariant)
        {
            self.first.push(outcome()?);
        }
        Ok(())
    }
}

fn range(options: &ExploreOptions) -> Range {
    match options.seed {
        Some(seed) => Range { from: seed, seeds: 1, shard: Shard::WHOLE },
        None => Range { from: options.from, seeds: options.seeds, shard: options.shard.unwrap_or(Shard::WHOLE) },
    }
}

fn header(options: &ExploreOptions, range: Range) -> Header {
    let Shard { number, of } = range.shard;
    Header {
        format: 1,
        tool: tool(),
        target: options.model.target_name().into(),
        profile: options.model.rules.name(),
        from: format!("{:x}", range.from),
        seeds: range.seeds,
        shard: (of > 1).then(|| format!("{number}/{of}")),
    }
}

fn lines(path: &Path) -> Result<Vec<Line>, Error> {
    let text = read_text(path)?;
    let line =
        |line| serde_json::from_str(line).map_err(|error| Error::Usage(format!("read {}: {error}", path.display())));
    text.lines().map(line).collect()
}

fn write_file(folder: &Path, seed: u64, text: &str) -> Result<PathBuf, Error> {
    let path = folder.join(format!("seed-{seed:x}.json"));
    std::fs::write(&path, text).map_err(|source| unwritten(&path, source))?;
    Ok(path)
}

fn unwritten(path: &Path, source: std::io::Error) -> Error {
    Error::Write { path: path.display().to_string(), source }
}
