//! Takes the name of a kind of file.
//! Gives its JSON Schema on standard output.
//! Never differs from the schemas in the repository: a test compares them.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::Error;
use crate::fleet::file::schema as world_schema;
use crate::runner::Exit;
use crate::scenario::{register_schema, schema};
use crate::target::target_schema;

/// Options of `schema`.
#[derive(Debug, Args)]
pub(super) struct SchemaOptions {
    /// The kind of file.
    #[arg(value_enum, default_value_t = Kind::Scenario)]
    kind: Kind,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// The register of requirements.
    Requirements,
    /// Scenario files.
    Scenario,
    /// Target files.
    Target,
    /// Worlds of `fleet`.
    Fleet,
}

pub(super) fn run(options: &SchemaOptions) -> Result<Exit, Error> {
    let schema = match options.kind {
        Kind::Requirements => register_schema(),
        Kind::Scenario => schema(),
        Kind::Target => target_schema(),
        Kind::Fleet => world_schema(),
    };
    anstream::stdout().write_all(schema.as_bytes())?;
    Ok(Exit::Conforms)
}
