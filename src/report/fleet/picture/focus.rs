//! Takes series.
//! Gives the span of time that is worth looking at, and steps put together to columns.
//! Never averages a peak away: of the steps in a column, the tallest is shown.

use crate::fleet::{Row, SECOND, Series, Step};

use super::Run;

/// From the first trouble to the last, in seconds, with some of the calm around it; everything if all is calm.
pub(super) fn focus(runs: &[Run<'_>]) -> (f64, f64) {
    let spans = runs.iter().filter_map(|run| trouble(run.series));
    let span = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let all = whole(runs);
    let Some((from, until)) = span else { return all };
    let calm = (until - from) * CALM;
    ((from - calm).max(0.0), (until + calm).min(all.1).max(from + 1.0))
}

/// The whole of it, in seconds.
pub(super) fn whole(runs: &[Run<'_>]) -> (f64, f64) {
    let ends = runs.iter().map(|run| run.series.steps.len() as f64 * step_s(run.series));
    (0.0, ends.fold(1.0, f64::max))
}

fn trouble(series: &Series) -> Option<(f64, f64)> {
    let step = step_s(series);
    let troubled = |step: &Step| step.retries > 0 || step.failed > 0;
    let first = series.steps.iter().position(troubled).map(|place| place as f64 * step);
    let last = series.steps.iter().rposition(troubled).map(|place| (place + 1) as f64 * step);
    let outages = series.outages.iter().map(|(from, until)| (seconds(*from), seconds(*until)));
    let steps = first.zip(last);
    outages.chain(steps).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// What some deliveries need to be seen from their posts to their ends, in seconds.
pub(super) fn of_rows<'r>(rows: impl Iterator<Item = &'r Row>) -> Option<(f64, f64)> {
    let spans = rows.map(|row| {
        let last = row.attempts.last().map_or(row.posted, |(began, _)| *began);
        (seconds(row.posted), seconds(last.max(row.end.map_or(0, |(at, _)| at))))
    });
    spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// A column of a picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) from: f64,
    pub(super) until: f64,
    pub(super) step: Step,
}

/// The steps within a span, at most [`COLUMNS`] of them: where several lie in one column, the one with most of `by`.
pub(super) fn columns(series: &Series, (from, until): (f64, f64), by: impl Fn(&Step) -> f64) -> Vec<Column> {
    let step = step_s(series);
    let place = |at: f64| ((at / step) as usize).min(series.steps.len());
    let (first, last) = (place(from), place(until.ceil() + step));
    let stride = (last - first).div_ceil(COLUMNS).max(1);
    let column = |(number, steps): (usize, &[Step])| {
        let from = (first + number * stride) as f64 * step;
        let tallest = steps.iter().copied().reduce(|a, b| if by(&b) > by(&a) { b } else { a })?;
        Some(Column { from, until: from + stride as f64 * step, step: tallest })
    };
    series.steps[first..last].chunks(stride).enumerate().filter_map(column).collect()
}

/// How long a step is.
pub(super) fn step_s(series: &Series) -> f64 {
    seconds(series.step)
}

pub(super) fn seconds(nanos: u64) -> f64 {
    nanos as f64 / SECOND as f64
}

const CALM: f64 = 0.15;
/// Two pixels each.
const COLUMNS: usize = 430;
