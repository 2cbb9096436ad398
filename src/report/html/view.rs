//! Takes one finished case.
//! Gives what the page shows of it, every text in the form in which it is shown.
//! Never escapes: the template does.

use serde_json::Value;

use super::super::verdict::{self, Paint};
use super::super::{block, case, fit, gaps, timeline};
use super::line::Line;
use crate::runner::{AttemptRow, CheckOutcome, CheckRecord, Counts, DeliveryRecord, RowVerdict, ScenarioFinished};

/// A button that shows and hides the cases of one verdict.
pub(super) struct Chip {
    pub(super) word: &'static str,
    pub(super) name: &'static str,
    pub(super) count: usize,
}

impl Chip {
    /// A button for each verdict that a case has.
    pub(super) fn all(counts: &Counts) -> Vec<Self> {
        let counted = verdict::counted(counts).into_iter().filter(|(_, _, count)| *count > 0);
        counted.map(|(kind, name, count)| Self { word: verdict::word(kind), name, count }).collect()
    }
}

/// One case.
pub(super) struct CaseView<'r> {
    pub(super) case: &'r ScenarioFinished,
    pub(super) word: &'static str,
    pub(super) area: &'r str,
    pub(super) note: Option<String>,
    /// On the clock of the case; nothing for one that did not run.
    pub(super) took: Option<String>,
    /// Whether it is opened at once.
    pub(super) open: bool,
    /// Whether its checks and its exchange are opened with it.
    pub(super) telling: bool,
    pub(super) checks: Vec<CheckView<'r>>,
    pub(super) deliveries: Vec<DeliveryView<'r>>,
    /// Requests, answers and attempts in the order of time.
    pub(super) exchange: Vec<String>,
    pub(super) rerun: String,
}

impl<'r> CaseView<'r> {
    pub(super) fn new(case: &'r ScenarioFinished, rerun: &str, open: bool) -> Self {
        Self {
            case,
            word: verdict::word(case.verdict),
            area: case::area(&case.id),
            note: case::note(case),
            took: case.applied().then(|| fit::seconds(case.elapsed_s, 1)),
            open,
            telling: verdict::is_unexpected(case.verdict),
            checks: case.checks.iter().map(CheckView::new).collect(),
            deliveries: case.deliveries.iter().map(DeliveryView::new).collect(),
            exchange: timeline::lines(case, EXCHANGE_WIDTH, Paint::PLAIN),
            rerun: block::command(&case.id, rerun),
        }
    }

    /// What is searched, in lower case.
    pub(super) fn words(&self) -> String {
        let requirements = self.case.requirements.iter().map(|requirement| requirement.id.as_str());
        let words: Vec<&str> = [&*self.case.id, &*self.case.title].into_iter().chain(requirements).collect();
        let deviations = case::deviations_named(self.case).unwrap_or_default();
        format!("{} {deviations}", words.join(" ")).to_lowercase()
    }
}

/// One check.
pub(super) struct CheckView<'r> {
    pub(super) path: &'r str,
    pub(super) outcome: &'static str,
    pub(super) expected: String,
    pub(super) observed: String,
    pub(super) known: String,
}

impl<'r> CheckView<'r> {
    fn new(check: &'r CheckRecord) -> Self {
        let shown = |value: &Value| fit::cut(&fit::json(value), VALUE_LIMIT);
        let outcome = match check.outcome {
            CheckOutcome::Pass => "ok",
            CheckOutcome::Fail => "fail",
            CheckOutcome::Inconclusive => "unsure",
        };
        let (expected, observed) = (shown(&check.expected), shown(&check.observed));
        Self { path: &check.check, outcome, expected, observed, known: check.known.join(", ") }
    }
}

/// The attempts at one subscriber.
pub(super) struct DeliveryView<'r> {
    pub(super) subject: String,
    pub(super) subscriber: &'r str,
    pub(super) path: &'r str,
    pub(super) line: Option<Line>,
    pub(super) rows: Vec<[String; 4]>,
    /// How many there were.
    pub(super) attempts: String,
    /// How many rows the table leaves out.
    pub(super) left_out: usize,
}

impl<'r> DeliveryView<'r> {
    fn new(delivery: &'r DeliveryRecord) -> Self {
        let seen = delivery.rows.iter().filter(|row| row.verdict != RowVerdict::Missing).count();
        let shown: Vec<&AttemptRow> = delivery.rows.iter().take(ROWS_MAX).collect();
        Self {
            subject: block::subject(delivery),
            subscriber: &delivery.subscriber,
            path: &delivery.path,
            line: Line::new(&delivery.rows),
            attempts: format!("{seen} {}", if seen == 1 { "attempt" } else { "attempts" }),
            left_out: delivery.rows.len() - shown.len(),
            rows: shown.into_iter().map(gaps::cells).collect(),
        }
    }
}

/// Wider than a terminal: a browser has the room.
const EXCHANGE_WIDTH: usize = 110;
/// A page is no place for megabytes; the recorded stream has them.
const VALUE_LIMIT: usize = 2_000;
const ROWS_MAX: usize = 200;
