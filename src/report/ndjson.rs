//! Takes the events of a run.
//! Gives the stream itself: one JSON object per line, which reads back as the same events.
//! Never holds a line back: what was written before a crash can still be reported on.

use std::io::{self, Write};

use super::Report;
use crate::runner::RunEvent;

/// The report of programs, and the recording that every other report can be made from.
pub(super) struct Ndjson<'w> {
    out: Box<dyn Write + 'w>,
}

impl<'w> Ndjson<'w> {
    pub(super) fn new(out: Box<dyn Write + 'w>) -> Self {
        Self { out }
    }
}

impl Report for Ndjson<'_> {
    fn event(&mut self, event: &RunEvent) -> io::Result<()> {
        // In one piece, so that a reader that follows the file never sees half a line on purpose.
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        self.out.write_all(&line)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, samples};
    use crate::runner::RunEvent;

    #[test]
    fn every_event_is_one_line_and_reads_back() {
        let run = samples::run();
        let out = samples::render(Format::Ndjson, &run);
        assert_eq!(out.lines().count(), run.len());
        assert!(out.ends_with('\n'));
        for (line, event) in out.lines().zip(&run) {
            let read: RunEvent = serde_json::from_str(line).expect("a line is an event");
            assert_eq!(format!("{read:?}"), format!("{event:?}"));
        }
    }
}
