//! Takes a policy of Zaqar or AWS SNS, or a list of delays.
//! Gives it in another system's words on standard output, what was assumed and what is lost on standard error.
//! Never writes a policy that the other system would refuse.

use std::io::Write;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use super::super::Error;
use super::super::output::terminal;
use super::{ProfileArg, input};
use crate::runner::{Exit, SuiteError};
use crate::schedule::{Source, System, convert, read_list, read_policy, read_sns};

/// What to convert.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ConvertOptions {
    /// What the policy is written in.
    #[arg(long, value_enum)]
    from: System,
    /// What to write it in.
    #[arg(long, value_enum)]
    to: System,
    /// The policy: JSON, a file, - for standard input; a list may be written 0,5s,5m.
    #[arg(value_name = "JSON|FILE")]
    policy: String,
    #[command(flatten)]
    profile: ProfileArg,
}

pub(super) fn run(options: &ConvertOptions) -> Result<Exit, Error> {
    let deviations = options.profile.profile.deviations();
    let plain = options.from == System::List && options.policy.starts_with(|first: char| first.is_ascii_digit());
    let (name, text) = match plain {
        true => ("<list>".to_owned(), options.policy.clone()),
        false => input::text("<policy>", &options.policy)?,
    };
    let source = match options.from {
        System::List => read_list(&name, &text),
        System::Sns => read_sns(&name, &text),
        System::Zaqar => read_policy(&name, &text, deviations).map(Source::Zaqar),
    };
    let source = source.map_err(|diagnostics| Error::Suite(SuiteError::flawed(text, diagnostics)))?;
    let conversion = convert(&source, options.to, deviations).map_err(Error::Usage)?;
    let mut out = terminal();
    let document = if conversion.document.is_array() {
        conversion.document.to_string()
    } else {
        format!("{:#}", conversion.document)
    };
    writeln!(out, "{document}")?;
    out.flush()?;
    let mut notes = anstream::stderr().lock();
    conversion.notes.iter().try_for_each(|note| writeln!(notes, "{note}"))?;
    Ok(Exit::Conforms)
}

impl ValueEnum for System {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

const EXAMPLES: &str = "\
Exit code 2 says that the other system can't hold such a policy, and why.

Examples:
  zaqarcheck schedule convert --from zaqar --to sns '{\"retry_backoff_function\": \"geometric\"}'
  zaqarcheck schedule convert --from sns --to zaqar delivery-policy.json
  zaqarcheck schedule convert --from list --to zaqar 5s,5m,30m";
