//! Takes a file that describes a world of deliveries.
//! Gives what becomes of them: figures, series, pictures; policies compared; what a real server does.
//! Never computes anything itself: `fleet` does.

mod compare;
mod entrants;
mod outputs;
mod run;
mod search;
mod sweep;
mod verify;
mod work;
mod world;

use clap::{Args, Subcommand};

use super::Error;
use crate::runner::Exit;

/// Options of `fleet`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = EXAMPLES)]
pub(super) struct FleetOptions {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    run: run::RunOptions,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Puts policies, or worlds, beside each other, with the same random numbers.
    Compare(Box<compare::CompareOptions>),
    /// Looks for policies under limits, in several worlds at once.
    Search(Box<search::SearchOptions>),
    /// Gives a field of a world one value after the other.
    Sweep(Box<sweep::SweepOptions>),
    /// Plays a small world on a server, and lays what it does over what is predicted.
    Verify(verify::VerifyOptions),
}

pub(super) fn run(options: &FleetOptions) -> Result<Exit, Error> {
    match &options.action {
        Some(Action::Compare(options)) => compare::run(options),
        Some(Action::Search(options)) => search::run(options),
        Some(Action::Sweep(options)) => sweep::run(options),
        Some(Action::Verify(options)) => verify::run(options),
        None => run::run(&options.run),
    }
}

const EXAMPLES: &str = "\
Examples:
  zaqarcheck fleet world.json
      what becomes of every delivery
  zaqarcheck fleet world.json --seed 2 --csv series --html report.html
      the same with other draws, second by second, and as a page to show
  zaqarcheck fleet verify small.json --target http://127.0.0.1:8888
      whether a server does what is predicted
  zaqarcheck schema fleet
      what a world may hold";
