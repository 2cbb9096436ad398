//! Takes recorded runs of the suite, the newest release first.
//! Gives a table in Markdown, a column for each run: the cases whose verdicts differ, and what changed from run to run.
//! Never contains a reading of a clock: the same recordings give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::changes::{Cases, Change, Kind, Seen, changes};
use super::markdown::{code, prose};
use super::{case, fit, verdict};
use crate::judge::Clockwork;
use crate::runner::{Counts, Recording, ResultKind};

/// A recorded run and what its column is called.
#[derive(Clone, Debug)]
pub struct Column {
    /// The name of the release, as a rule.
    pub label: String,
    /// The run.
    pub recording: Recording,
}

impl Column {
    fn cases(&self) -> Cases<'_> {
        self.recording.cases.iter().map(|case| (case.id.as_str(), case)).collect()
    }

    /// By how much gaps may differ that are still the same.
    fn slack_s(&self) -> u64 {
        match self.recording.header.clockwork() {
            Clockwork::Virtual | Clockwork::Ticking => 0,
            Clockwork::Real { .. } => 2,
        }
    }
}

/// The table of several runs.
pub fn matrix(runs: &[Column]) -> String {
    let mut matrix = Matrix { out: String::new(), columns: runs.iter().map(|run| (run, run.cases())).collect() };
    matrix.head();
    matrix.differing();
    matrix.agreeing();
    matrix.changes();
    matrix.out
}

struct Matrix<'r> {
    out: String,
    columns: Vec<(&'r Column, Cases<'r>)>,
}

impl<'r> Matrix<'r> {
    fn head(&mut self) {
        self.line("# Verdicts by release\n");
        let tools: BTreeSet<String> = self.columns.iter().map(|(run, _)| prose(&run.recording.header.tool)).collect();
        let tools: Vec<String> = tools.into_iter().collect();
        self.line(&format!(
            "Written by `zaqarcheck matrix` from runs recorded by {}, the newest release first.\n",
            tools.join(", ")
        ));
        let mut shown: Vec<_> =
            verdict::counted(&Counts::default()).into_iter().map(|(kind, name, _)| (kind, name)).collect();
        shown.retain(|(kind, _)| {
            self.columns.iter().any(|(run, _)| run.recording.cases.iter().any(|case| case.verdict == *kind))
        });
        let names: String = shown.iter().map(|(_, name)| format!(" {name} |")).collect();
        self.line(&format!("| release | target | clock | cases | must |{names}"));
        self.line(&format!("|---|---|---|---:|---:|{}", "---:|".repeat(shown.len())));
        for index in 0..self.columns.len() {
            let run = self.columns[index].0;
            let must = || run.recording.cases.iter().filter(|case| case.level == "must" && case.applied());
            let must = format!("{} of {}", must().filter(|case| case.passed()).count(), must().count());
            let counts: String = shown
                .iter()
                .map(|(kind, _)| {
                    format!(" {} |", run.recording.cases.iter().filter(|case| case.verdict == *kind).count())
                })
                .collect();
            let end = if run.recording.summary.interrupted { " **(interrupted)**" } else { "" };
            let (label, target) = (prose(&run.label), code(&run.recording.header.target));
            let clock = prose(&run.recording.header.clock);
            self.line(&format!(
                "| {label}{end} | {target} | {clock} | {} | {must} |{counts}",
                run.recording.cases.len()
            ));
        }
    }

    fn differing(&mut self) {
        self.line("\n## Cases whose verdicts differ\n");
        let rows: Vec<(&str, Vec<Option<ResultKind>>)> =
            self.rows().into_iter().filter(|(_, verdicts)| !agree(verdicts)).collect();
        if rows.is_empty() {
            self.line("None.");
            return;
        }
        let labels: String = self.columns.iter().map(|(run, _)| format!(" {} |", prose(&run.label))).collect();
        self.line(&format!("| case | level |{labels} behaviour |"));
        self.line(&format!("|---|---|{}---|", "---|".repeat(self.columns.len())));
        for (id, verdicts) in rows {
            let of = self.columns.iter().find_map(|(_, cases)| cases.get(id)).expect("the row came from a column");
            let words: String = verdicts.iter().map(|verdict| format!(" {} |", word(*verdict))).collect();
            let (id, level, title) = (code(id), prose(&of.level), prose(&of.title));
            self.line(&format!("| {id} | {level} |{words} {title} |"));
        }
    }

    fn agreeing(&mut self) {
        self.line("\n## Cases with the same verdict everywhere\n");
        let mut areas: BTreeMap<&str, BTreeMap<ResultKind, usize>> = BTreeMap::new();
        let mut shown: BTreeSet<ResultKind> = BTreeSet::new();
        for (id, verdicts) in self.rows() {
            if let (true, Some(Some(verdict))) = (agree(&verdicts), verdicts.first()) {
                *areas.entry(case::area(id)).or_default().entry(*verdict).or_default() += 1;
                shown.insert(*verdict);
            }
        }
        if areas.is_empty() {
            self.line("None.");
            return;
        }
        let words: String = shown.iter().map(|verdict| format!(" {} |", verdict::word(*verdict))).collect();
        self.line(&format!("| area |{words}"));
        self.line(&format!("|---|{}", "---:|".repeat(shown.len())));
        for (area, counts) in areas {
            let counts: String =
                shown.iter().map(|verdict| format!(" {} |", counts.get(verdict).unwrap_or(&0))).collect();
            self.line(&format!("| {} |{counts}", prose(area)));
        }
    }

