//! Takes nothing.
//! Gives the JSON Schema of the scenario format on standard output.
//! Never differs from the schema in the repository: a test compares them.

use std::io::Write;

use super::Error;
use crate::runner::Exit;
use crate::scenario::schema;

pub(super) fn run() -> Result<Exit, Error> {
    anstream::stdout().write_all(schema().as_bytes())?;
    Ok(Exit::Conforms)
}
