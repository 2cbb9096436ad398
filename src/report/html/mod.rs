//! Takes the events of a run.
//! Gives one HTML page that needs nothing but itself: every case with its evidence, to search and to filter.
//! Never asks a network for anything, and never shows a header: it may carry a token.

mod line;
mod view;

use std::collections::BTreeSet;
use std::io::{self, Write};

use askama::Template;

use self::view::{CaseView, Chip};
use super::{Options, Report, case, fit, verdict};
use crate::runner::{Counts, Header, RunEvent, ScenarioFinished, Summary};

/// The report to click through.
pub(super) struct Html<'w> {
    out: Box<dyn Write + 'w>,
    rerun: String,
    header: Option<Header>,
    cases: Vec<ScenarioFinished>,
    summary: Option<Summary>,
}

impl<'w> Html<'w> {
    pub(super) fn new(out: Box<dyn Write + 'w>, options: Options) -> Self {
        Self { out, rerun: options.rerun, header: None, cases: Vec::new(), summary: None }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = Vec::new();
        if let Some(header) = &self.header {
            facts.push(("target", header.target.clone()));
            facts.extend(header.profile.iter().map(|profile| ("profile", profile.clone())));
            facts.push(("clock", header.clock.clone()));
            facts.extend(header.known.iter().map(|known| ("ledger", known.clone())));
            facts.push(("tool", header.tool.clone()));
        }
        if let Some(summary) = &self.summary {
            facts.push(("must", format!("{} of {} pass", summary.must.0, summary.must.1)));
            facts.push(("exit code", summary.exit.to_string()));
            facts.push(("run in", fit::seconds(summary.wall.elapsed_ms / 1000.0, 3)));
        }
        facts
    }

    /// What has to be said before any case is looked at.
    fn warning(&self) -> Option<String> {
        match &self.summary {
            None => Some("The run was cut off: its summary is missing.".into()),
            Some(summary) if summary.interrupted => {
                let missing = summary.selected.saturating_sub(self.cases.len());
                Some(format!("The run was interrupted: {missing} of {} cases did not run.", summary.selected))
            }
            Some(_) if self.cases.iter().all(|case| !case.applied()) => Some("Nothing ran.".into()),
            Some(_) => None,
        }
    }
}

impl Report for Html<'_> {
    fn event(&mut self, event: &RunEvent) -> io::Result<()> {
        match event {
            RunEvent::Header(header) => self.header = Some(header.clone()),
            RunEvent::Scenario(case) => self.cases.push(case.as_ref().clone()),
            RunEvent::Summary(summary) => self.summary = Some(summary.clone()),
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        // What has to be looked at comes first, then the order of ids.
        self.cases.sort_by_key(|case| (!verdict::is_unexpected(case.verdict), case.id.clone()));
        let mut counts = Counts::default();
        self.cases.iter().for_each(|case| verdict::count(&mut counts, case.verdict));
        let areas: BTreeSet<&str> = self.cases.iter().map(|case| case::area(&case.id)).collect();
        let levels: BTreeSet<&str> = self.cases.iter().map(|case| &*case.level).collect();
        let unexpected = |case: &ScenarioFinished| verdict::is_unexpected(case.verdict);
        let few = self.cases.iter().filter(|case| unexpected(case)).count() <= OPEN_MAX;
        let page = Page {
            target: self.header.as_ref().map_or("an unknown target", |header| &header.target),
            facts: self.facts(),
            warning: self.warning(),
            unmatched: self.summary.as_ref().map_or(&[], |summary| &summary.unmatched),
            chips: Chip::all(&counts),
            areas: areas.into_iter().collect(),
            levels: levels.into_iter().collect(),
            cases: self.cases.iter().map(|case| CaseView::new(case, &self.rerun, few && unexpected(case))).collect(),
        };
        page.write_into(&mut self.out)?;
        self.out.flush()
    }
}

#[derive(Template)]
#[template(config = "src/report/askama.toml", path = "report.html")]
struct Page<'r> {
    target: &'r str,
    facts: Vec<(&'static str, String)>,
    warning: Option<String>,
    unmatched: &'r [String],
    chips: Vec<Chip>,
    areas: Vec<&'r str>,
    levels: Vec<&'r str>,
    cases: Vec<CaseView<'r>>,
}

/// More cases than this are not opened at once: who looks for one among them needs the list.
const OPEN_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::super::{Format, samples};

    #[test]
    fn a_page_has_every_case_and_asks_for_nothing() {
        let html = samples::render(Format::Html, &samples::run());
        for case in samples::cases() {
            assert_eq!(html.matches(&format!("<article id=\"{}\"", case.id)).count(), 1, "{}", case.id);
        }
        // Namespaces are names; whatever else looks like an address would be asked for.
        for asking in ["src=", "<link", "@import", "url(", "fetch(", "XMLHttpRequest"] {
            assert!(!html.contains(asking), "{asking}");
        }
    }

    #[test]
    fn what_a_server_sent_stays_text() {
        let mut case = samples::fail();
        case.title = "<script>alert(1)</script>".into();
        case.exchanges[0].answer = Some("</pre><img onerror=alert(2)>".into());
        case.id = "a\"><b>".into();
        let html = samples::render(Format::Html, &[samples::header(), samples::scenario(case)]);
        for raw in ["<script>alert(1)", "<img onerror", "a\"><b>"] {
            assert!(!html.contains(raw), "{raw}");
        }
    }

    #[test]
    fn the_evidence_of_a_failure_is_there() {
        let html = samples::render(Format::Html, &[samples::header(), samples::scenario(samples::fail())]);
        let from = html.find("<article").expect("it has a case");
        let to = html.find("</article>").expect("which ends");
        insta::assert_snapshot!(&html[from..to]);
    }
}