    fn changes(&mut self) {
        self.line("\n## What changed");
        for index in 1..self.columns.len() {
            let ((newer, now), (older, before)) = (&self.columns[index - 1], &self.columns[index]);
            let groups = changes(before, now, newer.slack_s().max(older.slack_s()));
            let title = format!("\n### {}, against {}\n", prose(&newer.label), prose(&older.label));
            self.line(&title);
            self.between(&groups);
        }
    }

    /// What changed between two runs.
    fn between(&mut self, groups: &BTreeMap<Kind, Vec<Change<'r>>>) {
        if groups.is_empty() {
            self.line("Nothing.");
        }
        for (kind, changes) in groups {
            let count = if changes.len() == 1 { "1 case".to_owned() } else { format!("{} cases", changes.len()) };
            let turned = if kind.before == kind.now {
                format!("{} as before, but seen otherwise", word(kind.now))
            } else {
                format!("{} before, {} now", word(kind.before), word(kind.now))
            };
            let checks: Vec<String> = kind.checks.iter().map(|check| code(check)).collect();
            let by = if checks.is_empty() { String::new() } else { format!(": {}", checks.join(", ")) };
            self.line(&format!("- **{count}, {turned}**{by}"));
            if let Some((id, seen)) = changes.iter().find_map(|change| Some((change.id, change.first.as_ref()?))) {
                let example = if changes.len() == 1 { String::new() } else { format!("{}, ", code(id)) };
                self.line(&format!("  - {example}{}", told(seen)));
            }
            let mut areas: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for change in changes {
                areas.entry(case::area(change.id)).or_default().push(code(change.id));
            }
            for (area, ids) in areas {
                self.line(&format!("  - {}: {}", prose(area), ids.join(", ")));
            }
        }
    }

    /// Every case of any run with its verdicts in the order of the columns.
    fn rows(&self) -> Vec<(&'r str, Vec<Option<ResultKind>>)> {
        let ids: BTreeSet<&str> = self.columns.iter().flat_map(|(_, cases)| cases.keys().copied()).collect();
        let verdicts =
            |id: &str| self.columns.iter().map(|(_, cases)| cases.get(id).map(|case| case.verdict)).collect();
        ids.into_iter().map(|id| (id, verdicts(id))).collect()
    }

    fn line(&mut self, line: &str) {
        writeln!(self.out, "{line}").expect("a String takes everything");
    }
}

fn agree(verdicts: &[Option<ResultKind>]) -> bool {
    verdicts.windows(2).all(|pair| pair[0] == pair[1])
}

fn word(verdict: Option<ResultKind>) -> &'static str {
    verdict.map_or("absent", verdict::word)
}

/// `steps[0].expect.status: expected 400; 201 before, 400 now`.
fn told(seen: &Seen<'_>) -> String {
    let value = |value: Option<&serde_json::Value>| {
        value.map_or_else(|| "not reached".to_owned(), |value| code(&fit::cut(&fit::json(value), VALUE_LIMIT)))
    };
    let (before, now) = (value(seen.before), value(seen.now));
    format!("{}: expected {}; {before} before, {now} now", code(seen.check), value(Some(seen.expected)))
}

const VALUE_LIMIT: usize = 100;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Format, samples};
    use super::*;
    use crate::runner::{CheckOutcome, RunEvent};

    /// Three releases: in the middle one a failure is another and a case more passes; the oldest lacks a case.
    fn releases() -> Vec<Column> {
        let newest = samples::run();
        let mut middle = newest.clone();
        let mut oldest = newest.clone();
        for event in &mut middle {
            let RunEvent::Scenario(case) = event else { continue };
            if case.id.starts_with("delivery/server-error") {
                case.verdict = ResultKind::Pass;
                case.checks[0].outcome = CheckOutcome::Pass;
                case.checks[0].observed = json!(15);
            }
            if case.id.starts_with("backoff/shape") {
                case.checks[0].observed = json!(3);
            }
        }
        oldest.retain(|event| !matches!(event, RunEvent::Scenario(case) if case.id.starts_with("queues/")));
        let read = |label: &str, events: &[RunEvent]| {
            let text = samples::render(Format::Ndjson, events);
            Column { label: label.into(), recording: Recording::parse(label, &text).expect("it was just written") }
        };
        vec![read("3.0", &newest), read("2.0", &middle), read("1.0", &oldest)]
    }

    #[test]
    fn a_column_for_each_run_and_what_changed_between_them() {
        insta::assert_snapshot!(matrix(&releases()));
    }

    #[test]
    fn the_same_recordings_give_the_same_bytes_whatever_the_clock_and_the_order() {
        let mut others = releases();
        for run in &mut others {
            run.recording.cases.reverse();
            for case in &mut run.recording.cases {
                case.wall.elapsed_ms += 17.0;
                case.elapsed_s += 0.01;
            }
        }
        assert_eq!(matrix(&others), matrix(&releases()));
    }

    #[test]
    fn one_run_is_a_table_too() {
        let text = matrix(&releases()[..1]);
        assert!(text.contains("differ\n\nNone.\n"), "{text}");
        assert!(text.ends_with("## What changed\n"), "{text}");
    }
}
