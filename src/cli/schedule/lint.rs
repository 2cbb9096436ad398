//! Takes the policies of a queue and a subscription, and the circumstances under which they are to serve.
//! Gives what bites, one line each, and exit code 1 if anything does.
//! Never judges a policy by circumstances that nobody named.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::Args;

use super::super::Error;
use super::super::output::terminal;
use super::{PolicyArgs, show::whole_seconds};
use crate::runner::Exit;
use crate::schedule::{Circumstances, Weight, lint};

/// What to check, and under which circumstances.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct LintOptions {
    #[command(flatten)]
    policies: PolicyArgs,
    /// An outage that messages have to survive, e.g. 10m.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    outage: Option<Duration>,
    /// Failing deliveries that begin each second.
    #[arg(long, value_name = "PER_SECOND", allow_negative_numbers = true, value_parser = parse_rate)]
    rate: Option<f64>,
    /// Workers that sleep through retries; 10 in Zaqar.
    #[arg(long, value_name = "COUNT", requires = "rate", value_parser = clap::value_parser!(u32).range(1..))]
    workers: Option<u32>,
}

pub(super) fn run(options: &LintOptions) -> Result<Exit, Error> {
    let selected = options.policies.selected()?;
    let circumstances =
        Circumstances { outage_s: options.outage.map(whole_seconds), rate: options.rate, workers: options.workers };
    let concerns = lint(&selected, circumstances, options.policies.profile.profile.deviations());
    let mut out = terminal();
    let colour = io::stdout().is_terminal();
    for concern in &concerns {
        let (word, style) = match concern.weight {
            Weight::Bites => ("bites", AnsiColor::Red.on_default().bold()),
            Weight::Notice => ("notice", Style::new().dimmed()),
        };
        let style = if colour { style } else { Style::new() };
        writeln!(out, "{style}{word}{style:#} {}: {}", concern.name, concern.text)?;
    }
    out.flush()?;
    let bites = concerns.iter().any(|concern| concern.weight == Weight::Bites);
    Ok(if bites { Exit::Deviates } else { Exit::Conforms })
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| format!("{text} is no number"))?;
    if rate.is_finite() && rate > 0.0 { Ok(rate) } else { Err("it must be more than 0".into()) }
}

const EXAMPLES: &str = "\
Exit code 1 says that something bites, 0 that there are notices at most.

Examples:
  zaqarcheck schedule lint --outage 10m
  zaqarcheck schedule lint --policy policy.json --rate 0.1 --workers 10 --profile zaqar-23.0.1";
