//! Takes policies that were compared.
//! Gives their figures side by side, with the differences to the first and how certain they are.
//! Never calls a difference certain that may be chance.

use serde_json::{Value, json as value};

use super::super::chart;
use super::super::fit;
use super::super::verdict::{BAD, DIM, Paint, STRONG};
use super::cells::{aligned, changed, csv_line, exact, shown, width};
use super::html::Table;
use crate::fleet::{Compared, Difference, METRICS, Metric, Shape, seed_of};

/// What was compared, and how it came out.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    /// The world that all share, or the first one.
    pub title: &'a str,
    /// The seed of the first run.
    pub seed: u64,
    /// What was compared; differences are to the first.
    pub compared: &'a [Compared],
    /// What each schedule looks like; none where the world has several.
    pub shapes: &'a [Option<Shape>],
    /// How many runs were asked for.
    pub runs: u32,
}

impl Comparison<'_> {
    fn done(&self) -> usize {
        self.compared.first().map_or(0, |first| first.runs.len())
    }

    /// What is said above the table.
    pub fn sentences(&self) -> Vec<String> {
        let done = self.done();
        let of = if done as u32 == self.runs { String::new() } else { format!(" of {}, then interrupted", self.runs) };
        let plural = if done == 1 { "" } else { "s" };
        let mut said = vec![format!(
            "{done} run{plural}{of}; seed {}, and what follows from it; the same messages at the same moments for all",
            self.seed
        )];
        said.push(match done {
            0 | 1 => "one run makes no interval: --runs 10 tells what is chance".into(),
            _ => "differences to the first, with 95 % paired t intervals; * where that leaves 0 out".into(),
        });
        said
    }

    /// The lines for a terminal of this width.
    pub fn text(&self, columns: usize, colour: bool) -> Vec<String> {
        let paint = Paint { colour };
        let mut lines = vec![paint.on(STRONG, &fit::printable(self.title))];
        lines.extend(self.sentences().iter().map(|sentence| paint.on(DIM, sentence)));
        let Some((first, others)) = self.compared.split_first() else { return lines };
        let abreast = (columns.saturating_sub(FIRST_WIDTH) / OTHER_WIDTH).max(1);
        for (block, others) in others.chunks(abreast).enumerate() {
            let places: Vec<usize> = (0..others.len()).map(|place| 1 + block * abreast + place).collect();
            let rows = self.rows(first, &places);
            lines.push(String::new());
            let drawn = aligned(&rows);
            lines.push(paint.on(DIM, &drawn[0]));
            lines.extend(drawn.into_iter().zip(&rows).skip(1).map(|(line, row)| {
                let worse =
                    row.last().is_some_and(|cell| cell.contains('*')) && places.len() == 1 && self.is_worse(row);
                if worse { paint.on(BAD, &line) } else { line }
            }));
        }
        lines
    }

    /// Whether the only other one is worse in what a row shows.
    fn is_worse(&self, row: &[String]) -> bool {
        let metric = METRICS.iter().find(|metric| row.first().is_some_and(|name| name == metric.name));
        let difference =
            metric.and_then(|metric| Some((metric, self.compared[1].difference(&self.compared[0], metric)?)));
        difference.is_some_and(|(metric, difference)| (difference.mean < 0.0) == metric.more_is_better)
    }

    fn rows(&self, first: &Compared, places: &[usize]) -> Vec<Vec<String>> {
        let name = |compared: &Compared| fit::cut(&fit::printable(&compared.name), NAME_MAX);
        let mut head = vec!["figure".to_owned(), name(first)];
        head.extend(places.iter().flat_map(|place| [name(&self.compared[*place]), "difference".into()]));
        let mut rows = vec![head];
        for (what, of) in SHAPES {
            let cell = |place: usize| self.shapes.get(place).copied().flatten().map_or_else(|| "-".into(), of);
            let mut row = vec![what.to_owned(), cell(0)];
            row.extend(places.iter().flat_map(|place| [cell(*place), String::new()]));
            rows.push(row);
        }
        for metric in METRICS.iter().filter(|metric| self.compared.iter().any(|c| c.mean(metric).is_some())) {
            let mut row = vec![metric.name.to_owned(), shown(metric, first.mean(metric))];
            for place in places {
                let other = &self.compared[*place];
                let difference = other.difference(first, metric);
                row.push(shown(metric, other.mean(metric)));
                row.push(difference.map_or_else(String::new, |difference| in_words(metric, difference)));
            }
            rows.push(row);
        }
        rows
    }

    /// The same as a table of a page.
    pub fn table(&self) -> Table {
        let all: Vec<usize> = (1..self.compared.len()).collect();
        let mut rows = self.compared.first().map(|first| self.rows(first, &all)).unwrap_or_default().into_iter();
        let head = rows.next().unwrap_or_default();
        Table { caption: "Figures, and differences to the first".into(), head, rows: rows.collect() }
    }

    /// One value, for programs.
    pub fn json(&self) -> Value {
        let first = self.compared.first();
        let all = self.compared.iter().enumerate().map(|(place, compared)| {
            let figures = METRICS.iter().map(|metric| {
                let difference = first.filter(|_| place > 0).and_then(|first| compared.difference(first, metric));
                let difference = difference.map(|d| value!({"mean": d.mean, "within": d.within, "certain": d.is_certain()}));
                (metric.key(), value!({"mean": compared.mean(metric), "difference": difference}))
            });
            let shape = self.shapes.get(place).copied().flatten();
            value!({
                "name": compared.name,
                "schedule": shape.map(|s| value!({"attempts": s.attempts, "span_s": s.span_s, "gap_max_s": s.gap_max_s})),
                "figures": figures.collect::<serde_json::Map<_, _>>(),
            })
        });
        value!({
            "format": 1, "title": self.title, "seed": self.seed, "runs": self.done(), "runs_asked": self.runs,
            "confidence": 0.95, "compared": all.collect::<Vec<_>>(),
        })
    }

    /// A line for each run of each, with all its figures.
    pub fn csv(&self) -> String {
        let head = ["name", "run", "seed"].map(str::to_owned);
        let mut text = csv_line(head.into_iter().chain(METRICS.iter().map(Metric::key)));
        for compared in self.compared {
            for (run, measured) in compared.numbers.iter().zip(&compared.runs) {
                let own = [compared.name.clone(), run.to_string(), seed_of(self.seed, *run).to_string()];
                let figures = METRICS.iter().map(|metric| exact(measured.get(metric)));
                text += &csv_line(own.into_iter().chain(figures));
            }
        }
        text
    }
}

fn in_words(metric: &Metric, difference: Difference) -> String {
    let mean = changed(metric, difference.mean);
    match difference.within {
        None => mean,
        Some(within) => {
            let sign = if difference.is_certain() { " *" } else { "  " };
            format!("{mean} ± {}{sign}", width(metric, within))
        }
    }
}

type OfShape = (&'static str, fn(Shape) -> String);

/// What the schedule alone says.
const SHAPES: [OfShape; 3] = [
    ("schedule: attempts", |shape| shape.attempts.to_string()),
    ("schedule: span", |shape| chart::axis::short(shape.span_s)),
    ("schedule: longest gap", |shape| chart::axis::short(shape.gap_max_s)),
];
const NAME_MAX: usize = 20;
const FIRST_WIDTH: usize = 40;
const OTHER_WIDTH: usize = 40;
