//! Takes how latency is spread.
//! Gives the part of all deliveries that had succeeded by then, over a logarithmic axis, with quantiles beside the names.
//! Never lets what was lost count as fast: the curve ends below the top by as much.

use plotters::prelude::*;

use super::super::super::chart::{self, Area, Drawn, FRESH, LOST, MARGIN, Measure, OUTAGE, Scale, font};
use super::focus::seconds;
use super::{BELOW, LEFT, RIGHT, Run, name_of};
use crate::fleet::{Series, Spread};

pub(super) fn height(runs: &[Run<'_>]) -> u32 {
    legend_height(runs) + CURVES + BELOW
}

fn legend_height(runs: &[Run<'_>]) -> u32 {
    20 * (runs.len() as u32 + 1) + 4
}

pub(super) fn draw(area: &Area<'_>, runs: &[Run<'_>]) -> Drawn {
    let (head, body) = area.split_vertically(legend_height(runs));
    draw_table(&head, runs)?;
    let values = || runs.iter().flat_map(|run| run.series.latency.cumulative()).map(|(value, _)| seconds(value));
    let low = values().fold(f64::INFINITY, f64::min).clamp(MILLISECOND, 1e9);
    let high = values().fold(low * 10.0, f64::max);
    let scale = Scale::log(low / 1.5, high * 1.5, Measure::Seconds);
    let mut chart = ChartBuilder::on(&body)
        .margin_right(RIGHT)
        .margin_left(MARGIN)
        .x_label_area_size(BELOW)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(scale, Scale::linear(0.0, 100.0, Measure::Percent).ticks(5))?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .label_style(font(15))
        .x_desc("from post to success, log")
        .y_desc("of all deliveries")
        .axis_desc_style(font(15))
        .draw()?;
    if let [run] = runs
        && missing(run.series) > 0.0
    {
        let reached = 100.0 - missing(run.series);
        let gap = Rectangle::new([(low / 1.5, reached), (high * 1.5, 100.0)], OUTAGE.mix(0.35).filled());
        chart.draw_series([gap])?;
    }
    for (place, run) in runs.iter().enumerate() {
        let colour = if runs.len() == 1 { FRESH } else { chart::curve(place, runs.len()) };
        let reached = 100.0 - missing(run.series);
        let points = curve(run.series).into_iter().chain([(high * 1.5, reached)]);
        chart.draw_series(LineSeries::new(points, colour.stroke_width(2)))?;
    }
    Ok(())
}

/// The names and their quantiles, as a table.
fn draw_table(area: &Area<'_>, runs: &[Run<'_>]) -> Drawn {
    let left = LEFT as i32 + MARGIN;
    let column = |number: usize| left + 200 + 92 * number as i32;
    let dim = font(14).color(&chart::LONE);
    for (number, (name, _)) in QUANTILES.iter().enumerate() {
        area.draw(&Text::new(*name, (column(number), 0), dim.clone()))?;
    }
    area.draw(&Text::new("never delivered", (column(QUANTILES.len()), 0), dim))?;
    for (place, run) in runs.iter().enumerate() {
        let y = 20 * (place as i32 + 1);
        let colour = if runs.len() == 1 { FRESH } else { chart::curve(place, runs.len()) };
        area.draw(&Rectangle::new([(left, y + 2), (left + 12, y + 14)], colour.filled()))?;
        area.draw(&Text::new(name_of(run.name), (left + 18, y), font(15)))?;
        for (number, (_, thousandths)) in QUANTILES.iter().enumerate() {
            let value = run.series.latency.quantile(*thousandths);
            let text = value.map_or_else(|| "-".to_owned(), |value| short(seconds(value)));
            area.draw(&Text::new(text, (column(number), y), font(15)))?;
        }
        let missing = missing(run.series);
        let style = if missing > 0.0 { font(15).color(&LOST) } else { font(15) };
        area.draw(&Text::new(percent(missing), (column(QUANTILES.len()), y), style))?;
    }
    Ok(())
}

/// What never arrived, or not by the horizon, in per cent.
fn missing(series: &Series) -> f64 {
    match series.published {
        0 => 0.0,
        published => 100.0 * (published - series.latency.count()) as f64 / published as f64,
    }
}

/// Seconds and per cent reached; steps, as the part stays until the next success.
fn curve(series: &Series) -> Vec<(f64, f64)> {
    let points: Vec<(u64, u64)> = series.latency.cumulative().collect();
    let stride = points.len().div_ceil(POINTS_MAX).max(1);
    let part = |below: u64| 100.0 * below as f64 / series.published.max(1) as f64;
    let (mut curve, mut reached) = (Vec::new(), 0.0);
    let last = points.len().saturating_sub(1);
    for (value, below) in points.iter().enumerate().filter(|(at, _)| at % stride == 0 || *at == last).map(|(_, p)| *p) {
        curve.push((seconds(value), reached));
        reached = part(below);
        curve.push((seconds(value), reached));
    }
    curve
}

/// Three digits, with the unit that suits.
fn short(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 1.0 => (s * 1e3, "ms"),
        s if s < 600.0 => (s, "s"),
        s if s < 36_000.0 => (s / 60.0, "min"),
        s => (s / 3_600.0, "h"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {unit}")
}

fn percent(value: f64) -> String {
    if value > 0.0 && value < 0.01 { "< 0.01 %".into() } else { format!("{value:.2} %") }
}

impl Spread {
    /// The value that so many thousandths do not exceed, to three digits; none of no values.
    fn quantile(&self, thousandths: u64) -> Option<u64> {
        let rank = (u128::from(self.count()) * u128::from(thousandths)).div_ceil(1_000).max(1) as u64;
        self.cumulative().find(|(_, below)| *below >= rank).map(|(value, _)| value)
    }
}

const QUANTILES: [(&str, u64); 5] = [("p50", 500), ("p90", 900), ("p99", 990), ("p99.9", 999), ("max", 1_000)];
const CURVES: u32 = 260;
const POINTS_MAX: usize = 400;
const MILLISECOND: f64 = 0.001;
