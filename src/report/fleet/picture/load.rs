//! Takes the requests of each step.
//! Gives first attempts and retries over each other, or of several runs a line each; where outages end; capacity.
//! Never hides a low rate below a high peak: where they are far apart the axis is logarithmic, and says so.

use std::collections::BTreeSet;

use plotters::element::DashedPathElement;
use plotters::prelude::*;

use super::super::super::chart::{self, Area, Drawn, FRESH, MARGIN, Measure, OUTAGE, RETRIED, Scale, font};
use super::focus::{Column, columns, focus, seconds, step_s};
use super::{BELOW, LEFT, RIGHT, Run, names};
use crate::fleet::{Nanos, Step};

pub(super) const HEIGHT: u32 = 24 + 230 + BELOW;

pub(super) fn draw(area: &Area<'_>, runs: &[Run<'_>]) -> Drawn {
    let (head, body) = area.split_vertically(24);
    match runs {
        [_] => {
            let parts = [("first attempts", FRESH), ("retries", RETRIED), ("outage", OUTAGE)];
            chart::legend(&head, LEFT as i32 + MARGIN, 0, parts.into_iter())?;
        }
        runs => names(&head, 0, runs)?,
    }
    let span = focus(runs);
    let per_s = |run: &Run<'_>, count: u64| count as f64 / step_s(run.series);
    let shown: Vec<Vec<Column>> = runs.iter().map(|run| columns(run.series, span, |step| total(step) as f64)).collect();
    let each = || {
        runs.iter().zip(&shown).flat_map(|(run, shown)| shown.iter().map(move |column| per_s(run, total(&column.step))))
    };
    let highest = each().fold(1.0, f64::max);
    let capacity = runs.iter().filter_map(|run| run.series.capacity_per_s).max().map(|capacity| capacity as f64);
    // A line far above everything would flatten the rest.
    let capacity = capacity.filter(|capacity| *capacity <= 2.0 * highest);
    let top = capacity.unwrap_or(0.0).max(highest) * 1.08;
    let usual = usual(each());
    let low = usual / 4.0;
    let (rate, log) = if highest > STEEP * usual {
        (Scale::log(low, top * 1.2, Measure::Number), true)
    } else {
        (Scale::linear(0.0, top, Measure::Number).ticks(5), false)
    };
    let mut chart = ChartBuilder::on(&body)
        .margin_right(RIGHT)
        .margin_left(MARGIN)
        .x_label_area_size(BELOW)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(Scale::linear(span.0, span.1, Measure::Seconds), rate.ticks(5))?;
    let desc = if log { "requests a second, log" } else { "requests a second" };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .label_style(font(15))
        .x_desc("time since the start of the world")
        .y_desc(desc)
        .axis_desc_style(font(15))
        .draw()?;
    let bottom = if log { low } else { 0.0 };
    let outages: BTreeSet<(Nanos, Nanos)> = runs.iter().flat_map(|run| run.series.outages.iter().copied()).collect();
    for (from, until) in &outages {
        let (from, until) = (seconds(*from).max(span.0), seconds(*until).min(span.1));
        if from < until {
            chart.draw_series([Rectangle::new([(from, bottom), (until, top * 1.2)], OUTAGE.mix(0.3).filled())])?;
        }
    }
    if let ([run], [shown]) = (runs, shown.as_slice()) {
        let bar = |column: &Column, from: u64, until: u64, colour: RGBColor| {
            let (low, high) = (per_s(run, from).max(bottom), per_s(run, until));
            Rectangle::new([(column.from, low), (column.until.min(span.1), high)], colour.filled())
        };
        let first = shown.iter().filter(|c| c.step.first > 0);
        chart.draw_series(first.map(|c| bar(c, 0, c.step.first, FRESH)))?;
        let retried = shown.iter().filter(|c| c.step.retries > 0);
        chart.draw_series(retried.map(|c| bar(c, c.step.first, total(&c.step), RETRIED)))?;
    } else {
        for (place, (run, shown)) in runs.iter().zip(&shown).enumerate() {
            let colour = chart::curve(place, runs.len());
            let points = shown.iter().map(|c| (f64::midpoint(c.from, c.until), per_s(run, total(&c.step)).max(bottom)));
            chart.draw_series(LineSeries::new(points, colour.stroke_width(2)))?;
        }
    }
    for (_, until) in &outages {
        let at = seconds(*until);
        if at < span.1 {
            chart.draw_series([DashedPathElement::new(
                [(at, bottom), (at, top * 1.2)],
                6,
                4,
                BLACK.stroke_width(1),
            )])?;
        }
    }
    if let Some(capacity) = capacity {
        let ends = [(span.0, capacity), (span.1, capacity)];
        chart.draw_series([DashedPathElement::new(ends, 8, 4, chart::LOST.stroke_width(2))])?;
        let label = format!("capacity {capacity}");
        chart.draw_series([Text::new(
            label,
            (span.0 + (span.1 - span.0) * 0.01, capacity),
            font(14).color(&chart::LOST),
        )])?;
    }
    Ok(())
}

const fn total(step: &Step) -> u64 {
    step.first + step.retries
}

/// The median of what is not nothing.
fn usual(rates: impl Iterator<Item = f64>) -> f64 {
    let mut rates: Vec<f64> = rates.filter(|rate| *rate > 0.0).collect();
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or(1.0)
}

/// So many times the usual rate, and the axis is logarithmic.
const STEEP: f64 = 25.0;
