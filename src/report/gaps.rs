//! Takes the table of one delivery.
//! Gives its lines: attempt, expected gap, observed gap, verdict; the first wrong row marked, long runs folded.
//! Never folds a single row away, and never the first wrong one.

use super::fit;
use super::verdict::{BAD, DIM, Paint};
use crate::runner::{AttemptRow, RowVerdict};

/// The lines of a table, the heading first.
pub(super) fn table(rows: &[AttemptRow], paint: Paint) -> Vec<String> {
    let first_wrong = rows.iter().position(is_wrong);
    let widths = [0, 1, 2].map(|column| rows.iter().map(|row| cells(row)[column].len()).max().unwrap_or(0));
    let widths = [0, 1, 2].map(|column| widths[column].max(HEADING[column].len()));
    let mut lines = vec![paint.on(DIM, &format!("  {}", aligned(HEADING.map(str::to_owned), widths)))];
    let mut at = 0;
    for run in rows.chunk_by(|a, b| a.verdict == b.verdict) {
        let [head, tail] = if run.len() > RUN_MAX { [2, 2] } else { [run.len(), 0] };
        let row_line = |(index, row): (usize, &AttemptRow)| {
            let line = aligned(cells(row), widths);
            match first_wrong {
                Some(wrong) if wrong == at + index => paint.on(BAD, &format!("> {line}")),
                _ => format!("  {line}"),
            }
        };
        lines.extend(run.iter().enumerate().take(head).map(row_line));
        if run.len() > head + tail {
            lines.push(paint.on(DIM, &folded(run[0].verdict, run.len() - head - tail)));
        }
        lines.extend(run.iter().enumerate().skip(run.len() - tail).map(row_line));
        at += run.len();
    }
    lines
}

/// Whether a row explains a failure.
pub(super) fn is_wrong(row: &AttemptRow) -> bool {
    row.verdict != RowVerdict::Ok
}

/// Attempt, expected gap, observed gap and verdict, in words.
pub(super) fn cells(row: &AttemptRow) -> [String; 4] {
    let expected: Vec<_> = row.expected_s.iter().map(u64::to_string).collect();
    let expected = match (row.verdict, expected.as_slice()) {
        (RowVerdict::Unexpected, _) => "none".to_owned(),
        (_, []) => "-".to_owned(),
        (_, gaps) => format!("{} s", gaps.join(" or ")),
    };
    let observed = match (row.verdict, row.observed_s) {
        (RowVerdict::Missing, _) => "never".to_owned(),
        (_, None) => "-".to_owned(),
        (_, Some(gap)) => fit::seconds(gap, 3),
    };
    [row.attempt.to_string(), expected, observed, word(row.verdict).to_owned()]
}

fn aligned(cells: [String; 4], widths: [usize; 3]) -> String {
    let [attempt, expected, observed, verdict] = cells;
    let [a, e, o] = widths;
    format!("{attempt:>a$}  {expected:>e$}  {observed:>o$}  {verdict}")
}

fn folded(verdict: RowVerdict, rows: usize) -> String {
    match verdict {
        RowVerdict::Ok => format!("    ... {rows} rows as expected ..."),
        other => format!("    ... {rows} rows {} ...", word(other)),
    }
}

/// The word that stands for the verdict of a row.
pub(super) const fn word(verdict: RowVerdict) -> &'static str {
    match verdict {
        RowVerdict::Ok => "ok",
        RowVerdict::Early => "early",
        RowVerdict::Late => "late",
        RowVerdict::Noisy => "noisy",
        RowVerdict::Missing => "missing",
        RowVerdict::Unexpected => "unexpected",
    }
}

/// What the cells are.
pub(super) const HEADING: [&str; 4] = ["attempt", "expected gap", "observed gap", "verdict"];
/// The longest run of rows with one verdict that is shown in full.
const RUN_MAX: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    fn row(attempt: usize, expected_s: &[u64], observed_s: Option<f64>, verdict: RowVerdict) -> AttemptRow {
        AttemptRow { attempt, expected_s: expected_s.to_vec(), observed_s, verdict }
    }

    fn plain(rows: &[AttemptRow]) -> String {
        table(rows, Paint::PLAIN).join("\n")
    }

    #[test]
    fn the_first_wrong_row_is_marked_and_right_ones_are_folded() {
        let mut rows = vec![row(1, &[], None, RowVerdict::Ok)];
        rows.extend((2..=13).map(|n| row(n, &[5], Some(5.0), RowVerdict::Ok)));
        rows.push(row(14, &[10, 11], Some(12.0004), RowVerdict::Late));
        rows.push(row(15, &[30], None, RowVerdict::Missing));
        rows.push(row(16, &[], Some(1.25), RowVerdict::Unexpected));
        insta::assert_snapshot!(plain(&rows), @"
          attempt  expected gap  observed gap  verdict
                1             -             -  ok
                2           5 s           5 s  ok
            ... 9 rows as expected ...
               12           5 s           5 s  ok
               13           5 s           5 s  ok
        >      14    10 or 11 s          12 s  late
               15          30 s         never  missing
               16          none        1.25 s  unexpected
        ");
    }

    #[test]
    fn short_runs_are_shown_in_full() {
        let rows: Vec<_> = (1..=RUN_MAX).map(|n| row(n, &[5], Some(5.0), RowVerdict::Ok)).collect();
        assert_eq!(table(&rows, Paint::PLAIN).len(), RUN_MAX + 1);
        assert!(!plain(&rows).contains('>'));
    }

    #[test]
    fn a_storm_of_wrong_rows_is_folded_too() {
        let rows: Vec<_> = (1..=1000).map(|n| row(n, &[], Some(0.0), RowVerdict::Unexpected)).collect();
        assert!(plain(&rows).contains("... 996 rows unexpected ..."));
        assert_eq!(plain(&rows).matches('>').count(), 1);
    }
}
