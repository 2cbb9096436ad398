//! Takes one timeline, or several to compare.
//! Gives a table with a row for each attempt, and the picture below it.
//! Never prints a long table whole: its middle is counted, not shown.

use super::super::verdict::{BAD, DIM, Paint, STRONG};
use super::raster::{self, column, mark, style};
use super::{Named, TableOptions, axis, ending, heading, kind_name, outage};
use crate::schedule::{Attempt, End, Timeline};

/// The lines for one delivery.
pub fn one(named: &Named, options: &TableOptions) -> Vec<String> {
    let paint = Paint { colour: options.colour };
    let timeline = &named.timeline;
    let mut lines = vec![paint.on(STRONG, &heading(&named.name, options.width)), String::new()];
    let head = format!("{:>7}  {:<12}  {:>8}  {:>10}  {:>10}", "attempt", "phase", "delay", "time", "cumulative");
    lines.push(paint.on(DIM, &head));
    let span_s = timeline.span_s().max(1);
    let bar = options.width.saturating_sub(COLUMNS_END + 2);
    for row in rows(timeline.attempts.len(), options.rows) {
        lines.push(match row {
            Row::Attempt(index) => {
                let attempt = timeline.attempts[index];
                let before_s = index.checked_sub(1).map_or(0, |before| timeline.attempts[before].at_s);
                attempt_line(index, attempt, paint) + &step(before_s, attempt, span_s, bar, paint)
            }
            Row::LeftOut(count) => paint.on(DIM, &left_out(count)),
        });
    }
    lines.push(String::new());
    lines.extend(raster::raster(std::slice::from_ref(named), options));
    lines.push(String::new());
    lines.push(verdict(timeline, paint));
    lines.extend(options.outage_s.map(|outage_s| outage(timeline, outage_s)));
    lines
}

/// The lines for several deliveries side by side.
pub fn several(all: &[Named], options: &TableOptions) -> Vec<String> {
    let paint = Paint { colour: options.colour };
    let mut lines = summary(all, paint);
    lines.push(String::new());
    // What does not fit side by side goes below each other.
    let abreast = (options.width.saturating_sub(7) / SIDE_WIDTH).max(1);
    for group in all.chunks(abreast) {
        lines.extend(side_by_side(group, options, paint));
        lines.push(String::new());
    }
    lines.extend(raster::raster(all, options));
    lines.push(String::new());
    for named in all {
        lines.push(format!("{}: {}", heading(&named.name, NAME_MAX), verdict(&named.timeline, paint)));
        lines.extend(options.outage_s.map(|outage_s| format!("  {}", outage(&named.timeline, outage_s))));
    }
    lines
}

fn summary(all: &[Named], paint: Paint) -> Vec<String> {
    let width = all.iter().map(|named| named.name.chars().count()).max().unwrap_or_default().clamp(6, NAME_MAX);
    let head = format!("{:<width$}  {:>8}  {:>13}  {:>12}", "policy", "attempts", "span", "longest gap");
    let mut lines = vec![paint.on(DIM, &head)];
    lines.extend(all.iter().map(|named| {
        let Named { name, timeline } = named;
        let more = if timeline.end == End::Cut { "+" } else { "" };
        let gap = timeline.attempts.iter().filter_map(|attempt| attempt.retry).map(|retry| retry.delay_s).max();
        let cells = (
            format!("{}{more}", timeline.attempts.len()),
            format!("{}{more}", axis::short(timeline.span_s())),
            axis::short(gap.unwrap_or_default()),
        );
        let name = paint.on(STRONG, &format!("{:<width$}", heading(name, NAME_MAX)));
        format!("{name}  {:>8}  {:>13}  {:>12}", cells.0, cells.1, cells.2)
    }));
    lines
}

