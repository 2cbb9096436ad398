//! Takes the environment of a job and finished cases.
//! Gives GitHub what it shows on the page of a job: annotations beside lines of scenarios, and the summary.
//! Never does anything elsewhere: GITHUB_ACTIONS says where this is.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

use super::Error;
use crate::report::github::{annotation, telling_place};
use crate::runner::ScenarioFinished;
use crate::scenario::annotate;

/// GitHub shows ten annotations of a step; a few more stay in the log.
const ANNOTATIONS_MAX: usize = 50;

/// Where a job of GitHub wants its summary; nothing elsewhere.
pub(super) fn summary() -> Result<Option<(PathBuf, File)>, Error> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| is_job() && !path.is_empty()) else {
        return Ok(None);
    };
    let path = PathBuf::from(path);
    // A step may run this more than once, and each run has its part of the page.
    match OpenOptions::new().append(true).create(true).open(&path) {
        Ok(file) => Ok(Some((path, file))),
        Err(source) => Err(Error::Write { path: path.display().to_string(), source }),
    }
}

/// Writes the annotations, if this is a job of GitHub.
pub(super) fn annotate_job(finished: &[ScenarioFinished], out: &mut impl Write) -> io::Result<()> {
    if !is_job() {
        return Ok(());
    }
    let lines: Vec<String> = finished.iter().filter_map(|case| annotation(case, place(case))).collect();
    lines.iter().take(ANNOTATIONS_MAX).try_for_each(|line| writeln!(out, "{line}"))?;
    match lines.len().saturating_sub(ANNOTATIONS_MAX) {
        0 => Ok(()),
        more => writeln!(out, "::notice::{more} more cases have to be looked at; the summary lists them all"),
    }
}

fn is_job() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// The line and column of the check that tells why, if the scenario's file can be read.
fn place(case: &ScenarioFinished) -> Option<(usize, usize)> {
    let text = std::fs::read_to_string(&case.file).ok()?;
    let place = annotate(&case.file, &text, telling_place(case).unwrap_or_default(), String::new(), None);
    Some((place.line, place.column))
}
