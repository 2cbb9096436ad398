//! Takes the workers of each step.
//! Gives how many are taken and asleep against how many there are, what waits, and what that costs healthy subscribers.
//! Never leaves the beginning out: workers fill up long before anybody notices.

use plotters::element::DashedPathElement;
use plotters::prelude::*;

use super::super::super::chart::{self, ASLEEP, Area, Drawn, FRESH, LOST, MARGIN, Measure, Scale, font};
use super::focus::{Column, columns, seconds, whole};
use super::{BELOW, LEFT, RIGHT, Run, names};
use crate::fleet::Step;

pub(super) fn height(runs: &[Run<'_>]) -> u32 {
    24 + WORKERS + LOWER + BELOW + if any_healthy(runs) { LOWER + BELOW } else { 0 }
}

pub(super) fn draw(area: &Area<'_>, runs: &[Run<'_>]) -> Drawn {
    let (head, body) = area.split_vertically(24);
    match runs {
        [_] => chart::legend(&head, LEFT as i32 + MARGIN, 0, [("sending", FRESH), ("asleep", ASLEEP)].into_iter())?,
        runs => names(&head, 0, runs)?,
    }
    let (upper, rest) = body.split_vertically(WORKERS);
    draw_workers(&upper, runs)?;
    let (middle, lower) = rest.split_vertically(LOWER + BELOW);
    let waiting = |step: &Step| Some(step.waiting as f64);
    draw_line(&middle, runs, "posts waiting", Measure::Number, &waiting)?;
    if any_healthy(runs) {
        let latency = |step: &Step| step.healthy_latency.map(seconds);
        draw_line(&lower, runs, "healthy latency", Measure::Seconds, &latency)?;
    }
    Ok(())
}

fn any_healthy(runs: &[Run<'_>]) -> bool {
    runs.iter().flat_map(|run| &run.series.steps).any(|step| step.healthy_latency.is_some())
}

fn draw_workers(area: &Area<'_>, runs: &[Run<'_>]) -> Drawn {
    let span = whole(runs);
    let shown: Vec<Vec<Column>> = runs.iter().map(|run| columns(run.series, span, |step| step.busy)).collect();
    let most = shown.iter().flatten().map(|column| column.step.busy).fold(1.0, f64::max);
    let places = runs.iter().filter_map(|run| run.series.workers).max().map(f64::from);
    // With far more workers than are ever taken, the line would flatten the rest.
    let places = places.filter(|places| *places <= 4.0 * most);
    let top = places.unwrap_or(0.0).max(most) * 1.1;
    let mut chart = ChartBuilder::on(area)
        .margin_right(RIGHT)
        .margin_left(MARGIN)
        .margin_bottom(6)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(
            Scale::linear(span.0, span.1, Measure::Seconds),
            Scale::linear(0.0, top, Measure::Number).ticks(4),
        )?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .label_style(font(15))
        .y_desc("workers taken")
        .axis_desc_style(font(15))
        .draw()?;
    if let [shown] = shown.as_slice() {
        let bar = |column: &Column, low: f64, high: f64, colour: RGBColor| {
            Rectangle::new([(column.from, low), (column.until.min(span.1), high)], colour.filled())
        };
        let taken = || shown.iter().filter(|column| column.step.busy > 0.0);
        chart.draw_series(taken().map(|c| bar(c, 0.0, c.step.asleep, ASLEEP)))?;
        chart.draw_series(taken().map(|c| bar(c, c.step.asleep, c.step.busy, FRESH)))?;
    } else {
        for (place, shown) in shown.iter().enumerate() {
            let points = shown.iter().map(|c| (f64::midpoint(c.from, c.until), c.step.busy));
            chart.draw_series(LineSeries::new(points, chart::curve(place, runs.len()).stroke_width(2)))?;
        }
    }
    if let Some(places) = places {
        chart.draw_series([DashedPathElement::new(
            [(span.0, places), (span.1, places)],
            8,
            4,
            LOST.stroke_width(2),
        )])?;
        let label = format!("all {places} taken");
        let wide = f64::from(chart::text_width(&label, 14)) / 850.0 * (span.1 - span.0);
        chart.draw_series([Text::new(label, (span.1 - wide, places * 0.97), font(14).color(&LOST))])?;
    }
    Ok(())
}

fn draw_line(
    area: &Area<'_>,
    runs: &[Run<'_>],
    desc: &str,
    measure: Measure,
    of: &dyn Fn(&Step) -> Option<f64>,
) -> Drawn {
    let span = whole(runs);
    let value = |step: &Step| of(step).unwrap_or(0.0);
    let shown: Vec<Vec<Column>> = runs.iter().map(|run| columns(run.series, span, value)).collect();
    let most = shown.iter().flatten().map(|column| value(&column.step)).fold(0.0, f64::max);
    let top = if most > 0.0 { most * 1.1 } else { 1.0 };
    let mut chart = ChartBuilder::on(area)
        .margin_right(RIGHT)
        .margin_left(MARGIN)
        .x_label_area_size(BELOW)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(
            Scale::linear(span.0, span.1, Measure::Seconds),
            Scale::linear(0.0, top, measure).ticks(4),
        )?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .label_style(font(15))
        .x_desc("time since the start of the world")
        .y_desc(desc)
        .axis_desc_style(font(15))
        .draw()?;
    for (place, shown) in shown.iter().enumerate() {
        let colour = if runs.len() == 1 { FRESH } else { chart::curve(place, runs.len()) };
        let points = shown.iter().filter_map(|c| Some((f64::midpoint(c.from, c.until), of(&c.step)?)));
        chart.draw_series(LineSeries::new(points, colour.stroke_width(2)))?;
    }
    Ok(())
}

const WORKERS: u32 = 190;
const LOWER: u32 = 120;