fn side_by_side(group: &[Named], options: &TableOptions, paint: Paint) -> Vec<String> {
    let mut head = String::from("attempt");
    let mut names = " ".repeat(7);
    for named in group {
        names += &format!("  {:<23}", heading(&named.name, 23));
        head += &format!("    {:>10} {:>10}", "delay", "time");
    }
    let mut lines = vec![paint.on(STRONG, names.trim_end()), paint.on(DIM, &head)];
    let longest = group.iter().map(|named| named.timeline.attempts.len()).max().unwrap_or_default();
    for row in rows(longest, options.rows) {
        let mut line = match row {
            Row::Attempt(index) => format!("{:>7}", index + 1),
            Row::LeftOut(count) => {
                lines.push(paint.on(DIM, &left_out(count)));
                continue;
            }
        };
        let Row::Attempt(index) = row else { continue };
        for named in group {
            line += &match named.timeline.attempts.get(index) {
                Some(attempt) => {
                    let sign = paint.on(style(attempt.phase()), &mark(attempt.phase()).to_string());
                    format!("  {sign} {:>10} {:>10}", delay(*attempt), axis::clock(attempt.at_s))
                }
                None => " ".repeat(SIDE_WIDTH),
            };
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// One row of a table.
#[derive(Clone, Copy)]
enum Row {
    Attempt(usize),
    LeftOut(usize),
}

/// The first and last rows of many.
fn rows(count: usize, most: usize) -> impl Iterator<Item = Row> {
    let most = most.max(2);
    let (head, tail) = if count <= most { (count, 0) } else { (most - most / 3, most / 3) };
    let gap = count - head - tail;
    let middle = (gap > 0).then_some(Row::LeftOut(gap));
    (0..head).map(Row::Attempt).chain(middle).chain((count - tail..count).map(Row::Attempt))
}

fn left_out(count: usize) -> String {
    format!("        ... {count} attempts more; --rows or --format json shows them ...")
}

fn attempt_line(index: usize, attempt: Attempt, paint: Paint) -> String {
    let phase = paint.on(style(attempt.phase()), &format!("{:<12}", kind_name(attempt.phase())));
    let (delay, clock, total) = (delay(attempt), axis::clock(attempt.at_s), format!("{} s", attempt.at_s));
    format!("{:>7}  {phase}  {delay:>8}  {clock:>10}  {total:>10}", index + 1)
}

fn delay(attempt: Attempt) -> String {
    attempt.retry.map_or_else(|| "-".to_owned(), |retry| format!("{} s", retry.delay_s))
}

/// The wait before an attempt, drawn on the axis of the whole delivery.
fn step(before_s: u64, attempt: Attempt, span_s: u64, columns: usize, paint: Paint) -> String {
    if columns < STEP_MIN {
        return String::new();
    }
    let (from, to) = (column(before_s, span_s, columns), column(attempt.at_s, span_s, columns));
    let wait = paint.on(DIM, &"─".repeat(to - from));
    let sign = paint.on(style(attempt.phase()), &mark(attempt.phase()).to_string());
    format!("  {}{wait}{sign}", " ".repeat(from))
}

fn verdict(timeline: &Timeline, paint: Paint) -> String {
    let text = ending(timeline);
    if matches!(timeline.end, End::Answered(200..=399)) { text } else { paint.on(BAD, &text) }
}

/// Where the columns of figures end.
const COLUMNS_END: usize = 55;
const STEP_MIN: usize = 10;
const SIDE_WIDTH: usize = 25;
const NAME_MAX: usize = 24;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::policy::Selected;
    use crate::protocol::Deviations;

    fn named(name: &str, policy: &Value, outcomes: &str) -> Named {
        let selected = Selected::Policy(policy.as_object().expect("a policy is an object").clone());
        let outcomes = outcomes.parse().expect("the outcomes are known");
        Named { name: name.into(), timeline: Timeline::draw(selected, &outcomes, Deviations::NONE) }
    }

    fn options(width: usize) -> TableOptions {
        TableOptions { width, rows: 40, colour: false, outage_s: None }
    }

    #[test]
    fn one_delivery_is_a_table_and_a_picture() {
        insta::assert_snapshot!(one(&named("the defaults", &json!({}), "fail"), &options(80)).join("\n"));
    }

    #[test]
    fn several_are_side_by_side() {
        let all = [
            named("the defaults", &json!({}), "fail"),
            named("slow", &json!({"maximum_delay": 90, "retry_backoff_function": "geometric"}), "503*9,ok"),
            named("once", &json!({}), "404"),
        ];
        insta::assert_snapshot!(several(&all, &options(100)).join("\n"));
    }

    #[test]
    fn of_a_long_table_the_middle_is_counted() {
        let long = named("long", &json!({"maximum_delay": i64::MAX}), "fail");
        let lines = one(&long, &TableOptions { rows: 6, ..options(60) });
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        let all = [named("a", &json!({}), "fail*3,ok"), named("b", &json!({"maximum_delay": 60}), "500")];
        for lines in
            [|o: &TableOptions, all: &[Named]| several(all, o), |o: &TableOptions, all: &[Named]| one(&all[0], o)]
        {
            let coloured = lines(&TableOptions { colour: true, ..options(80) }, &all).join("\n");
            assert!(coloured.contains('\u{1b}'));
            let plain = lines(&options(80), &all).join("\n");
            assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
        }
    }

    #[test]
    fn pictures_fit_their_width() {
        let all = [
            named("a name that is much too long to stand before a row", &json!({}), "fail"),
            named("b", &json!({"maximum_delay": i64::MAX}), "fail"),
        ];
        for width in 40..200 {
            for line in raster::raster(&all, &options(width)) {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
}
