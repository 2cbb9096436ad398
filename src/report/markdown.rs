//! Takes the events of a run.
//! Gives a summary in Markdown: what ran against whom, what did not plainly pass and why, and every case by area.
//! Never contains a reading of a clock or depends on the order in which cases end: the same run gives the same file.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::{Report, case, fit, verdict};
use crate::protocol::{Deviation, Origin};
use crate::runner::{Counts, Header, ResultKind, RunEvent, ScenarioFinished, Summary};

/// The report of repositories and of a CI job's page.
pub(super) struct Markdown<'w> {
    out: Box<dyn Write + 'w>,
    header: Option<Header>,
    cases: Vec<ScenarioFinished>,
    summary: Option<Summary>,
}

impl<'w> Markdown<'w> {
    pub(super) fn new(out: Box<dyn Write + 'w>) -> Self {
        Self { out, header: None, cases: Vec::new(), summary: None }
    }

    fn head(&mut self) -> io::Result<()> {
        let target = self.header.as_ref().map_or("an unknown target", |header| &header.target);
        writeln!(self.out, "# zaqarcheck against {}\n", code(target))?;
        self.warnings()?;
        writeln!(self.out, "| | |\n|---|---|")?;
        let mut rows = Vec::new();
        if let Some(header) = &self.header {
            rows.push(("tool", prose(&header.tool)));
            rows.push(("target", code(&header.target)));
            rows.extend(header.profile.iter().map(|profile| ("profile", code(profile))));
            rows.push(("clock", prose(&header.clock)));
            rows.extend(header.known.iter().map(|known| ("known failures", code(known))));
            rows.push(("selected", header.selected.to_string()));
        }
        if let Some(summary) = &self.summary {
            rows.push(("must", format!("{} of {}", summary.must.0, summary.must.1)));
            rows.push(("exit code", summary.exit.to_string()));
        }
        rows.iter().try_for_each(|(name, value)| writeln!(self.out, "| {name} | {value} |"))
    }

    fn warnings(&mut self) -> io::Result<()> {
        match &self.summary {
            None => writeln!(self.out, "**The run was cut off: its summary is missing.**\n"),
            Some(summary) if summary.interrupted => writeln!(self.out, "**The run was interrupted.**\n"),
            Some(_) => Ok(()),
        }
    }

    fn counts(&mut self) -> io::Result<()> {
        let mut counts = Counts::default();
        self.cases.iter().for_each(|case| verdict::count(&mut counts, case.verdict));
        writeln!(self.out, "\n## Results\n\n| verdict | cases |\n|---|---:|")?;
        verdict::counted(&counts).iter().try_for_each(|(_, name, count)| writeln!(self.out, "| {name} | {count} |"))
    }

    fn unmatched(&mut self) -> io::Result<()> {
        let entries = self.summary.as_ref().map_or(&[][..], |summary| &summary.unmatched);
        if entries.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "\n## Ledger entries that match nothing\n")?;
        entries.iter().try_for_each(|entry| writeln!(self.out, "- {}", code(entry)))
    }

    fn not_passed(&mut self) -> io::Result<()> {
        let cases: Vec<_> = self.cases.iter().filter(|case| case.verdict != ResultKind::Pass).collect();
        if cases.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "\n## Cases that did not plainly pass\n")?;
        writeln!(self.out, "| verdict | level | case | what was seen | deviations |\n|---|---|---|---|---|")?;
        for case in cases {
            let deviations: Vec<_> = case::deviations(case).into_iter().map(code).collect();
            let (word, level, id) = (verdict::word(case.verdict), prose(&case.level), code(&case.id));
            let (seen, deviations) = (prose(&case::seen(case)), deviations.join(" "));
            writeln!(self.out, "| {word} | {level} | {id} | {seen} | {deviations} |")?;
        }
        Ok(())
    }

    fn deviations(&mut self) -> io::Result<()> {
        let known = self.cases.iter().filter(|case| case.verdict == ResultKind::Known);
        let mut explained: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for case in known {
            for deviation in case::deviations(case) {
                explained.entry(deviation).or_default().insert(&case.id);
            }
        }
        if explained.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "\n## Deviations\n\nWhat the ledger blames the known failures on.")?;
        for (name, ids) in explained {
            writeln!(self.out, "\n### {}\n\n{}\n", code(name), described(name))?;
            ids.iter().try_for_each(|id| writeln!(self.out, "- {}", code(id)))?;
        }
        Ok(())
    }

    fn all(&mut self) -> io::Result<()> {
        let mut areas: BTreeMap<&str, Vec<&ScenarioFinished>> = BTreeMap::new();
        for case in &self.cases {
            areas.entry(case::area(&case.id)).or_default().push(case);
        }
        writeln!(self.out, "\n## All cases")?;
        for (area, cases) in areas {
            let passed = cases.iter().filter(|case| case.verdict == ResultKind::Pass).count();
            writeln!(self.out, "\n### {}: {passed} of {} pass\n", prose(area), cases.len())?;
            writeln!(self.out, "| verdict | level | case | behaviour |\n|---|---|---|---|")?;
            for case in cases {
                let (word, level) = (verdict::word(case.verdict), prose(&case.level));
                writeln!(self.out, "| {word} | {level} | {} | {} |", code(&case.id), prose(&case.title))?;
            }
        }
        Ok(())
    }
}

