//! Takes scenario files.
//! Gives what is wrong with them: form, names, expectations that the model does not meet, claims that are not true.
//! Never runs a server.

use std::io::Write;

use clap::Args;

use super::Error;
use super::select::Selection;
use crate::runner::{Exit, SuiteError, lint};

/// Options of `lint`.
#[derive(Debug, Args)]
pub(super) struct LintOptions {
    #[command(flatten)]
    selection: Selection,
}

pub(super) fn run(options: &LintOptions) -> Result<Exit, Error> {
    let plan = options.selection.select()?;
    let flawed = lint(&plan)?;
    if !flawed.is_empty() {
        return Err(SuiteError::Invalid(flawed).into());
    }
    writeln!(anstream::stdout(), "zaqarcheck: {} cases, nothing to complain about", plan.len())?;
    Ok(Exit::Conforms)
}
