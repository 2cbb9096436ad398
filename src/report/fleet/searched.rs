//! Takes a search.
//! Gives the picks and the front for people, every candidate for programs, and what to do if no policy is left.
//! Never shows a policy without the limits that it was judged by.

use serde_json::{Map, Value, json as value};

use super::super::chart;
use super::super::fit;
use super::super::verdict::{BAD, DIM, Paint, STRONG};
use super::cells::{aligned, csv_line, exact, shown};
use super::html::Table;
use super::picture::Found;
use crate::fleet::{Candidates, METRICS, Metric};
use crate::policy::Selected;

/// A search, and of what.
#[derive(Clone, Copy, Debug)]
pub struct Searching<'a> {
    /// What the worlds are called.
    pub worlds: &'a [String],
    /// Said about the worlds: where they come from.
    pub notes: &'a [String],
    /// The grid, as far as it could be tried.
    pub candidates: &'a Candidates,
    /// What came of it.
    pub found: Found<'a>,
}

impl Searching<'_> {
    /// What was done, and what came of it.
    pub fn sentences(&self) -> Vec<String> {
        let (searched, all) = (self.found.searched, &self.candidates.all);
        let keeping = searched.scored.iter().filter(|scored| scored.broken.is_empty()).count();
        let tried = searched.scored.len();
        let of = if tried < all.len() { format!(" of {}, then interrupted", all.len()) } else { String::new() };
        let left_out = [
            (self.candidates.refused, "refused by validation"),
            (self.candidates.repeated, "with the delays of another"),
            (self.candidates.unusable, "that break off or are too long"),
        ];
        let left_out =
            left_out.into_iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}"));
        let left_out: Vec<String> = left_out.collect();
        let left_out =
            if left_out.is_empty() { String::new() } else { format!("; not tried: {}", left_out.join(", ")) };
        let mut said = self.notes.to_vec();
        said.push(format!("{tried} policies{of}, each in {} worlds, judged by the worst{left_out}", self.worlds.len()));
        let limits: Vec<String> = self.found.wanted.limits.iter().map(ToString::to_string).collect();
        let limits =
            if limits.is_empty() { "there is no limit".into() } else { format!("limits: {}", limits.join(", ")) };
        said.push(format!("{limits}; {keeping} keep them, {} of those are on the front", searched.front.len()));
        said
    }

    /// What to do, if no policy keeps the limits.
    pub fn advice(&self) -> Option<String> {
        let searched = self.found.searched;
        let hardest = searched.hardest().filter(|_| searched.front.is_empty())?;
        let limits = &self.found.wanted.limits;
        let (excluded, alone) = searched.excluded[hardest];
        let best = self.nearest(hardest);
        let (tried, limit) = (searched.scored.len(), &limits[hardest]);
        let without = match alone {
            0 => "even without it no policy keeps the others".to_owned(),
            alone => format!("without it {alone} would be left"),
        };
        Some(format!(
            "no policy keeps all limits: {limit} excludes most, {excluded} of {tried}; {without}; the best value of {} \
             that was seen is {best}: change the limit, or widen the grid with --grid",
            limit.metric.name
        ))
    }

    fn nearest(&self, limit: usize) -> String {
        let metric = self.found.wanted.limits[limit].metric;
        let values = self.found.searched.scored.iter().filter_map(|scored| scored.worst.get(metric));
        let best = values.reduce(if metric.more_is_better { f64::max } else { f64::min });
        shown(metric, best)
    }

    /// The figures of a table: the objectives, and what limits are about.
    fn figures(&self) -> Vec<&'static Metric> {
        let mut figures = self.found.wanted.objectives.clone();
        figures.extend(self.found.wanted.limits.iter().map(|limit| limit.metric));
        let mut distinct: Vec<&'static Metric> = Vec::new();
        for metric in figures {
            if !distinct.contains(&metric) {
                distinct.push(metric);
            }
        }
        distinct
    }

    fn head(&self) -> Vec<String> {
        let shape = ["", "policy", "attempts", "span"].map(str::to_owned);
        shape.into_iter().chain(self.figures().iter().map(|metric| metric.name.to_owned())).collect()
    }

    fn row(&self, mark: &str, place: usize) -> Vec<String> {
        let candidate = &self.candidates.all[place];
        let scored = &self.found.searched.scored[place];
        let own = [
            mark.to_owned(),
            fit::printable(&candidate.policy.name),
            candidate.shape.attempts.to_string(),
            chart::axis::short(candidate.shape.span_s),
        ];
        let figures = self.figures().into_iter().map(|metric| shown(metric, scored.worst.get(metric)));
        own.into_iter().chain(figures).collect()
    }

    /// The picks, the world's own policy, and the front in the order of the first objective.
    fn rows(&self, most: usize) -> (Vec<Vec<String>>, usize) {
        let mut rows = vec![self.head()];
        let picks = self.found.searched.picks;
        rows.extend(picks.iter().flat_map(|picks| picks.named()).map(|(name, place)| self.row(name, place)));
        let own = self.found.own.filter(|own| *own < self.found.searched.scored.len());
        rows.extend(own.map(|own| self.row("(own)", own)));
        let objectives = &self.found.wanted.objectives;
        let mut front = self.found.searched.front.clone();
        let key = |place: &usize| self.found.searched.scored[*place].point(objectives);
        front.sort_by(|a, b| {
            key(a).iter().zip(key(b)).map(|(a, b)| a.total_cmp(&b)).find(|o| o.is_ne()).unwrap_or_else(|| a.cmp(b))
        });
        let more = front.len().saturating_sub(most);
        rows.extend(front.into_iter().take(most).map(|place| self.row("", place)));
        (rows, more)
    }

    /// The lines for a terminal, with at most so many of the front.
    pub fn text(&self, most: usize, colour: bool) -> Vec<String> {
        let paint = Paint { colour };
        let mut lines: Vec<String> = self.sentences();
        if let Some(advice) = self.advice() {
            lines.push(paint.on(BAD, &advice));
            return lines;
        }
        let (rows, more) = self.rows(most);
        let named = 1
            + self.found.searched.picks.map_or(0, |picks| picks.named().len())
            + usize::from(self.found.own.is_some());
        lines.push(String::new());
        for (number, line) in aligned(&left(&rows)).into_iter().enumerate() {
            if number == named {
                lines.push(paint.on(DIM, "the front:"));
            }
            lines.push(match number {
                0 => paint.on(DIM, &line),
                number if number < named => paint.on(STRONG, &line),
                _ => line,
            });
        }
        if more > 0 {
            lines.push(paint.on(DIM, &format!("... {more} more on the front; --rows or --csv shows them ...")));
        }
        for (name, place) in self.found.searched.picks.iter().flat_map(|picks| picks.named()).take(1) {
            lines.extend([String::new(), format!("{name}: {}", self.policy(place))]);
        }
        lines
    }

    /// A policy as `_retry_policy` has it.
    fn policy(&self, place: usize) -> Value {
        match &self.candidates.all[place].policy.selected {
            Selected::Policy(keys) => Value::Object(keys.clone()),
            Selected::Unusable => Value::Null,
        }
    }

    /// The same as a table of a page.
    pub fn table(&self) -> Table {
        let mut rows = self.rows(usize::MAX).0.into_iter();
        let head = rows.next().unwrap_or_default();
        Table { caption: "Picks, and the front".into(), head, rows: rows.collect() }
    }

    /// One value, for programs: the front and the picks.
    pub fn json(&self) -> Value {
        let searched = self.found.searched;
        let entry = |place: usize| {
            let figures: Map<String, Value> =
                METRICS.iter().map(|m| (m.key(), searched.scored[place].worst.get(m).into())).collect();
            let Self { candidates, .. } = self;
            let shape = candidates.all[place].shape;
            value!({
                "name": candidates.all[place].policy.name, "policy": self.policy(place),
                "attempts": shape.attempts, "span_s": shape.span_s, "worst": figures,
            })
        };
        let limits = self.found.wanted.limits.iter().zip(&searched.excluded);
        let limits: Vec<Value> = limits
            .map(|(limit, (all, alone))| value!({"limit": limit.to_string(), "excludes": all, "alone": alone}))
            .collect();
        let picks: Option<Map<String, Value>> = searched
            .picks
            .map(|picks| picks.named().into_iter().map(|(name, place)| (name.into(), entry(place))).collect());
        let own = self.found.own.filter(|own| *own < searched.scored.len());
        value!({
            "format": 1,
            "worlds": self.worlds,
            "objectives": self.found.wanted.objectives.iter().map(|metric| metric.name).collect::<Vec<_>>(),
            "limits": limits,
            "tried": searched.scored.len(),
            "candidates": self.candidates.all.len(),
            "own": own.map(entry),
            "picks": picks,
            "front": searched.front.iter().map(|place| entry(*place)).collect::<Vec<_>>(),
            "advice": self.advice(),
        })
    }

    /// A line for every candidate that was tried.
    pub fn csv(&self) -> String {
        let head = ["policy", "name", "attempts", "span_s", "keeps_limits", "front", "pick"].map(str::to_owned);
        let mut text = csv_line(head.into_iter().chain(METRICS.iter().map(Metric::key)));
        for (place, scored) in self.found.searched.scored.iter().enumerate() {
            let candidate = &self.candidates.all[place];
            let picks = self.found.searched.picks.iter().flat_map(|picks| picks.named());
            let pick: Vec<&str> = picks.filter(|(_, picked)| *picked == place).map(|(name, _)| name).collect();
            let own = [
                self.policy(place).to_string(),
                candidate.policy.name.clone(),
                candidate.shape.attempts.to_string(),
                candidate.shape.span_s.to_string(),
                scored.broken.is_empty().to_string(),
                self.found.searched.front.contains(&place).to_string(),
                pick.join(" "),
            ];
            text += &csv_line(own.into_iter().chain(METRICS.iter().map(|metric| exact(scored.worst.get(metric)))));
        }
        text
    }
}

/// The names of policies on the left, like what stands before them.
fn left(rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let width = rows.iter().map(|row| row[1].chars().count()).max().unwrap_or_default();
    let mark = rows.iter().map(|row| row[0].chars().count()).max().unwrap_or_default();
    let joined = |row: &Vec<String>| {
        let name = format!("{:<mark$}  {:<width$}", row[0], row[1]);
        [vec![name], row[2..].to_vec()].concat()
    };
    rows.iter().map(joined).collect()
}
