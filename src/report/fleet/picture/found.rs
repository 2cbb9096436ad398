//! Takes a search.
//! Gives its candidates as dots over two objectives, the front among them, the picks by name, the world's own ringed.
//! Never draws two dots in one place.

use std::collections::BTreeSet;

use plotters::prelude::*;

use super::super::super::chart::{self, Area, Drawn, FRESH, LONE, LOST, MARGIN, Measure, RETRIED, Scale, font};
use super::{BELOW, LEFT, RIGHT};
use crate::fleet::{Candidate, Metric, Searched, Unit, Wanted};

pub(super) const HEIGHT: u32 = 24 + 400 + BELOW;

/// A search, and what it was for.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// What was tried.
    pub candidates: &'a [Candidate],
    /// What was wanted.
    pub wanted: &'a Wanted,
    /// What came of it.
    pub searched: &'a Searched,
    /// The candidate that is the world's own policy, if it is there.
    pub own: Option<usize>,
}

pub(super) fn draw(area: &Area<'_>, found: &Found<'_>) -> Drawn {
    let (head, body) = area.split_vertically(24);
    let parts = [("on the front", FRESH), ("keeps the limits", LONE), ("picked", RETRIED), ("present policy", LOST)];
    let shown = parts.into_iter().filter(|(name, _)| *name != "present policy" || found.own.is_some());
    chart::legend(&head, LEFT as i32 + MARGIN, 0, shown)?;
    let Searched { scored, front, picks, .. } = found.searched;
    let axes = [found.wanted.objectives[0], found.wanted.objectives[1]];
    let at = |place: usize| {
        let value = |metric: &Metric| scored[place].worst.get(metric).unwrap_or(0.0);
        (value(axes[0]), value(axes[1]))
    };
    let keeping: Vec<usize> = (0..scored.len()).filter(|place| scored[*place].broken.is_empty()).collect();
    let own = found.own.filter(|own| *own < scored.len());
    let all: Vec<(f64, f64)> = keeping.iter().copied().chain(own).map(at).collect();
    let x = scale(all.iter().map(|point| point.0), axes[0]);
    let y = scale(all.iter().map(|point| point.1), axes[1]).ticks(7);
    let (x_desc, y_desc) = (desc(axes[0]), desc(axes[1]));
    let mut chart = ChartBuilder::on(&body)
        .margin_right(RIGHT)
        .margin_left(MARGIN)
        .x_label_area_size(BELOW)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .label_style(font(15))
        .x_desc(x_desc)
        .y_desc(y_desc)
        .axis_desc_style(font(15))
        .draw()?;
    let mut taken = BTreeSet::new();
    let distinct = keeping.iter().map(|place| at(*place)).filter(|point| taken.insert(chart.backend_coord(point)));
    let dots: Vec<(f64, f64)> = distinct.collect();
    chart.draw_series(dots.into_iter().map(|point| Circle::new(point, 2, LONE.mix(0.45).filled())))?;
    let sizes = sizes(found);
    chart.draw_series(
        front.iter().zip(&sizes).map(|(place, size)| Circle::new(at(*place), *size, FRESH.mix(0.8).filled())),
    )?;
    if let Some(own) = own {
        chart.draw_series([Circle::new(at(own), 9, LOST.stroke_width(2))])?;
    }
    let mut labels: Vec<(usize, Vec<&str>)> = Vec::new();
    for (name, place) in picks.iter().flat_map(|picks| picks.named()) {
        match labels.iter_mut().find(|(other, _)| at(*other) == at(place)) {
            Some((_, names)) => names.push(name),
            None => labels.push((place, vec![name])),
        }
    }
    let spots: Vec<((i32, i32), String)> =
        labels.iter().map(|(place, names)| (chart.backend_coord(&at(*place)), names.join(", "))).collect();
    chart.draw_series(labels.iter().map(|(place, _)| Circle::new(at(*place), 6, RETRIED.stroke_width(3))))?;
    // Coordinates of the backend are of the whole picture.
    let (left, top) = body.get_base_pixel();
    for ((x, y), text) in apart(spots) {
        body.draw(&Text::new(text, (x - left, y - top), font(16).color(&RETRIED)))?;
    }
    Ok(())
}

/// Where labels go: right of their dots, or left where the picture ends, none over another.
fn apart(spots: Vec<((i32, i32), String)>) -> Vec<((i32, i32), String)> {
    let mut placed: Vec<((i32, i32), String)> = Vec::new();
    for ((x, y), text) in spots {
        let wide = chart::text_width(&text, 16);
        let x = if x + 12 + wide > chart::WIDTH as i32 { x - 12 - wide } else { x + 12 };
        let mut y = y - 9;
        let crosses = |y: i32, placed: &[((i32, i32), String)]| {
            placed
                .iter()
                .any(|((px, py), other)| (py - y).abs() < 18 && x < px + chart::text_width(other, 16) && *px < x + wide)
        };
        while crosses(y, &placed) {
            y += 3;
        }
        placed.push(((x, y), text));
    }
    placed
}

/// The radius of each dot of the front, by the third objective.
fn sizes(found: &Found<'_>) -> Vec<i32> {
    let Some(third) = found.wanted.objectives.get(2) else { return vec![4; found.searched.front.len()] };
    let values: Vec<f64> = found
        .searched
        .front
        .iter()
        .map(|place| found.searched.scored[*place].worst.get(third).unwrap_or(0.0))
        .collect();
    let (low, high) = values.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), v| (low.min(*v), high.max(*v)));
    let size = |value: &f64| 3 + (5.0 * (value - low) / (high - low).max(1e-9)).round() as i32;
    values.iter().map(size).collect()
}

fn scale(values: impl Iterator<Item = f64> + Clone, metric: &Metric) -> Scale {
    let measure = match metric.unit {
        Unit::Seconds => Measure::Seconds,
        Unit::Percent => Measure::Percent,
        _ => Measure::Number,
    };
    let high = values.clone().fold(0.0, f64::max);
    let low = values.filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
    if low.is_finite() && high / low > 20.0 {
        Scale::log(low / 1.2, high * 1.2, measure)
    } else {
        Scale::linear(0.0, if high > 0.0 { high * 1.08 } else { 1.0 }, measure)
    }
}

fn desc(metric: &Metric) -> String {
    format!("{}: {}", metric.name, metric.about)
}
