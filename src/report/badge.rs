//! Takes the events of a run.
//! Gives a badge for a README, as SVG: what was tested, and how much of what applied came out as the documents say.
//! Never green unless the exit code is 0 and nothing is known to fail.

use std::io::{self, Write};

use askama::Template;

use super::{Report, verdict};
use crate::runner::{Counts, RunEvent, Summary};

/// The report that is a picture of two words.
pub(super) struct Badge<'w> {
    out: Box<dyn Write + 'w>,
    counts: Counts,
    summary: Option<Summary>,
}

impl<'w> Badge<'w> {
    pub(super) fn new(out: Box<dyn Write + 'w>) -> Self {
        Self { out, counts: Counts::default(), summary: None }
    }

    /// The right half: what it says, and how it looks.
    fn result(&self) -> (String, &'static str) {
        let Counts { pass, known, not_applicable, inconclusive, stale, fail, error } = self.counts;
        let applied = pass + known + inconclusive + stale + fail + error;
        let passed = format!("{pass} of {applied} pass");
        match &self.summary {
            None => ("cut off".into(), RED),
            Some(summary) if summary.interrupted => ("interrupted".into(), RED),
            Some(_) if applied == 0 => (format!("nothing ran, {not_applicable} not applicable"), GREY),
            Some(summary) if summary.exit == 0 && known == 0 => (passed, GREEN),
            Some(summary) if summary.exit == 0 => (format!("{passed}, {known} known"), YELLOW),
            Some(summary) if summary.exit == 4 => (format!("{passed}, {inconclusive} unsure"), YELLOW),
            Some(_) => (passed, RED),
        }
    }
}

impl Report for Badge<'_> {
    fn event(&mut self, event: &RunEvent) -> io::Result<()> {
        match event {
            RunEvent::Header(_) => {}
            RunEvent::Scenario(case) => verdict::count(&mut self.counts, case.verdict),
            RunEvent::Summary(summary) => self.summary = Some(summary.clone()),
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let (result, colour) = self.result();
        let (left, right) = (width(SUBJECT), width(&result));
        let picture = Picture { subject: SUBJECT, result, colour, left, right };
        writeln!(self.out, "{}", picture.render().map_err(io::Error::other)?)?;
        self.out.flush()
    }
}

#[derive(Template)]
#[template(config = "src/report/askama.toml", path = "badge.svg")]
struct Picture {
    subject: &'static str,
    result: String,
    colour: &'static str,
    /// The widths of the two halves, in pixels.
    left: usize,
    right: usize,
}

/// About what the text takes at 11 pixels; the picture stretches it to that, so that it fits with any font.
fn width(text: &str) -> usize {
    text.chars().count() * 13 / 2 + 10
}

const SUBJECT: &str = "zaqar delivery policy";
// White text is readable on each: a contrast of 4.5 or more.
const GREEN: &str = "#2e7d32";
const GREY: &str = "#616161";
const RED: &str = "#c62828";
const YELLOW: &str = "#8d6e00";

#[cfg(test)]
mod tests {
    use super::super::{Format, samples};
    use super::*;

    #[track_caller]
    fn check(events: &[RunEvent], text: &str, colour: &str) {
        let svg = samples::render(Format::Badge, events);
        assert!(svg.contains(&format!(">{text}</text>")) && svg.contains(colour), "{text} {colour}: {svg}");
    }

    #[test]
    fn only_a_clean_run_is_green() {
        check(&samples::good_run(), "1 of 1 pass", GREEN);
        check(&samples::run(), "1 of 6 pass", RED);
        check(&[samples::header()], "cut off", RED);
        let with = |change: &dyn Fn(&mut Summary), cases: &[_]| {
            let mut run = samples::good_run();
            let Some(RunEvent::Summary(summary)) = run.last_mut() else { panic!("a run ends with a summary") };
            change(summary);
            let summary = run.pop().expect("it is there");
            run.extend(cases.iter().cloned().map(samples::scenario));
            run.push(summary);
            run
        };
        check(&with(&|_| {}, &[samples::known()]), "1 of 2 pass, 1 known", YELLOW);
        check(&with(&|summary| summary.exit = 4, &[samples::inconclusive()]), "1 of 2 pass, 1 unsure", YELLOW);
        check(&with(&|summary| summary.interrupted = true, &[]), "interrupted", RED);
        check(&with(&|summary| summary.exit = 1, &[]), "1 of 1 pass", RED);
        let mut nothing = samples::good_run();
        nothing[1] = samples::scenario(samples::not_applicable());
        check(&nothing, "nothing ran, 1 not applicable", GREY);
    }

    #[test]
    fn a_badge_is_small_and_complete() {
        insta::assert_snapshot!(samples::render(Format::Badge, &samples::good_run()));
    }
}
