//! Takes a file that describes a world of deliveries.
//! Gives what becomes of them: figures, series, pictures; policies compared; what a real server does.
//! Never computes anything itself: `fleet` does.

mod run;
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
enum Action {}

pub(super) fn run(options: &FleetOptions) -> Result<Exit, Error> {
    match &options.action {
        Some(action) => match *action {},
        None => run::run(&options.run),
    }
}

const EXAMPLES: &str = "\
Examples:
  zaqarcheck fleet world.json
      what becomes of every delivery
  zaqarcheck fleet world.json --seed 2 --csv series --html report.html
      the same with other draws, second by second, and as a page to show
  zaqarcheck schema fleet
      what a world may hold";
