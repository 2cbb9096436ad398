//! Takes two recorded runs.
//! Gives what differs between them, case by case, and whether anything does.
//! Never says which of the two is right.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::Error;
use super::output::terminal;
use crate::runner::{Exit, Recording, TOLERANCE_S, diff};

/// Options of `diff`.
#[derive(Debug, Args)]
pub(super) struct DiffOptions {
    /// A run that `run --report ndjson=A.ndjson` recorded.
    #[arg(value_name = "A.ndjson")]
    first: PathBuf,
    /// Another one.
    #[arg(value_name = "B.ndjson")]
    second: PathBuf,
    /// How many seconds longer than the other run's a gap may be that was measured on a real clock.
    #[arg(long, value_name = "SECONDS", default_value_t = TOLERANCE_S, value_parser = parse_tolerance)]
    tolerance: f64,
}

pub(super) fn run(options: &DiffOptions) -> Result<Exit, Error> {
    let (first, second) = (Recording::read(&options.first)?, Recording::read(&options.second)?);
    let differences = diff(&first, &second, options.tolerance);
    let mut out = terminal();
    for (sign, recording, path) in [("-", &first, &options.first), ("+", &second, &options.second)] {
        let header = &recording.header;
        let profile = header.profile.as_ref().map(|profile| format!("; profile {profile}")).unwrap_or_default();
        writeln!(out, "{sign} {}: target {}{profile}; clock {}", path.display(), header.target, header.clock)?;
    }
    for difference in &differences {
        writeln!(out, "\n{}", difference.id)?;
        for change in &difference.changes {
            let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".into(), Value::to_string);
            writeln!(out, "  {}", change.place)?;
            writeln!(out, "    - {}\n    + {}", shown(&change.first), shown(&change.second))?;
        }
    }
    let both = first.cases.iter().filter(|case| second.case(&case.id).is_some()).count();
    let alone = first.cases.len() + second.cases.len() - 2 * both;
    let differ = differences.len() - alone;
    let exit = if differences.is_empty() { Exit::Conforms } else { Exit::Deviates };
    let line = format!("{both} cases in both, {differ} differ, {alone} in one only; exit {}", exit.code());
    writeln!(out, "\nzaqarcheck: {line}")?;
    out.flush()?;
    Ok(exit)
}

fn parse_tolerance(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    seconds.ok_or_else(|| "expected a number of seconds".into())
}
