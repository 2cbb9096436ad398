//! Takes the text of a recorded run.
//! Gives its header, its cases and its summary, and the clock it ran on.
//! Never takes a stream that was cut off for a whole one.

use std::path::Path;

use super::event::{Header, RunEvent, ScenarioFinished, Summary};
use crate::judge::Clockwork;

/// A run, read back.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The first line.
    pub header: Header,
    /// The cases, in the order of ids.
    pub cases: Vec<ScenarioFinished>,
    /// The last line.
    pub summary: Summary,
}

/// Why a recorded run can't be used; the message reads after "cannot".
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file can't be read.
    #[error("read {path}: {source}")]
    Read {
        /// The path as named.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is no event, or stands in the wrong place.
    #[error("use {path}:{line}: {reason}")]
    Line {
        /// The path as named.
        path: String,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The last line is missing.
    #[error("use {path}: the run was cut off, its summary is missing")]
    CutOff {
        /// The path as named.
        path: String,
    },
}

impl Recording {
    /// Reads a file that `run --report ndjson=...` wrote.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn read(file: &Path) -> Result<Self, RecordingError> {
        let path = file.display().to_string();
        match std::fs::read_to_string(file) {
            Ok(text) => Self::parse(&path, &text),
            Err(source) => Err(RecordingError::Read { path, source }),
        }
    }

    /// Reads the text of such a file, which is called `path` in messages.
    ///
    /// # Errors
    /// [`RecordingError::Line`] and [`RecordingError::CutOff`].
    pub fn parse(path: &str, text: &str) -> Result<Self, RecordingError> {
        let refuse = |line, reason: String| Err(RecordingError::Line { path: path.into(), line, reason });
        let (mut header, mut cases, mut summary) = (None, Vec::<ScenarioFinished>::new(), None);
        for (line, text) in (1..).zip(text.lines()) {
            match (serde_json::from_str(text), &header, &summary) {
                (Err(error), ..) => return refuse(line, format!("not an event of a recorded run: {error}")),
                (Ok(RunEvent::Header(first)), None, _) if first.format == FORMAT => header = Some(first),
                (Ok(RunEvent::Header(first)), None, _) => {
                    return refuse(line, format!("format {} is not {FORMAT}", first.format));
                }
                (Ok(RunEvent::Header(_)), ..) => return refuse(line, "a second header".into()),
                (Ok(_), None, _) => return refuse(line, "expected the header first".into()),
                (Ok(_), _, Some(_)) => return refuse(line, "nothing may follow the summary".into()),
                (Ok(RunEvent::Scenario(case)), ..) if cases.iter().any(|other| other.id == case.id) => {
                    return refuse(line, format!("{} stands twice", case.id));
                }
                (Ok(RunEvent::Scenario(case)), ..) => cases.push(*case),
                (Ok(RunEvent::Summary(last)), ..) => summary = Some(last),
            }
        }
        cases.sort_by(|one, other| one.id.cmp(&other.id));
        match (header, summary) {
            (Some(header), Some(summary)) => Ok(Self { header, cases, summary }),
            _ => Err(RecordingError::CutOff { path: path.into() }),
        }
    }

    /// The case called `id`.
    pub fn case(&self, id: &str) -> Option<&ScenarioFinished> {
        self.cases.binary_search_by(|case| case.id.as_str().cmp(id)).ok().map(|found| &self.cases[found])
    }
}

impl Header {
    /// The clock of the run.
    pub fn clockwork(&self) -> Clockwork {
        match self.clock.as_str() {
            "virtual" => return Clockwork::Virtual,
            "virtual, in ticks" => return Clockwork::Ticking,
            _ => {}
        }
        // Runs recorded before `scale` was a key of its own have it in words: "real, 20 times fast".
        let in_words = || self.clock.split(' ').find_map(|word| word.parse().ok());
        Clockwork::Real { scale: self.scale.or_else(in_words).unwrap_or(1) }
    }
}

/// The version of the stream that is read and written.
const FORMAT: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#"{"type":"header","format":1,"tool":"t","target":"model","profile":null,"clock":"real, 20 times fast","selected":0,"known":null}"#;
    const SUMMARY: &str = r#"{"type":"summary","selected":0,"counts":{"pass":0,"known":0,"not_applicable":0,"inconclusive":0,"stale":0,"fail":0,"error":0},"must":[0,0],"interrupted":false,"unmatched":[],"exit":5,"wall":{"started_ms":0.0,"elapsed_ms":0.0}}"#;

    fn check_refused(lines: &[&str], expected: &str) {
        let refused = Recording::parse("r.ndjson", &lines.join("\n")).expect_err("it is wrong").to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }

    #[test]
    fn a_stream_is_a_header_cases_and_a_summary() {
        let read = Recording::parse("r.ndjson", &[HEADER, SUMMARY].join("\n")).expect("it is right");
        assert_eq!(read.header.clockwork(), Clockwork::Real { scale: 20 });
        check_refused(&[], "use r.ndjson: the run was cut off");
        check_refused(&[HEADER], "use r.ndjson: the run was cut off");
        check_refused(&[SUMMARY], "use r.ndjson:1: expected the header first");
        check_refused(&[HEADER, HEADER], "use r.ndjson:2: a second header");
        check_refused(&[HEADER, SUMMARY, SUMMARY], "use r.ndjson:3: nothing may follow the summary");
        check_refused(&["{}"], "use r.ndjson:1: not an event of a recorded run");
        check_refused(&[&HEADER.replace(":1,", ":2,")], "use r.ndjson:1: format 2 is not 1");
    }
}
