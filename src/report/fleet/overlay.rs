//! Takes deliveries, predicted and observed.
//! Gives each as two rows of times and two rows of marks on one axis, and the largest error.
//! Never rounds an error away: it has its own digits.

use super::super::fit;
use super::super::schedule::{column, scale};
use super::super::verdict::{BAD, DIM, Paint, STRONG};
use super::words::{counted, seconds, time};
use crate::fleet::{Fate, Nanos, SECOND};
use crate::runner::{Overlaid, Overlay};

/// How an overlay is written.
#[derive(Clone, Copy, Debug)]
pub struct OverlayOptions {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether text is coloured.
    pub colour: bool,
    /// How far an attempt may be from its predicted time.
    pub tolerance: Nanos,
}

/// The lines of an overlay.
pub fn overlay(overlay: &Overlay, options: &OverlayOptions) -> Vec<String> {
    let paint = Paint { colour: options.colour };
    let all = || overlay.deliveries.iter().flat_map(|delivery| delivery.predicted.iter().chain(&delivery.observed));
    let span = all().max().copied().unwrap_or_default().div_ceil(SECOND).max(1);
    let columns = options.width.saturating_sub(MARGIN).max(COLUMNS_MIN);
    let mut lines = Vec::new();
    for delivery in &overlay.deliveries {
        lines.extend(one(delivery, span, columns, options, paint));
    }
    lines.push(paint.on(DIM, format!("{:MARGIN$}{}", "", scale(span, columns)).trim_end()));
    lines.extend([paint.on(DIM, "│ predicted  ● observed  2 several in one column"), String::new()]);
    lines.push(summary(overlay, options, paint));
    lines
}

fn one(delivery: &Overlaid, span: u64, columns: usize, options: &OverlayOptions, paint: Paint) -> Vec<String> {
    let member = delivery.member.map(|member| format!("[{member}]")).unwrap_or_default();
    let name = fit::printable(&delivery.group);
    let fate = match delivery.fate {
        Fate::Collateral => "given up with another message",
        Fate::Delivered => "delivered",
        Fate::Lost => "lost",
        Fate::Rejected => "rejected",
        Fate::Unfinished => "not over at the horizon",
    };
    let posted = time(delivery.posted);
    let head = format!("{name}{member}, message {}, posted at {posted}: predicted to be {fate}", delivery.message);
    let mut lines = vec![paint.on(STRONG, &head)];
    if !(delivery.predicted.is_empty() && delivery.observed.is_empty()) {
        lines.extend([
            row("predicted", &delivery.predicted, options.width),
            row("observed", &delivery.observed, options.width),
            marks(&delivery.predicted, '│', span, columns),
            marks(&delivery.observed, '●', span, columns),
        ]);
    }
    let verdict = verdict(delivery, options.tolerance);
    let agrees = delivery.agrees(options.tolerance);
    lines.extend([if agrees { verdict } else { paint.on(BAD, &verdict) }, String::new()]);
    lines
}

fn verdict(delivery: &Overlaid, tolerance: Nanos) -> String {
    let (predicted, observed) = (delivery.predicted.len(), delivery.observed.len());
    let word = if delivery.agrees(tolerance) { "agrees" } else { "differs" };
    let count = match predicted.abs_diff(observed) {
        0 if predicted == 0 => ": no attempt".to_owned(),
        0 => String::new(),
        more if observed > predicted => format!(": {more} more than predicted"),
        fewer => format!(": {fewer} fewer than predicted"),
    };
    let error = delivery.error_max().map_or_else(String::new, |error| format!("; largest error {}", exact(error)));
    format!("  {word}{count}{error}")
}

/// How many attempts there are, and the times in seconds as far as they fit.
fn row(name: &str, times: &[Nanos], width: usize) -> String {
    let mut line = format!("  {name:<9} {:>4}:", times.len());
    for (place, at) in times.iter().enumerate() {
        let text = format!(" {}", rounded(*at));
        if line.chars().count() + text.chars().count() + 4 > width && place + 1 < times.len() {
            return line + " ...";
        }
        line += &text;
    }
    line
}

/// Seconds to the hundredth, without what is nothing.
fn rounded(nanos: Nanos) -> String {
    let text = format!("{:.2}", seconds(nanos));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn marks(times: &[Nanos], mark: char, span: u64, columns: usize) -> String {
    let mut counts = vec![0_u32; columns];
    for at in times {
        counts[column(*at, span * SECOND, columns).min(columns - 1)] += 1;
    }
    let sign = |count: u32| match count {
        0 => ' ',
        1 => mark,
        2..=9 => char::from_digit(count, 10).expect("it is one digit"),
        _ => '+',
    };
    let marks: String = counts.into_iter().map(sign).collect();
    format!("{:MARGIN$}{marks}", "").trim_end().to_owned()
}

/// To the millisecond: what is less is the clock's.
fn exact(nanos: Nanos) -> String {
    format!("{:.3} s", seconds(nanos))
}

fn summary(overlay: &Overlay, options: &OverlayOptions, paint: Paint) -> String {
    let predicted: usize = overlay.deliveries.iter().map(|delivery| delivery.predicted.len()).sum();
    let observed: usize =
        overlay.deliveries.iter().map(|delivery| delivery.observed.len()).sum::<usize>() + overlay.strays;
    let agrees = overlay.agrees(options.tolerance);
    let verdict = if agrees { "agrees" } else { "differs" };
    let line = format!(
        "{verdict}: {}; {predicted} attempts predicted, {observed} observed; largest error {}, tolerance {}",
        counted(overlay.deliveries.len() as u64, "delivery", "deliveries"),
        exact(overlay.error_max()),
        exact(options.tolerance)
    );
    paint.on(if agrees { STRONG } else { BAD }, &line)
}

const MARGIN: usize = 2;
const COLUMNS_MIN: usize = 20;
