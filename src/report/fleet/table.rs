//! Takes a world and its figures.
//! Gives tables for people: what became of the deliveries, how late, with how much traffic, how the sender was.
//! Never repeats a world of one group as the sum of its groups.

use super::super::fit;
use super::super::verdict::{BAD, DIM, Paint, STRONG};
use super::html::Table;
use super::words::{counted, dash, maybe_time, percent, ratio, rules, sender, time};
use super::{Outcome, counts_of, times_of};
use crate::fleet::{Figures, GroupFigures, Peak, World};

/// The lines of the table.
pub fn table(outcome: &Outcome<'_>, colour: bool) -> Vec<String> {
    let Outcome { described, figures } = *outcome;
    let world = &described.world;
    let paint = Paint { colour };
    let mut lines = Vec::new();
    if !described.title.is_empty() {
        lines.push(paint.on(STRONG, &fit::printable(&described.title)));
    }
    lines.extend([paint.on(DIM, &about(world)), String::new()]);
    let groups = rows(figures);
    for (_, head, cells) in TABLES {
        lines.extend(columns(head, &groups, cells, paint));
        lines.push(String::new());
    }
    lines.extend(sentences(figures));
    lines.extend(described.notes.iter().map(|note| format!("note: {note}")));
    lines
}

/// The same tables for a page.
pub fn tables(figures: &Figures) -> Vec<Table> {
    let groups = rows(figures);
    let row = |cells: Cells, (name, group): &(&str, &GroupFigures)| [vec![(*name).to_owned()], cells(group)].concat();
    let table = |(caption, head, cells): (&str, &[&str], Cells)| Table {
        caption: caption.to_owned(),
        head: head.iter().map(|&word| word.to_owned()).collect(),
        rows: groups.iter().map(|group| row(cells, group)).collect(),
    };
    TABLES.into_iter().map(table).collect()
}

/// What there is to say besides: a sentence about the world, those about its sender, and the notes.
pub fn lead(outcome: &Outcome<'_>) -> Vec<String> {
    let notes = outcome.described.notes.iter().map(|note| format!("note: {note}"));
    [about(&outcome.described.world)].into_iter().chain(sentences(outcome.figures)).chain(notes).collect()
}

fn about(world: &World) -> String {
    format!("seed {}; horizon {}; rules {}; {}", world.seed, time(world.horizon), rules(world), sender(world))
}

/// The sum, where there is more than one group, and the groups.
fn rows(figures: &Figures) -> Vec<(&str, &GroupFigures)> {
    let groups = figures.groups.iter().map(|group| (group.name.as_str(), group));
    let total = (figures.groups.len() != 1).then_some(("all", &figures.total));
    total.into_iter().chain(groups).collect()
}

type Cells = fn(&GroupFigures) -> Vec<String>;

/// The tables: what they are about, their columns, and the cells of a group.
const TABLES: [(&str, &[&str], Cells); 3] =
    [("Deliveries", COUNTS, counts), ("Times", TIMES, times), ("Traffic", TRAFFIC, traffic)];

const COUNTS: &[&str] = &[
    "group",
    "deliveries",
    "delivered",
    "rejected",
    "lost",
    "collateral",
    "unfinished",
    "attempts",
    "wasted",
    "per delivered",
];
const TIMES: &[&str] = &["group", "latency p50", "p90", "p99", "p99.9", "max", "recovery lag p50", "p90", "p99", "max"];
const TRAFFIC: &[&str] = &["group", "peak in 1 s", "at", "peak in 10 s", "at", "drained after", "recovered"];

fn counts(group: &GroupFigures) -> Vec<String> {
    let per_delivered = ratio(group.attempts, group.delivered).map_or_else(dash, |ratio| format!("{ratio:.2}"));
    counts_of(group).iter().map(u64::to_string).chain([per_delivered]).collect()
}

fn times(group: &GroupFigures) -> Vec<String> {
    times_of(group).map(maybe_time).collect()
}

fn traffic(group: &GroupFigures) -> Vec<String> {
    let peak = |peak: Peak| [peak.count.to_string(), if peak.count == 0 { dash() } else { time(peak.at) }];
    let recovered = match group.recovered {
        None => "-",
        Some(true) => "yes",
        Some(false) => "no",
    };
    let peaks = [peak(group.peak_1s), peak(group.peak_10s)].into_iter().flatten();
    peaks.chain([maybe_time(group.drain), recovered.to_owned()]).collect()
}

/// Names on the left, figures on the right of their columns.
fn columns(head: &[&str], groups: &[(&str, &GroupFigures)], cells: Cells, paint: Paint) -> Vec<String> {
    let name = |name: &str| fit::cut(&fit::printable(name), NAME_MAX);
    let rows: Vec<Vec<String>> =
        groups.iter().map(|(group, figures)| [vec![name(group)], cells(figures)].concat()).collect();
    let width = |column: usize| {
        let longest = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        longest.max(head[column].chars().count())
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("  {cell:>width$}"),
        });
        cells.collect::<String>().trim_end().to_owned()
    };
    let head: Vec<String> = head.iter().map(|&word| word.to_owned()).collect();
    let mut lines = vec![paint.on(DIM, &line(&head))];
    lines.extend(rows.iter().zip(groups).map(|(row, (_, figures))| {
        if head == COUNTS && figures.lost + figures.collateral_lost > 0 { paint.on(BAD, &line(row)) } else { line(row) }
    }));
    lines
}

fn sentences(figures: &Figures) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(occupancy) = figures.occupancy {
        let saturated = figures.saturation_rate.map(|rate| {
            format!("; {rate:.3} failing messages a second would take them all, one in {:.3} s", 1.0 / rate)
        });
        lines.push(format!(
            "the sender's places were taken {} of the time{}",
            percent(occupancy),
            saturated.unwrap_or_default()
        ));
    }
    if let Some(p99) = figures.healthy_p99 {
        lines.push(format!("subscribers that never fail: latency p99 {}", time(p99)));
    }
    lines.push(format!(
        "at most at once: {} waiting for a place, {} that a restart would lose",
        counted(figures.max_backlog, "post", "posts"),
        counted(figures.max_at_risk, "delivery", "deliveries")
    ));
    lines
}

const NAME_MAX: usize = 32;
