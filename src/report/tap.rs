//! Takes the events of a run.
//! Gives TAP version 14: a test point for each case, the failure block in its diagnostics.
//! Never reads as success when the run did not end well: a plan that is not kept, or a bail out, says so.

use std::io::{self, Write};

use serde_json::Value;

use super::verdict::Paint;
use super::{Options, Report, block, case, fit};
use crate::runner::{ResultKind, RunEvent, ScenarioFinished, Summary};

/// The report of TAP consumers.
pub(super) struct Tap<'w> {
    out: Box<dyn Write + 'w>,
    rerun: String,
    cases: Vec<ScenarioFinished>,
    summary: Option<Summary>,
}

impl<'w> Tap<'w> {
    pub(super) fn new(out: Box<dyn Write + 'w>, options: Options) -> Self {
        Self { out, rerun: options.rerun, cases: Vec::new(), summary: None }
    }

    fn point(&mut self, number: usize, case: &ScenarioFinished) -> io::Result<()> {
        let (ok, directive) = match case.verdict {
            ResultKind::Pass => ("ok", String::new()),
            ResultKind::NotApplicable => ("ok", format!(" # SKIP {}", escaped(&case::seen(case)))),
            // A test that fails as it is known to: consumers count it neither as a success nor as a failure.
            ResultKind::Known => {
                ("not ok", format!(" # TODO known: {}", escaped(&case::note(case).unwrap_or_default())))
            }
            // A consumer would praise an `ok # TODO`; here it is a failure of the ledger. TAP has no word for what is
            // unsure either, and what was not shown must not be green.
            ResultKind::Stale | ResultKind::Fail | ResultKind::Error | ResultKind::Inconclusive => {
                ("not ok", String::new())
            }
        };
        writeln!(self.out, "{ok} {number} - {}{directive}", escaped(&case.id))?;
        if case.verdict == ResultKind::Pass || case.verdict == ResultKind::NotApplicable {
            return Ok(());
        }
        let block = block::block(case, &self.rerun, Paint::PLAIN);
        let verdict = serde_json::to_value(case.verdict).expect("a verdict is a word");
        self.diagnostics(&[("verdict", verdict), ("level", case.level.clone().into())], &block)
    }

    /// A YAML block; a JSON string is one of YAML's, and text needs no escapes where it is indented.
    fn diagnostics(&mut self, keys: &[(&str, Value)], block: &str) -> io::Result<()> {
        writeln!(self.out, "  ---")?;
        keys.iter().try_for_each(|(key, value)| writeln!(self.out, "  {key}: {value}"))?;
        // The number says how deep the text is indented: its own first line may begin with spaces.
        writeln!(self.out, "  block: |2-")?;
        block.lines().try_for_each(|line| writeln!(self.out, "{}", format!("    {line}").trim_end()))?;
        writeln!(self.out, "  ...")
    }

    fn of_the_ledger(&mut self, number: usize, entry: &str) -> io::Result<()> {
        writeln!(self.out, "not ok {number} - ledger: {}", escaped(&fit::printable(entry)))?;
        let message = "the ledger entry matches nothing that was selected";
        self.diagnostics(&[("verdict", "stale".into())], message)
    }
}

impl Report for Tap<'_> {
    fn event(&mut self, event: &RunEvent) -> io::Result<()> {
        match event {
            RunEvent::Header(_) => {}
            RunEvent::Scenario(case) => self.cases.push(case.as_ref().clone()),
            RunEvent::Summary(summary) => self.summary = Some(summary.clone()),
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        let mut cases = std::mem::take(&mut self.cases);
        cases.sort_by(|a, b| a.id.cmp(&b.id));
        let unmatched = self.summary.as_ref().map(|summary| summary.unmatched.clone()).unwrap_or_default();
        writeln!(self.out, "TAP version 14\n1..{}", cases.len() + unmatched.len())?;
        for (number, case) in (1..).zip(&cases) {
            self.point(number, case)?;
        }
        for (number, entry) in (cases.len() + 1..).zip(&unmatched) {
            self.of_the_ledger(number, entry)?;
        }
        match &self.summary {
            None => writeln!(self.out, "Bail out! the run was cut off: its summary is missing")?,
            Some(summary) if summary.interrupted => {
                writeln!(self.out, "Bail out! the run was interrupted before its last case")?;
            }
            Some(summary) => writeln!(self.out, "# exit {}", summary.exit)?,
        }
        self.out.flush()
    }
}

/// A description: what begins a directive or an escape is escaped. Source: TAP version 14, "Escaping".
fn escaped(text: &str) -> String {
    fit::printable(text).replace('\\', r"\\").replace('#', r"\#")
}

#[cfg(test)]
mod tests {
    use super::super::{Format, samples};

    #[test]
    fn each_verdict_has_its_test_point() {
        let tap = samples::render(Format::Tap, &samples::run());
        let points: Vec<&str> =
            tap.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok ")).collect();
        insta::assert_snapshot!(points.join("\n"));
        assert!(tap.starts_with("TAP version 14\n1..8\n"), "{tap}");
    }

    #[test]
    fn diagnostics_hold_the_failure_block() {
        let tap = samples::render(Format::Tap, &[samples::header(), samples::scenario(samples::error())]);
        insta::assert_snapshot!(tap);
    }

    #[test]
    fn what_would_be_a_directive_is_escaped() {
        let mut case = samples::pass();
        case.id = "a # SKIP\\b\n".into();
        let tap = samples::render(Format::Tap, &[samples::header(), samples::scenario(case)]);
        assert!(tap.contains("ok 1 - a \\# SKIP\\\\b\\\\n\n"), "{tap}");
    }
}