impl Report for Markdown<'_> {
    fn event(&mut self, event: &RunEvent) -> io::Result<()> {
        match event {
            RunEvent::Header(header) => self.header = Some(header.clone()),
            RunEvent::Summary(summary) => self.summary = Some(summary.clone()),
            RunEvent::Scenario(case) => self.cases.push(case.as_ref().clone()),
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.cases.sort_by(|a, b| a.id.cmp(&b.id).then(a.verdict.cmp(&b.verdict)));
        self.head()?;
        self.counts()?;
        self.unmatched()?;
        self.not_passed()?;
        self.deviations()?;
        self.all()?;
        self.out.flush()
    }
}

fn described(name: &str) -> String {
    // A recorded run may come from a newer version with names that this one does not have.
    let Ok(deviation) = name.parse::<Deviation>() else { return "This version does not know it.".to_owned() };
    let origin = match deviation.origin() {
        Origin::Observed => "observed on a real release",
        Origin::Planted => "planted to test the suite",
    };
    format!("{} ({origin})", prose(deviation.sentence()))
}

/// `text` as a code span that holds in a table, whatever is in it.
pub(super) fn code(text: &str) -> String {
    let text = fit::printable(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// `text` without anything that Markdown or HTML would take for its own.
pub(super) fn prose(text: &str) -> String {
    let mut escaped = String::new();
    for c in fit::printable(text).chars() {
        if "\\`*_[]<>|&".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::{Format, samples};
    use super::*;

    #[test]
    fn a_summary_tells_what_did_not_pass_and_why() {
        insta::assert_snapshot!(samples::render(Format::Markdown, &samples::run()));
    }

    #[test]
    fn the_same_run_gives_the_same_file_whatever_the_clock_and_the_order() {
        let run = samples::run();
        let mut other = run.clone();
        let last = other.len() - 1;
        other[1..last].reverse();
        for event in &mut other {
            match event {
                RunEvent::Scenario(case) => {
                    case.wall.elapsed_ms += 17.0;
                    case.elapsed_s += 0.01;
                }
                RunEvent::Summary(summary) => summary.wall.elapsed_ms += 17.0,
                RunEvent::Header(_) => {}
            }
        }
        assert_eq!(samples::render(Format::Markdown, &run), samples::render(Format::Markdown, &other));
    }

    #[test]
    fn nothing_that_was_seen_becomes_markup() {
        let check = |text, expected| assert_eq!(code(text), expected);
        check("a|b", r"`a\|b`");
        check("a`b``c", "```a`b``c```");
        check("`", "`` ` ``");
        check("a\nb", r"`a\nb`");
        assert_eq!(prose("<b>|_x_ & `y`"), r"\<b\>\|\_x\_ \& \`y\`");
    }

    #[test]
    fn a_deviation_of_another_version_is_no_error() {
        assert_eq!(described("from-the-future"), "This version does not know it.");
        assert!(described("http-error-not-retried").ends_with("is not retried. (observed on a real release)"));
    }
}
