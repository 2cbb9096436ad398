//! Takes scenario files.
//! Gives what is wrong with them: form, names, expectations that the model does not meet, claims that are not true.
//! Never runs a server.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::Error;
use super::select::select;
use crate::runner::{Exit, SuiteError, lint};

/// Options of `lint`.
#[derive(Debug, Args)]
pub(super) struct LintOptions {
    /// Scenario files or folders, ids, or patterns over ids; everything if none is given.
    #[arg(value_name = "PATH|ID|GLOB")]
    names: Vec<String>,
    /// The folder of the suite.
    #[arg(long, value_name = "DIR", default_value = "scenarios", env = "ZAQARCHECK_SUITE")]
    suite: PathBuf,
}

pub(super) fn run(options: &LintOptions) -> Result<Exit, Error> {
    let plan = select(&options.suite, &options.names)?;
    let flawed = lint(&plan)?;
    if !flawed.is_empty() {
        return Err(SuiteError::Invalid(flawed).into());
    }
    writeln!(anstream::stdout(), "zaqarcheck: {} cases, nothing to complain about", plan.len())?;
    Ok(Exit::Conforms)
}
