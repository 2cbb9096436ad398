//! Takes policies on the command line, in files, or line by line.
//! Gives what follows from them: a table, a picture, what bites, the same in other systems' words.
//! Never computes anything itself: `schedule` does.

mod batch;
mod convert;
mod input;
mod lint;
mod show;

use clap::{Args, Subcommand, ValueEnum};

use super::Error;
use crate::policy::{Selected, select};
use crate::protocol::Profile;
use crate::runner::Exit;
pub use batch::answer_schedule_line;
pub(super) use input::{json as read_json, policy as read_policy};
pub(super) use show::{name_of, split_name, width};

/// Options of `schedule`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(super) struct ScheduleOptions {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    show: show::ShowOptions,
    /// How to write; ndjson reads policies from standard input too, one a line.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Names what bites about a policy, with the number.
    Lint(lint::LintOptions),
    /// Converts a policy from and to AWS SNS, and lists of delays.
    Convert(convert::ConvertOptions),
}

/// How `schedule` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table and a picture.
    Text,
    /// One array, with an object for each policy.
    Json,
    /// One JSON object a line, answering one on standard input: a policy, or `{"function", "minimum_delay", "maximum_delay"}`.
    Ndjson,
}

/// The policies of a queue and of a subscription.
#[derive(Debug, Args)]
struct PolicyArgs {
    /// The queue's policy: JSON, a file, or - for standard input; the defaults without it.
    #[arg(long, value_name = "JSON|FILE")]
    policy: Option<String>,
    /// The subscription's policy, which counts instead unless the queue's says `ignore_subscription_override`.
    #[arg(long, value_name = "JSON|FILE")]
    subscription: Option<String>,
    #[command(flatten)]
    profile: ProfileArg,
}

impl PolicyArgs {
    /// The one that counts.
    fn selected(&self) -> Result<Selected, Error> {
        let deviations = self.profile.profile.deviations();
        let read = |option, argument: &Option<String>| {
            argument.as_deref().map(|argument| input::policy(option, argument, deviations)).transpose()
        };
        let (queue, subscription) = (read("--policy", &self.policy)?, read("--subscription", &self.subscription)?);
        Ok(select(queue.as_ref(), subscription.as_ref(), deviations))
    }
}

/// Whose arithmetic is followed.
#[derive(Debug, Args)]
struct ProfileArg {
    /// Whose arithmetic to follow.
    #[arg(long, value_enum, default_value_t = Profile::Documented)]
    profile: Profile,
}

pub(super) fn run(options: &ScheduleOptions) -> Result<Exit, Error> {
    match &options.action {
        Some(Action::Lint(options)) => return lint::run(options),
        Some(Action::Convert(options)) => return convert::run(options),
        None => {}
    }
    match options.format {
        Format::Ndjson => options.show.batch(),
        Format::Json => show::run(&options.show, true),
        Format::Text => show::run(&options.show, false),
    }
}

const EXAMPLES: &str = "\
Examples:
  zaqarcheck schedule
      the documented defaults
  zaqarcheck schedule --policy '{\"maximum_delay\": 60, \"retry_backoff_function\": \"geometric\"}' --outcomes 'fail*6,ok'
      a subscriber that is back at the seventh attempt
  zaqarcheck schedule --policy policy.json --compare '{}' --outage 10m --plot policies.png
      two policies side by side, against an outage of ten minutes";
