//! Takes a recorded run.
//! Gives what the present suite says of it: reports and exit code, as `run` does.
//! Never asks a server: what the recording does not tell can't be judged.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Error;
use super::ledger::{read_ledger, unmatched};
use super::output::{Output, parse_report, tool};
use super::select::Selection;
use super::suite::default_suite;
use super::words::option;
use crate::report::Format;
use crate::runner::{Exit, Header, Planned, Recording, rejudge};

/// Options of `judge`.
#[derive(Debug, Args)]
pub(super) struct JudgeOptions {
    /// A run that `run --report ndjson=RUN.ndjson` recorded.
    #[arg(value_name = "RUN.ndjson")]
    recording: PathBuf,
    #[command(flatten)]
    selection: Selection,
    /// The ledger of what the target is known to do differently.
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Writes a report: ndjson, junit, tap, markdown, html, badge or text; may be given more than once.
    #[arg(long, value_name = "FORMAT=PATH", value_parser = parse_report)]
    report: Vec<(Format, PathBuf)>,
}

pub(super) fn run(options: &JudgeOptions) -> Result<Exit, Error> {
    let recording = Recording::read(&options.recording)?;
    let plan = options.selection.select()?;
    let ledger = options.known.as_deref().map(read_ledger).transpose()?.map(|(ledger, _)| ledger);
    if options.selection.is_whole() {
        tell_gone(&recording, &plan)?;
    }
    let header = Header {
        tool: tool(),
        selected: plan.len(),
        known: options.known.as_ref().map(|path| path.display().to_string()),
        ..recording.header.clone()
    };
    let mut output = Output::open(&options.report, &rerun(&recording.header, &options.selection.suite), header)?;
    let finished = rejudge(&recording, &plan, ledger.as_ref());
    finished.iter().try_for_each(|case| output.tell(case))?;
    let unmatched = unmatched(ledger.as_ref(), &plan, options.selection.is_whole());
    output.close(&finished, unmatched, recording.summary.interrupted)
}

/// Cases that were recorded and are in the suite no more.
fn tell_gone(recording: &Recording, plan: &[Planned]) -> Result<(), Error> {
    let in_suite = |id: &str| plan.iter().any(|planned| planned.case.id == id);
    for case in recording.cases.iter().filter(|case| !in_suite(&case.id)) {
        writeln!(anstream::stderr(), "zaqarcheck: recorded, but no longer in the suite: {}", case.id)?;
    }
    Ok(())
}

/// What has to follow `zaqarcheck run ID` to play a case again as it was recorded.
pub(super) fn rerun(header: &Header, suite: &Path) -> String {
    let own = Some(suite).filter(|suite| *suite != Path::new(default_suite()));
    let mut words: Vec<String> = option("--suite", own.map(Path::display)).collect();
    let scale = header.scale.filter(|scale| *scale > 1);
    if let Some(profile) = &header.profile {
        let mut names = profile.split('+');
        words.extend(option("--profile", names.next().filter(|name| *name != "documented")));
        words.extend(names.flat_map(|name| option("--deviation", Some(name))));
    } else if header.target.starts_with("http://") {
        words.extend(option("--target", Some(&header.target)).chain(option("--time-scale", scale)));
    } else {
        words.extend(option("--accelerate", scale));
        words.extend(["--".to_owned(), header.target.clone()]);
    }
    words.join(" ")
}
