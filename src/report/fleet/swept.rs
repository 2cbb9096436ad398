//! Takes a sweep.
//! Gives a row for each value of the field, with the figures that usually matter, and all of them for programs.
//! Never leaves a value out that was tried.

use serde_json::{Map, Value, json as value};

use super::super::fit;
use super::super::verdict::{BAD, DIM, Paint, STRONG};
use super::cells::{aligned, csv_line, exact, shown};
use super::html::Table;
use crate::fleet::{METRICS, Measured, Metric, Setting, Swept};

/// A sweep, and of what.
#[derive(Clone, Copy, Debug)]
pub struct Sweeping<'a> {
    /// The world.
    pub title: &'a str,
    /// Its seed, the same for all values.
    pub seed: u64,
    /// What came of it.
    pub swept: &'a Swept,
    /// Which figures to show.
    pub figures: &'a [&'static Metric],
}

/// What is shown unless somebody says otherwise.
pub const SWEPT: [&str; 8] =
    ["undelivered_pct", "lag_p50", "lag_p99", "lag_max", "peak_1s", "peak_x", "attempts_per_delivered", "healthy_p99"];

impl Sweeping<'_> {
    /// Each value with what came of it, line by line.
    fn points(&self) -> impl Iterator<Item = (&str, &Setting, &Measured)> {
        let lines = self.swept.lines.iter();
        lines.flat_map(|line| {
            self.swept.settings.iter().zip(&line.points).map(|(setting, point)| (line.name.as_str(), setting, point))
        })
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let named = self.swept.lines.len() > 1;
        let name = |name: &str| named.then(|| fit::cut(&fit::printable(name), NAME_MAX));
        let field = vec![fit::cut(&self.swept.field, FIELD_MAX)];
        let head = field.into_iter().chain(named.then(|| "policy".into()));
        let mut rows = vec![head.chain(self.figures.iter().map(|metric| metric.name.to_owned())).collect::<Vec<_>>()];
        rows.extend(self.points().map(|(line, setting, point)| {
            let head = [setting.text()].into_iter().chain(name(line));
            head.chain(self.figures.iter().map(|metric| shown(metric, point.get(metric)))).collect()
        }));
        rows
    }

    /// The lines for a terminal.
    pub fn text(&self, colour: bool) -> Vec<String> {
        let paint = Paint { colour };
        let rows = self.rows();
        let mut lines = vec![
            paint.on(STRONG, &fit::printable(self.title)),
            paint.on(DIM, &format!("seed {}, the same for every value", self.seed)),
            String::new(),
        ];
        let drawn = aligned(&rows);
        lines.push(paint.on(DIM, &drawn[0]));
        lines.extend(
            drawn
                .into_iter()
                .skip(1)
                .zip(self.points())
                .map(|(line, (_, _, point))| if point.lost_nothing() { line } else { paint.on(BAD, &line) }),
        );
        lines
    }

    /// The same as a table of a page.
    pub fn table(&self) -> Table {
        let mut rows = self.rows().into_iter();
        let head = rows.next().unwrap_or_default();
        Table { caption: format!("Figures for each {}", self.swept.field), head, rows: rows.collect() }
    }

    /// One value, for programs.
    pub fn json(&self) -> Value {
        let points = self.points().map(|(line, setting, point)| {
            let figures: Map<String, Value> = METRICS.iter().map(|m| (m.key(), point.get(m).into())).collect();
            value!({"policy": line, "value": setting.value, "figures": figures})
        });
        let points: Vec<Value> = points.collect();
        value!({"format": 1, "title": self.title, "seed": self.seed, "field": self.swept.field, "points": points})
    }

    /// A line for each value and policy, with all figures.
    pub fn csv(&self) -> String {
        let head = [self.swept.field.clone(), "policy".into()];
        let mut text = csv_line(head.into_iter().chain(METRICS.iter().map(Metric::key)));
        for (line, setting, point) in self.points() {
            let own = [setting.text(), line.to_owned()];
            text += &csv_line(own.into_iter().chain(METRICS.iter().map(|metric| exact(point.get(metric)))));
        }
        text
    }
}

const NAME_MAX: usize = 20;
const FIELD_MAX: usize = 24;
