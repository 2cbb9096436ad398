//! Takes timelines.
//! Gives a row of characters for each: a mark in the column of each attempt's time, coloured by phase.
//! Never relies on colour: every phase has a mark of its own.

use anstyle::{AnsiColor, Style};

use super::super::verdict::{BAD, DIM, Paint};
use super::{KINDS, Named, TableOptions, axis, heading, kind_name};
use crate::policy::Phase;
use crate::schedule::{Attempt, End};

/// The mark of a phase.
pub(super) const fn mark(phase: Option<Phase>) -> char {
    match phase {
        None => '◆',
        Some(Phase::Immediate) => '◇',
        Some(Phase::PreBackoff) => '○',
        Some(Phase::Backoff) => '●',
        Some(Phase::PostBackoff) => '■',
    }
}

/// The colour of a phase.
pub(super) const fn style(phase: Option<Phase>) -> Style {
    match phase {
        None => Style::new().bold(),
        Some(Phase::Immediate) => AnsiColor::Magenta.on_default(),
        Some(Phase::PreBackoff) => AnsiColor::Cyan.on_default(),
        Some(Phase::Backoff) => AnsiColor::Yellow.on_default(),
        Some(Phase::PostBackoff) => AnsiColor::Blue.on_default(),
    }
}

/// A row for each timeline, the axis, and what the marks mean.
pub(super) fn raster(all: &[Named], options: &TableOptions) -> Vec<String> {
    let paint = Paint { colour: options.colour };
    let longest = all.iter().map(|named| named.name.chars().count()).max().unwrap_or_default();
    let names = if all.len() > 1 { longest.min(NAME_MAX) + 2 } else { 0 };
    let columns = options.width.saturating_sub(names).max(COLUMNS_MIN);
    let span_s = span_of(all, options.outage_s);
    let mut lines: Vec<String> = all
        .iter()
        .map(|named| {
            let name = if names == 0 { String::new() } else { format!("{:<names$}", heading(&named.name, NAME_MAX)) };
            name + &row(named, span_s, columns, options.outage_s, paint)
        })
        .collect();
    let axis = scale(span_s, columns);
    lines.push(paint.on(DIM, format!("{:names$}{axis}", "").trim_end()));
    lines.extend(legend(all, options, paint));
    lines
}

/// The end of the axis: the longest schedule, and the outage if it is longer.
pub(super) fn span_of(all: &[Named], outage_s: Option<u64>) -> u64 {
    let spans = all.iter().map(|named| named.timeline.span_s());
    spans.chain(outage_s).max().unwrap_or_default().max(1)
}

/// The column of a time.
pub(in crate::report) fn column(at_s: u64, span_s: u64, columns: usize) -> usize {
    let last = columns.saturating_sub(1) as u128;
    (u128::from(at_s) * last / u128::from(span_s.max(1))) as usize
}

fn row(named: &Named, span_s: u64, columns: usize, outage_s: Option<u64>, paint: Paint) -> String {
    let attempts = &named.timeline.attempts;
    let of = |index: usize| column(attempts[index].at_s, span_s, columns);
    let away = outage_s.map_or(0, |outage_s| column(outage_s, span_s, columns));
    let end = of(attempts.len() - 1);
    let mut cells: Vec<(char, Style)> = (0..columns)
        .map(|at| match at {
            at if outage_s.is_some() && at < away => ('░', DIM),
            at if at <= end => ('─', DIM),
            _ => (' ', Style::new()),
        })
        .collect();
    let mut from = 0;
    while from < attempts.len() {
        let at = of(from);
        let count = attempts[from..].iter().take_while(|attempt| column(attempt.at_s, span_s, columns) == at).count();
        let last = attempts[from + count - 1];
        cells[at] = (sign(last, count), style(last.phase()));
        from += count;
    }
    if let End::Answered(status) = named.timeline.end {
        cells[end] = if status < 400 { ('★', GOOD) } else { ('✗', BAD) };
    }
    cells.into_iter().map(|(sign, style)| paint.on(style, &sign.to_string())).collect::<String>().trim_end().to_owned()
}

fn sign(attempt: Attempt, count: usize) -> char {
    match count {
        1 => mark(attempt.phase()),
        2..=9 => char::from_digit(count as u32, 10).expect("it is one digit"),
        _ => '+',
    }
}

/// The axis, with round times.
pub(in crate::report) fn scale(span_s: u64, columns: usize) -> String {
    let mut line = vec![' '; columns];
    let mut free = 0;
    for tick in axis::ticks(span_s, (columns / TICK_WIDTH).max(1)) {
        let label = axis::short(tick);
        // The last label ends where the axis does.
        let at = column(tick, span_s, columns).min(columns.saturating_sub(label.chars().count()));
        if at >= free {
            free = at + label.chars().count() + 1;
            line.splice(at..at + label.chars().count(), label.chars());
        }
    }
    line.into_iter().collect::<String>().trim_end().to_owned()
}

fn legend(all: &[Named], options: &TableOptions, paint: Paint) -> Vec<String> {
    let seen = |kind: &Option<Phase>| all.iter().flat_map(|n| &n.timeline.attempts).any(|a| a.phase() == *kind);
    let mut parts: Vec<(char, &str, Style)> =
        KINDS.into_iter().filter(seen).map(|kind| (mark(kind), kind_name(kind), style(kind))).collect();
    let ended = |good: bool| all.iter().any(|n| matches!(n.timeline.end, End::Answered(s) if (s < 400) == good));
    parts.extend(ended(true).then_some(('★', "delivered", GOOD)));
    parts.extend(ended(false).then_some(('✗', "not retried", BAD)));
    parts.extend(options.outage_s.map(|_| ('░', "outage", DIM)));
    parts.push(('2', "several in one column", Style::new()));
    let mut lines = vec![(0, String::new())];
    for (sign, name, style) in parts {
        let width = name.chars().count() + 4;
        if lines.last().is_some_and(|(used, _)| *used > 0 && used + width > options.width) {
            lines.push((0, String::new()));
        }
        let (used, line) = lines.last_mut().expect("there is always one");
        line.push_str(&format!("{} {name}  ", paint.on(style, &sign.to_string())));
        *used += width;
    }
    lines.into_iter().map(|(_, line)| line.trim_end().to_owned()).collect()
}

const GOOD: Style = AnsiColor::Green.on_default().bold();
const NAME_MAX: usize = 24;
const COLUMNS_MIN: usize = 14;
const TICK_WIDTH: usize = 9;
