//! Takes the table of one delivery.
//! Gives it on a time line: what was expected above, what was observed below, attempts at one place as one mark.
//! Never judges: the colour of a mark is the verdict of its row.

use super::super::{fit, gaps};
use crate::runner::{AttemptRow, RowVerdict};

/// Two rows of marks over one axis.
pub(super) struct Line {
    pub(super) expected: Vec<Mark>,
    pub(super) observed: Vec<Mark>,
    /// Labels of the axis.
    pub(super) ticks: Vec<(f64, String)>,
}

/// One attempt or several that can't be told apart.
pub(super) struct Mark {
    /// Where, in units of the picture.
    pub(super) x: f64,
    /// How many attempts it stands for; nothing for one.
    pub(super) count: Option<usize>,
    /// `ok`, `late`, ...: the worst of them.
    pub(super) class: &'static str,
    /// What is said of it when it is pointed at.
    pub(super) title: String,
}

/// How wide the picture is.
pub(super) const WIDTH: f64 = 800.0;
/// Room at the left for the names of the rows, and at the right for half a label.
const MARGINS: [f64; 2] = [72.0, 24.0];
/// Marks nearer than this become one.
const NEAR: f64 = 7.0;
/// About how many labels the axis has.
const TICKS: f64 = 8.0;

/// One attempt at its time.
struct Point {
    at_s: f64,
    attempt: usize,
    verdict: RowVerdict,
}

impl Line {
    /// The time line of these rows; none if less than two attempts are known of.
    pub(super) fn new(rows: &[AttemptRow]) -> Option<Self> {
        let (expected, observed) = points(rows);
        let span = expected.iter().chain(&observed).map(|point| point.at_s).fold(0.0, f64::max);
        if span <= 0.0 || !span.is_finite() {
            return None;
        }
        let place = |at_s: f64| MARGINS[0] + at_s / span * (WIDTH - MARGINS[0] - MARGINS[1]);
        let step = step(span);
        let ticks = (0_u32..).map(|n| f64::from(n) * step).take_while(|at_s| *at_s <= span);
        Some(Self {
            expected: marks(&expected, place, awaited),
            observed: marks(&observed, place, gaps::word),
            ticks: ticks.map(|at_s| (place(at_s), fit::seconds(at_s, 3))).collect(),
        })
    }
}

/// When attempts were expected, counted from what was observed before; and when they were observed.
fn points(rows: &[AttemptRow]) -> (Vec<Point>, Vec<Point>) {
    let (mut expected, mut observed) = (Vec::new(), Vec::new());
    let (mut expected_s, mut observed_s) = (0.0, 0.0);
    for row in rows {
        let first = row.attempt == 1;
        let point = |at_s| Point { at_s, attempt: row.attempt, verdict: row.verdict };
        if first && row.verdict != RowVerdict::Unexpected || !row.expected_s.is_empty() {
            let near = row.expected_s.iter().map(|gap| *gap as f64);
            let gap = row.observed_s.unwrap_or_default();
            expected_s += near.min_by(|a, b| (a - gap).abs().total_cmp(&(b - gap).abs())).unwrap_or_default();
            expected.push(point(expected_s));
        }
        if row.verdict != RowVerdict::Missing {
            observed_s += row.observed_s.unwrap_or_default();
            observed.push(point(observed_s));
        }
    }
    (expected, observed)
}

fn marks(points: &[Point], place: impl Fn(f64) -> f64, class: impl Fn(RowVerdict) -> &'static str) -> Vec<Mark> {
    let runs = points.chunk_by(|a, b| place(b.at_s) - place(a.at_s) < NEAR && a.verdict == b.verdict);
    let mark = |run: &[Point]| {
        let (first, last) = (&run[0], &run[run.len() - 1]);
        let times = if last.at_s > first.at_s {
            format!("{} to {}", fit::seconds(first.at_s, 3), fit::seconds(last.at_s, 3))
        } else {
            fit::seconds(first.at_s, 3)
        };
        let attempts = match run.len() {
            1 => format!("attempt {}", first.attempt),
            _ => format!("attempts {} to {}", first.attempt, last.attempt),
        };
        let class = class(first.verdict);
        let count = (run.len() > 1).then_some(run.len());
        Mark { x: place(first.at_s), count, class, title: format!("{attempts} at {times}: {class}") }
    };
    runs.map(mark).collect()
}

/// What is said of an attempt where it was expected.
const fn awaited(verdict: RowVerdict) -> &'static str {
    match verdict {
        RowVerdict::Missing => gaps::word(verdict),
        _ => "expected",
    }
}

/// A round number of seconds, about an eighth of the span.
fn step(span: f64) -> f64 {
    let rough = span / TICKS;
    let power = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= rough).unwrap_or(span)
}

#[cfg(test)]
mod tests {
    use super::super::super::samples;
    use super::*;

    #[test]
    fn attempts_at_one_place_are_one_mark() {
        let line = Line::new(&samples::fail().deliveries[0].rows).expect("it has a span");
        let titles = |marks: &[Mark]| marks.iter().map(|mark| mark.title.clone()).collect::<Vec<_>>();
        let (expected, observed) = (titles(&line.expected), titles(&line.observed));
        assert_eq!(expected[..2], ["attempts 1 to 2 at 0 s: expected", "attempt 3 at 5 s: expected"]);
        assert_eq!(observed.last().map(String::as_str), Some("attempt 15 at 241 s: unexpected"));
        assert_eq!((expected.len(), observed.len()), (13, 14));
        assert_eq!(
            line.ticks.iter().map(|tick| tick.1.as_str()).collect::<Vec<_>>(),
            ["0 s", "50 s", "100 s", "150 s", "200 s"]
        );
    }

    #[test]
    fn a_single_attempt_needs_no_line() {
        assert!(Line::new(&samples::fail().deliveries[0].rows[..1]).is_none());
        assert!(Line::new(&[]).is_none());
    }

    #[test]
    fn a_recording_full_of_nonsense_does_no_harm() {
        let row = |observed_s| AttemptRow {
            attempt: 2,
            expected_s: vec![u64::MAX],
            observed_s: Some(observed_s),
            verdict: RowVerdict::Late,
        };
        for observed_s in [f64::MAX, f64::MIN, f64::MIN_POSITIVE] {
            Line::new(&[row(observed_s), row(observed_s)]);
        }
    }
}
