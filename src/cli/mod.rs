//! Takes the arguments of the command line.
//! Gives the exit code; prints on the way what was asked for.
//! Never decides anything about a scenario: it wires the pieces together, one file per verb.

mod coverage;
mod deviation;
mod diff;
mod examples;
mod explain;
mod explore;
mod explore_output;
mod fleet;
mod fmt;
mod gate;
mod github;
mod init;
mod interrupt;
mod judge;
mod known;
mod ledger;
mod lint;
mod list;
mod manual;
mod matrix;
mod mutants;
mod options;
mod output;
mod plot;
mod progress;
mod record;
mod replay;
mod report;
mod run;
mod scenarios;
mod schedule;
mod schema;
mod seed;
mod select;
mod serve;
mod server_args;
mod shard;
mod show;
mod suite;
mod target_file;
mod words;

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::SocketAddr;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum, builder::PossibleValue};

use crate::runner::{DraftError, Exit, Flawed, RecordingError, SuiteError};
use crate::scenario::{Level, Look, render};
use crate::target;
pub use schedule::answer_schedule_line;

/// Judges whether a Zaqar-compatible server delivers notifications the way the documents promise.
#[derive(Debug, Parser)]
#[command(name = "zaqarcheck", version, about, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Plays scenarios on the reference model or on a server, and judges what was seen.
    Run(Box<run::RunOptions>),
    /// Plays plans drawn from seeds, with faults, and cuts down what breaks an invariant to a scenario file.
    Explore(Box<explore::ExploreOptions>),
    /// Shows what happens in a seed of `explore`, or in a scenario, event by event.
    Replay(replay::ReplayOptions),
    /// Lists scenarios: level, how long they take, what they are about.
    List(list::ListOptions),
    /// Shows a scenario: requirements, scripts, requests, and when each attempt is expected.
    Show(show::ShowOptions),
    /// Watches how a server delivers one post, and writes the scenario that it passes.
    Record(Box<record::RecordOptions>),
    /// Checks scenario files: their form, their expected delays, and what they claim to catch.
    Lint(lint::LintOptions),
    /// Gives scenario files the one layout, or tells which of them do not have it.
    Fmt(fmt::FmtOptions),
    /// Plays the suite on models with planted mistakes, and tells which scenarios catch which.
    Mutants(mutants::MutantsOptions),
    /// Judges a recorded run again, without a server.
    Judge(judge::JudgeOptions),
    /// Renders a recorded run as another report.
    Report(report::ReportArgs),
    /// Tells in what two recorded runs differ.
    Diff(diff::DiffOptions),
    /// Puts recorded runs beside each other, of several releases for example.
    Matrix(matrix::MatrixOptions),
    /// Looks after a ledger of known failures.
    Known(known::KnownOptions),
    /// Shows which requirement is checked by which scenario, and why one is not.
    Coverage(coverage::CoverageOptions),
    /// Draws the delays that a delivery policy leads to.
    Schedule(schedule::ScheduleOptions),
    /// Tells what becomes of many deliveries in a world of outages.
    Fleet(Box<fleet::FleetOptions>),
    /// Serves the reference model as a Zaqar server, for people who write clients.
    Serve(serve::ServeOptions),
    /// Writes a first scenario and a target file, and says what to do next.
    Init(init::InitOptions),
    /// Explains a requirement, a deviation, an exit code or a scenario.
    Explain(explain::ExplainOptions),
    /// Writes out the suite in this program.
    Scenarios(scenarios::ScenariosOptions),
    /// Prints a JSON Schema for editors: of scenarios, of targets, of worlds, or of the register.
    Schema(schema::SchemaOptions),
    /// Prints completions for a shell.
    Completions(manual::CompletionsOptions),
    /// Writes manual pages, one for each verb.
    Man(manual::ManOptions),
}

const EXIT_CODES: &str = "\
Exit codes:
  0  everything selected came out as expected: pass, or known as the ledger says
  1  an unexpected failure, or a ledger entry that is no longer true; for diff: the runs differ
  2  usage, or an invalid scenario, ledger, register or recording; nothing was run
  3  could not test: target unreachable or died, run cut short, report not written
  4  no failure, but something was inconclusive; for explore: too little was met to say
  5  nothing ran
  6  explore: nothing wrong happened, but something that had to did not
  7  explore: a seed played twice came out in two ways";

