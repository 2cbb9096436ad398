//! Takes the events of a run.
//! Gives lines for people: one per case as it comes, then every unexpected result with its evidence, then one line of counts.
//! Never changes the form of the last line without need: scripts look for it.

use std::io::{self, Write};

use super::verdict::{BAD, DIM, Paint};
use super::{Options, Report, block, case, fit, verdict};
use crate::runner::{Counts, Header, ResultKind, RunEvent, ScenarioFinished, Summary};

/// The report of people.
pub(super) struct Text<'w> {
    out: Box<dyn Write + 'w>,
    paint: Paint,
    rerun: String,
    header: Option<Header>,
    /// What is repeated after the last case.
    unexpected: Vec<ScenarioFinished>,
    counts: Counts,
    elapsed_s: f64,
    complete: bool,
}

impl<'w> Text<'w> {
    pub(super) fn new(out: Box<dyn Write + 'w>, options: Options) -> Self {
        let Options { colour, rerun } = options;
        let (header, unexpected, counts) = (None, Vec::new(), Counts::default());
        Self { out, paint: Paint { colour }, rerun, header, unexpected, counts, elapsed_s: 0.0, complete: false }
    }

    fn header(&mut self, header: &Header) -> io::Result<()> {
        let Header { tool, clock, selected, .. } = header;
        let line = format!("{tool}: {selected} {}; {}; clock {clock}", plural("case", *selected), target(header));
        writeln!(self.out, "{}", self.paint.on(DIM, &fit::printable(&line)))?;
        self.header = Some(header.clone());
        Ok(())
    }

    fn case(&mut self, case: &ScenarioFinished) -> io::Result<()> {
        writeln!(self.out, "{}", case_line(case, self.paint))?;
        verdict::count(&mut self.counts, case.verdict);
        self.elapsed_s += case.elapsed_s;
        if verdict::is_unexpected(case.verdict) {
            self.unexpected.push(case.clone());
        }
        Ok(())
    }

    fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        self.complete = true;
        self.blocks()?;
        self.unmatched(&summary.unmatched)?;
        writeln!(self.out)?;
        let (simulated, took) = (fit::seconds(self.elapsed_s, 1), fit::seconds(summary.wall.elapsed_ms / 1000.0, 3));
        writeln!(self.out, "{}", self.paint.on(DIM, &format!("{simulated} on the cases' own clocks, run in {took}")))?;
        let ended: usize = verdict::counted(&summary.counts).iter().map(|(_, _, count)| count).sum();
        if summary.interrupted {
            let missing = summary.selected.saturating_sub(ended);
            let line = format!("interrupted: {missing} of {} cases did not run", summary.selected);
            writeln!(self.out, "{}", self.paint.on(BAD, &line))?;
        } else if ended == summary.counts.not_applicable {
            writeln!(self.out, "{}", self.paint.on(BAD, "nothing ran"))?;
        }
        let (passed, of) = summary.must;
        let interrupted = if summary.interrupted { "; interrupted" } else { "" };
        let tail = format!("must {passed}/{of}; {}{interrupted}; exit {}", self.target(), summary.exit);
        self.last_line(summary.selected, &summary.counts, &tail)
    }

    /// What can still be said of a stream that ends without a summary.
    fn cut_off(&mut self) -> io::Result<()> {
        self.blocks()?;
        writeln!(self.out, "\n{}", self.paint.on(BAD, "the run was cut off: its summary is missing"))?;
        let (selected, counts) = (self.header.as_ref().map_or(0, |header| header.selected), self.counts);
        let tail = format!("{}; cut off", self.target());
        self.last_line(selected, &counts, &tail)
    }

    fn blocks(&mut self) -> io::Result<()> {
        // By id, so that two runs with different timing can be compared.
        self.unexpected.sort_by(|a, b| a.id.cmp(&b.id));
        for case in &self.unexpected {
            let rule = self.paint.on(DIM, &"-".repeat(fit::WIDTH));
            write!(self.out, "\n{rule}\n{}", block::block(case, &self.rerun, self.paint))?;
        }
        Ok(())
    }

    fn unmatched(&mut self, entries: &[String]) -> io::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let heading = "ledger entries that match nothing that was selected; remove or correct them:";
        writeln!(self.out, "\n{}", self.paint.on(BAD, heading))?;
        entries.iter().try_for_each(|entry| writeln!(self.out, "  {}", fit::printable(entry)))
    }

    fn last_line(&mut self, selected: usize, counts: &Counts, tail: &str) -> io::Result<()> {
        let counts: Vec<_> = verdict::counted(counts)
            .into_iter()
            .filter(|(_, name, count)| *count > 0 || *name == "pass")
            .map(|(verdict, name, count)| match count {
                0 => format!("{count} {name}"),
                _ => self.paint.on(verdict::style(verdict), &format!("{count} {name}")),
            })
            .collect();
        writeln!(self.out, "zaqarcheck: {selected} selected, {}; {}", counts.join(", "), fit::printable(tail))
    }

    fn target(&self) -> String {
        self.header.as_ref().map_or_else(|| "target unknown".to_owned(), target)
    }
}

