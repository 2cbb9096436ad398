//! Takes a recorded run and the form it is wanted in.
//! Gives the report that the run would have written itself.
//! Never judges again: `judge` does.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use super::Error;
use super::judge::rerun;
use super::output::{parse_format, terminal};
use crate::report::{Format, Options as ReportOptions};
use crate::runner::{Exit, Recording, RunEvent};

/// Options of `report`.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// A run that `run --report ndjson=RUN.ndjson` recorded.
    #[arg(value_name = "RUN.ndjson")]
    recording: PathBuf,
    /// The form: text, markdown, html, junit, tap, badge or ndjson.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = parse_format)]
    format: Format,
    /// The file to write, instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Ends with 0 when the report is written; what the run came to stands in it.
pub(super) fn run(options: &ReportArgs) -> Result<Exit, Error> {
    let recording = Recording::read(&options.recording)?;
    let rerun = rerun(&recording.header, "scenarios".as_ref());
    let failed = |source| {
        let path = options.output.as_ref().map_or_else(|| "standard output".into(), |path| path.display().to_string());
        Error::Write { path, source }
    };
    let out: Box<dyn Write> = match &options.output {
        Some(path) => Box::new(BufWriter::new(File::create(path).map_err(failed)?)),
        None => Box::new(terminal()),
    };
    let colour = options.output.is_none() && io::stdout().is_terminal();
    write(recording, options.format, out, ReportOptions { colour, rerun }).map_err(|source| match options.output {
        None => Error::Terminal(source),
        Some(_) => failed(source),
    })?;
    Ok(Exit::Conforms)
}

fn write(recording: Recording, format: Format, out: Box<dyn Write>, options: ReportOptions) -> io::Result<()> {
    let mut report = format.report(out, options);
    report.event(&RunEvent::Header(recording.header))?;
    recording.cases.into_iter().try_for_each(|case| report.event(&RunEvent::Scenario(Box::new(case))))?;
    report.event(&RunEvent::Summary(recording.summary))?;
    report.finish()
}
