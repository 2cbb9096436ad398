//! Takes two recorded runs.
//! Gives what differs between them, case by case, and whether anything does.
//! Never says which of the two is right.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::Error;
use super::output::terminal;
use crate::report::{Comparison, DiffFormat};
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
    /// The form: text, markdown or html.
    #[arg(long, value_name = "FORMAT", default_value_t = DiffFormat::Text, value_parser = parse_format)]
    format: DiffFormat,
}

pub(super) fn run(options: &DiffOptions) -> Result<Exit, Error> {
    let (first, second) = (Recording::read(&options.first)?, Recording::read(&options.second)?);
    let differences = diff(&first, &second, options.tolerance);
    let both = first.cases.iter().filter(|case| second.case(&case.id).is_some()).count();
    let exit = if differences.is_empty() { Exit::Conforms } else { Exit::Deviates };
    let comparison = Comparison {
        runs: [
            (options.first.display().to_string(), &first.header),
            (options.second.display().to_string(), &second.header),
        ],
        differences: &differences,
        both,
        alone: first.cases.len() + second.cases.len() - 2 * both,
        exit: exit.code(),
    };
    let mut out = terminal();
    comparison.write(options.format, &mut out)?;
    out.flush()?;
    Ok(exit)
}

fn parse_tolerance(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0);
    seconds.ok_or_else(|| "expected a number of seconds".into())
}

fn parse_format(name: &str) -> Result<DiffFormat, String> {
    name.parse().map_err(|_| "expected text, markdown or html".into())
}