impl Report for Text<'_> {
    fn event(&mut self, event: &RunEvent) -> io::Result<()> {
        match event {
            RunEvent::Header(header) => self.header(header),
            RunEvent::Scenario(case) => self.case(case),
            RunEvent::Summary(summary) => self.summary(summary),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        if !self.complete {
            self.cut_off()?;
        }
        self.out.flush()
    }
}

/// `PASS    defaults/empty-policy-means-defaults            180 s`
fn case_line(case: &ScenarioFinished, paint: Paint) -> String {
    let word = paint.on(verdict::style(case.verdict), &format!("{:<6}", verdict::word(case.verdict)));
    let id = fit::printable(&case.id);
    let note = case::note(case).map_or_else(String::new, |note| format!(": {note}"));
    let seconds = fit::seconds(case.elapsed_s, 1);
    let used = id.chars().count() + note.chars().count();
    let note = if verdict::is_unexpected(case.verdict) { note } else { paint.on(DIM, &note) };
    // What did not run took no time, and "0 s" would read as if it had.
    if case.verdict == ResultKind::NotApplicable {
        return format!("{word}  {id}{note}");
    }
    let column = SECONDS_END.saturating_sub(used).max(seconds.len() + 2);
    format!("{word}  {id}{note}{seconds:>column$}")
}

fn target(header: &Header) -> String {
    match &header.profile {
        Some(profile) => format!("target {}; profile {profile}", header.target),
        None => format!("target {}", header.target),
    }
}

fn plural(word: &str, count: usize) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// Where the seconds end, counted from the start of the id: 80 columns with the word before it.
const SECONDS_END: usize = fit::WIDTH - 8;

#[cfg(test)]
mod tests {
    use super::super::{Format, samples};
    use super::*;

    fn last(text: &str) -> &str {
        text.lines().last().expect("a report has lines")
    }

    #[test]
    fn cases_come_in_order_then_blocks_by_id_then_the_counts() {
        insta::assert_snapshot!(samples::render(Format::Text, &samples::run()));
    }

    #[test]
    fn a_good_run_is_short() {
        insta::assert_snapshot!(samples::render(Format::Text, &samples::good_run()), @r"
        zaqarcheck 0.1.0: 7 cases; target model; profile documented; clock virtual
        PASS    defaults/empty-policy-means-defaults                               180 s

        180 s on the cases' own clocks, run in 0.004 s
        zaqarcheck: 1 selected, 1 pass; must 1/1; target model; profile documented; exit 0
        ");
    }

    #[test]
    fn the_line_of_a_case_without_a_reason_fits_80_columns() {
        let mut case = samples::pass();
        case.id = format!("defaults/{}", "x".repeat(50));
        case.elapsed_s = 604_800.0;
        assert_eq!(case_line(&case, Paint::PLAIN).chars().count(), fit::WIDTH);
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        let plain = samples::render(Format::Text, &samples::run());
        let coloured =
            samples::render_with(Format::Text, &samples::run(), Options { colour: true, ..samples::options() });
        assert!(!plain.contains('\u{1b}'));
        assert!(coloured.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }

    #[test]
    fn an_interrupted_run_says_so() {
        let mut run = samples::good_run();
        let Some(RunEvent::Summary(summary)) = run.last_mut() else { panic!("a run ends with a summary") };
        summary.selected = 5;
        summary.interrupted = true;
        summary.exit = 130;
        let text = samples::render(Format::Text, &run);
        assert!(text.contains("interrupted: 4 of 5 cases did not run"), "{text}");
        assert_eq!(
            last(&text),
            "zaqarcheck: 5 selected, 1 pass; must 1/1; target model; profile documented; interrupted; exit 130"
        );
    }

    #[test]
    fn entries_that_match_nothing_are_listed() {
        let mut run = samples::good_run();
        let Some(RunEvent::Summary(summary)) = run.last_mut() else { panic!("a run ends with a summary") };
        summary.unmatched = vec!["delivery/gone: expect.deliveries[0].attempts".into()];
        let text = samples::render(Format::Text, &run);
        assert!(text.contains("\n  delivery/gone: expect.deliveries[0].attempts\n"), "{text}");
    }

    #[test]
    fn a_run_of_nothing_says_so() {
        let Some(RunEvent::Summary(mut summary)) = samples::good_run().pop() else {
            panic!("a run ends with a summary")
        };
        summary.counts = Counts::default();
        summary.exit = 5;
        let text = samples::render(Format::Text, &[samples::header(), RunEvent::Summary(summary)]);
        assert!(text.contains("nothing ran\nzaqarcheck: 1 selected, 0 pass; "), "{text}");
    }
}
