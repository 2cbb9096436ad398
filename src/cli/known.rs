//! Takes a ledger, and a recorded run where one is needed.
//! Gives what is wrong with the ledger, or the ledger written anew.
//! Never writes what a recorded run does not show.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ledger::{read_ledger, read_ledger_to_update, write_ledger};
use super::output::terminal;
use super::select::select;
use super::suite::default_suite;
use super::{Error, tell_flaws};
use crate::runner::{Counts, Exit, Flawed, Ledger, Recording, check_ledger, prune_ledger, rejudge, update_ledger};

/// Options of `known`.
#[derive(Debug, Args)]
pub(super) struct KnownOptions {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Checks that every entry names a case, a check and deviations that exist, once, and in order.
    Check {
        /// The ledger.
        ledger: PathBuf,
        #[command(flatten)]
        suite: SuiteOptions,
    },
    /// Drops the entries whose checks pass in a recorded run.
    Prune {
        /// The ledger.
        ledger: PathBuf,
        /// A run that `run --report ndjson=RUN.ndjson` recorded.
        #[arg(value_name = "RUN.ndjson")]
        recording: PathBuf,
    },
    /// Writes what failed in a recorded run into the ledger, with the deviations that explain it.
    Write {
        /// The ledger; made if it is not there.
        ledger: PathBuf,
        /// A run that `run --report ndjson=RUN.ndjson` recorded.
        #[arg(value_name = "RUN.ndjson")]
        recording: PathBuf,
        #[command(flatten)]
        suite: SuiteOptions,
    },
}

#[derive(Debug, Args)]
struct SuiteOptions {
    /// The folder of the suite; unless given, `scenarios` here, or else the suite in this program (`builtin:`).
    #[arg(long, value_name = "DIR", default_value = default_suite(), hide_default_value = true, env = "ZAQARCHECK_SUITE")]
    suite: PathBuf,
}

pub(super) fn run(options: &KnownOptions) -> Result<Exit, Error> {
    let mut out = terminal();
    let exit = match &options.action {
        Action::Check { ledger, suite } => {
            let plan = select(&suite.suite, &[])?;
            let (read, text) = read_ledger(ledger)?;
            let diagnostics = check_ledger(&ledger.display().to_string(), &text, &read, &plan);
            let wrong = diagnostics.len();
            if wrong > 0 {
                tell_flaws(&mut out, &Flawed { text, diagnostics })?;
            }
            writeln!(out, "zaqarcheck: {} entries, {wrong} mistakes", read.entries.len())?;
            if wrong > 0 { Exit::Deviates } else { Exit::Conforms }
        }
        Action::Prune { ledger, recording } => {
            let recording = Recording::read(recording)?;
            let (mut read, _) = read_ledger(ledger)?;
            let dropped = prune_ledger(&mut read, &recording);
            if !dropped.is_empty() {
                write_ledger(ledger, &read)?;
            }
            for entry in &dropped {
                writeln!(out, "passes: {} {}", entry.id, entry.check)?;
            }
            writeln!(out, "zaqarcheck: {} entries dropped, {} kept", dropped.len(), read.entries.len())?;
            Exit::Conforms
        }
        Action::Write { ledger, recording, suite } => {
            let recording = Recording::read(recording)?;
            let plan = select(&suite.suite, &[])?;
            let old = read_ledger_to_update(ledger)?.unwrap_or_else(|| Ledger::empty(recording.header.target.clone()));
            let before = old.entries.len();
            let mut finished = rejudge(&recording, &plan, None);
            // What was not recorded says nothing; its entries stay.
            finished.retain(|record| recording.case(&record.id).is_some());
            let updated = update_ledger(old, &plan, &mut finished);
            write_ledger(ledger, &updated)?;
            let known = Counts::of(&finished).known;
            let now = updated.entries.len();
            writeln!(out, "zaqarcheck: {known} cases known, {now} entries, {before} before")?;
            Exit::Conforms
        }
    };
    out.flush()?;
    Ok(exit)
}
