//! Takes the name of a file format.
//! Gives its JSON Schema on standard output.
//! Never differs from the schema in the repository: a test compares them.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::Error;
use crate::fleet::file::schema as world_schema;
use crate::runner::Exit;
use crate::scenario::schema;

/// Options of `schema`.
#[derive(Debug, Args)]
pub(super) struct SchemaOptions {
    /// Which format.
    #[arg(value_enum, default_value_t = Of::Scenario)]
    of: Of,
}

/// What there are formats of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Of {
    /// Scenario files.
    Scenario,
    /// Worlds of `fleet`.
    Fleet,
}

pub(super) fn run(options: &SchemaOptions) -> Result<Exit, Error> {
    let schema = match options.of {
        Of::Scenario => schema(),
        Of::Fleet => world_schema(),
    };
    anstream::stdout().write_all(schema.as_bytes())?;
    Ok(Exit::Conforms)
}
