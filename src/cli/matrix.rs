//! Takes recordings of runs.
//! Gives the table of their verdicts on standard output.
//! Never compares anything: `report` does.

use std::io::Write;
use std::path::Path;

use clap::Args;

use super::Error;
use crate::report::{Column, matrix};
use crate::runner::{Exit, Recording};

/// Options of `matrix`.
#[derive(Debug, Args)]
pub(super) struct MatrixOptions {
    /// Recordings made with `run --report ndjson=PATH`, the newest release first; each is compared with the next. Its
    /// target names a column, unless a LABEL does.
    #[arg(value_name = "[LABEL=]RUN.ndjson", required = true)]
    runs: Vec<String>,
}

pub(super) fn run(options: &MatrixOptions) -> Result<Exit, Error> {
    let columns: Vec<Column> = options.runs.iter().map(|run| read(run)).collect::<Result<_, _>>()?;
    anstream::stdout().write_all(matrix(&columns).as_bytes())?;
    Ok(Exit::Conforms)
}

fn read(run: &str) -> Result<Column, Error> {
    let (label, path) = labelled(run);
    let recording = Recording::read(Path::new(path))?;
    Ok(Column { label: label.unwrap_or(&recording.header.target).to_owned(), recording })
}

/// A label has no slash: `./a=b.ndjson` is a path.
fn labelled(run: &str) -> (Option<&str>, &str) {
    match run.split_once('=') {
        Some((label, path)) if !label.contains('/') => (Some(label), path),
        _ => (None, run),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_what_stands_before_the_first_equals_sign() {
        assert_eq!(labelled("23.0.1=runs/new.ndjson"), (Some("23.0.1"), "runs/new.ndjson"));
        assert_eq!(labelled("runs/new.ndjson"), (None, "runs/new.ndjson"));
        assert_eq!(labelled("./a=b.ndjson"), (None, "./a=b.ndjson"));
    }
}
