//! Takes rows of cells, and figures with their units.
//! Gives lines in which the cells stand below each other, lines of CSV, and figures as people read them.
//! Never rounds what a program reads.

use super::csv::quoted;
use super::words::{dash, time};
use crate::fleet::{Metric, SECOND, Unit};

/// Names on the left, figures on the right of their columns.
pub(super) fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width =
        |column: usize| rows.iter().filter_map(|row: &Vec<String>| row.get(column)).map(|c| c.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("  {cell:>width$}"),
        });
        cells.collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// A figure with three digits or so; a dash if there is none.
pub(super) fn shown(metric: &Metric, value: Option<f64>) -> String {
    value.map_or_else(dash, |value| signless(metric, value))
}

/// How much more or less.
pub(super) fn changed(metric: &Metric, value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "+" };
    format!("{sign}{}", width(metric, value.abs()))
}

/// A width of an interval: a truth has none of its own kind.
pub(super) fn width(metric: &Metric, value: f64) -> String {
    if metric.unit == Unit::Truth { decimal(value, 2) } else { signless(metric, value) }
}

fn signless(metric: &Metric, value: f64) -> String {
    if !value.is_finite() {
        return "unlimited".into();
    }
    match metric.unit {
        Unit::Count => decimal(value, usize::from(value.fract() != 0.0)),
        Unit::Percent => format!("{} %", decimal(value, 2)),
        Unit::Ratio => decimal(value, if value.abs() < 1.0 { 3 } else { 2 }),
        Unit::Seconds => time((value * SECOND as f64).round() as u64),
        Unit::Truth if value == 1.0 => "yes".into(),
        Unit::Truth if value == 0.0 => "no".into(),
        Unit::Truth => format!("{:.0} % yes", value * 100.0),
    }
}

fn decimal(value: f64, digits: usize) -> String {
    format!("{value:.digits$}")
}

/// A line of CSV.
pub(super) fn csv_line(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| quoted(&cell)).collect();
    cells.join(",") + "\n"
}

/// A figure in CSV: all digits, nothing if there is none.
pub(super) fn exact(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, value: f64, expected: &str) {
        assert_eq!(shown(Metric::named(name).expect(name), Some(value)), expected);
    }

    #[test]
    fn figures_have_their_units() {
        check("delivered", 12.0, "12");
        check("delivered", 12.25, "12.2");
        check("undelivered_pct", 35.0, "35.00 %");
        check("peak_x", 9.0, "9.00");
        check("saturation_rate", 0.0556, "0.056");
        check("lag_p99", 28.8, "28.8 s");
        check("recovered", 1.0, "yes");
        check("recovered", 0.25, "25 % yes");
        let lag = Metric::named("lag_p99").expect("it is one");
        assert_eq!([changed(lag, -1.5), changed(lag, 0.0), shown(lag, None)], ["-1.50 s", "+0 s", "-"]);
    }
}