/// Why a verb could not do its work; the message reads after "cannot".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Options that don't go together, or name what does not exist.
    #[error("{0}")]
    Usage(String),
    /// The suite can't be used.
    #[error(transparent)]
    Suite(#[from] SuiteError),
    /// A recorded run can't be used.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// No scenario comes of what was recorded.
    #[error(transparent)]
    Draft(DraftError),
    /// Nothing matched the selection.
    #[error("{0}")]
    NothingSelected(String),
    /// The target can't be used.
    #[error(transparent)]
    Target(#[from] target::Error),
    /// A server's address is taken, or not this machine's.
    #[error("listen on {address}: {source}")]
    Bind {
        /// The address of `--bind`.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A server refused what a test needs.
    #[error("{0}")]
    Refused(String),
    /// A file could not be written.
    #[error("write {path}: {source}")]
    Write {
        /// The path as named.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Standard input or output broke.
    #[error("talk to the terminal: {0}")]
    Terminal(#[from] io::Error),
}

impl Error {
    const fn exit(&self) -> Exit {
        match self {
            Self::Recording(_) | Self::Usage(_) | Self::Suite(_) => Exit::Usage,
            Self::NothingSelected(_) => Exit::NothingRan,
            Self::Draft(DraftError::Unsayable(_)) => Exit::Deviates,
            Self::Draft(DraftError::Doubtful) => Exit::Inconclusive,
            Self::Bind { .. }
            | Self::Draft(_)
            | Self::Refused(_)
            | Self::Target(_)
            | Self::Write { .. }
            | Self::Terminal(_) => Exit::CouldNotTest,
        }
    }
}

impl From<DraftError> for Error {
    fn from(error: DraftError) -> Self {
        match error {
            DraftError::Suite(error) => Self::Suite(error),
            DraftError::Target(error) => Self::Target(error),
            other => Self::Draft(other),
        }
    }
}

/// Runs the command line `arguments`, the program's name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let parsed = command().try_get_matches_from(arguments);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Conforms };
        }
    };
    let done = match cli.verb {
        Verb::Run(options) => run::run(*options),
        Verb::Explore(options) => explore::run(&options),
        Verb::Replay(options) => replay::run(&options),
        Verb::List(options) => list::run(&options),
        Verb::Show(options) => show::run(&options),
        Verb::Record(options) => record::run(&options),
        Verb::Lint(options) => lint::run(&options),
        Verb::Mutants(options) => mutants::run(&options),
        Verb::Judge(options) => judge::run(&options),
        Verb::Report(options) => report::run(&options),
        Verb::Diff(options) => diff::run(&options),
        Verb::Matrix(options) => matrix::run(&options),
        Verb::Known(options) => known::run(&options),
        Verb::Coverage(options) => coverage::run(&options),
        Verb::Schedule(options) => schedule::run(&options),
        Verb::Fleet(options) => fleet::run(&options),
        Verb::Serve(options) => serve::run(&options),
        Verb::Schema(options) => schema::run(&options),
        Verb::Scenarios(options) => scenarios::run(&options),
        Verb::Fmt(options) => fmt::run(&options),
        Verb::Init(options) => init::run(&options),
        Verb::Explain(options) => explain::run(&options),
        Verb::Completions(options) => manual::complete(&options),
        Verb::Man(options) => manual::man(&options),
    };
    done.unwrap_or_else(|error| {
        tell(&error);
        error.exit()
    })
}

/// The command line, examples included.
fn command() -> clap::Command {
    examples::with_examples(Cli::command())
}

/// Tells an error on standard error; a reader that has closed its pipe is no error worth telling.
fn tell(error: &Error) {
    let mut stderr = anstream::stderr().lock();
    if let Error::Suite(SuiteError::Invalid(mistakes)) = error {
        for file in mistakes {
            let _ = tell_flaws(&mut stderr, file);
        }
    }
    if !matches!(error, Error::Terminal(source) if source.kind() == io::ErrorKind::BrokenPipe) {
        let _ = writeln!(stderr, "zaqarcheck: cannot {error}");
    }
}

/// Tells what is wrong with a file; anstream takes the colours out again where nobody sees them.
fn tell_flaws(out: &mut impl Write, file: &Flawed) -> io::Result<()> {
    writeln!(out, "{}", render(&file.diagnostics, &file.text, Look::Styled))
}

impl ValueEnum for Level {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Must, Self::Should, Self::Info]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Info => "info",
            Self::Must => "must",
            Self::Should => "should",
        }))
    }
}
