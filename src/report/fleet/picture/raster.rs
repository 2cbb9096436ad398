//! Takes a sample of deliveries, of one run or of several.
//! Gives a line for each with a mark for every attempt, coloured by phase, the outages shaded.
//! Never shows two runs on different axes.

use std::cmp::Ordering;

use plotters::prelude::*;

use super::super::super::chart::{
    self, Area, DELIVERED, Drawn, KINDS, LONE, LOST, MARGIN, Measure, OUTAGE, Scale, colour, font, kind_name,
};
use super::focus::{focus, of_rows, seconds};
use super::{BELOW, LEFT, RIGHT, Run, name_of};
use crate::fleet::{Fate, Row};

pub(super) fn height(runs: &[Run<'_>]) -> u32 {
    let lanes: usize = runs.iter().map(|run| lanes(run, runs.len()).len().max(1) + 1).sum();
    LEGEND + lanes as u32 * LANE + BELOW
}

pub(super) fn draw(area: &Area<'_>, runs: &[Run<'_>]) -> Drawn {
    let lanes: Vec<Vec<&Row>> = runs.iter().map(|run| lanes(run, runs.len())).collect();
    let seen = |kind: &Option<_>| lanes.iter().flatten().flat_map(|row| &row.attempts).any(|(_, phase)| phase == kind);
    let phases = KINDS.into_iter().filter(seen).map(|kind| (kind_name(kind), colour(kind)));
    let ended = |good: bool| {
        let of = |row: &&&Row| {
            row.end.is_some_and(|(_, fate)| fate != Fate::Unfinished && (fate == Fate::Delivered) == good)
        };
        lanes.iter().flatten().any(|row| of(&row))
    };
    let outage = runs.iter().any(|run| !run.series.outages.is_empty());
    let others = [
        ended(true).then_some(("delivered", DELIVERED)),
        ended(false).then_some(("not delivered", LOST)),
        outage.then_some(("outage", OUTAGE)),
    ];
    chart::legend(area, LEFT as i32 + MARGIN, 0, phases.chain(others.into_iter().flatten()))?;
    let count: usize = lanes.iter().map(|lanes| lanes.len().max(1) + 1).sum();
    let span = of_rows(lanes.iter().flatten().copied()).unwrap_or_else(|| focus(runs));
    let span = runs.iter().flat_map(|run| &run.series.outages).fold(span, |span, (from, until)| {
        // An outage that touches what is shown is shown to its end.
        let (from, until) = (seconds(*from), seconds(*until));
        if from < span.1 && until > span.0 { (span.0.min(from), span.1.max(until)) } else { span }
    });
    let body = area.split_vertically(LEGEND).1;
    let pad = (span.1 - span.0).max(1.0) * 0.02;
    let time = Scale::linear((span.0 - pad).max(0.0), span.1 + pad, Measure::Seconds);
    let mut chart = ChartBuilder::on(&body)
        .margin_right(RIGHT)
        .margin_left(MARGIN)
        .x_label_area_size(BELOW)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(time, 0.0..count as f64)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .light_line_style(TRANSPARENT)
        .y_labels(0)
        .label_style(font(15))
        .x_desc("time since the start of the world")
        .axis_desc_style(font(15))
        .draw()?;
    let mut top = count as f64 - 0.5;
    let mut y = LANE as i32 / 2;
    for (run, lanes) in runs.iter().zip(&lanes) {
        let below = top - lanes.len().max(1) as f64;
        for (from, until) in &run.series.outages {
            let corners = [(seconds(*from), top), (seconds(*until), below)];
            chart.draw_series([Rectangle::new(corners, OUTAGE.mix(0.45).filled())])?;
        }
        body.draw(&Text::new(name_of(run.name), (MARGIN, y), font(14)))?;
        for (lane, row) in lanes.iter().enumerate() {
            let at = top - 0.5 - lane as f64;
            let last = row.attempts.last().map_or(row.posted, |(began, _)| *began);
            let end = row.end.map_or(last, |(at, _)| at.max(last));
            let line = PathElement::new([(seconds(row.posted), at), (seconds(end), at)], LONE.mix(0.5));
            chart.draw_series([line])?;
            chart.draw_series(row.attempts.iter().map(|(began, phase)| {
                let x = seconds(*began);
                PathElement::new([(x, at - 0.38), (x, at + 0.38)], colour(*phase).stroke_width(2))
            }))?;
            draw_end(&mut chart, row, at)?;
        }
        top = below - 1.0;
        y += (lanes.len().max(1) as i32 + 1) * LANE as i32;
    }
    Ok(())
}

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Scale, plotters::coord::types::RangedCoordf64>>;

fn draw_end(chart: &mut Chart<'_, '_>, row: &Row, y: f64) -> Drawn {
    match row.end {
        None | Some((_, Fate::Unfinished)) => Ok(()),
        Some((at, Fate::Delivered)) => {
            let star = |(x, y): (f64, f64)| EmptyElement::at((x, y)) + Polygon::new(star(6.0), DELIVERED.filled());
            chart.draw_series([star((seconds(at), y))]).map(drop)
        }
        Some((at, _)) => chart.draw_series([Cross::new((seconds(at), y), 4, LOST.stroke_width(2))]).map(drop),
    }
}

/// Five points around a place, in pixels.
fn star(size: f64) -> Vec<(i32, i32)> {
    let point = |number: i32| {
        let (angle, far) =
            (f64::from(number) * std::f64::consts::PI / 5.0, if number % 2 == 0 { size } else { size * 0.45 });
        ((far * angle.sin()).round() as i32, (-far * angle.cos()).round() as i32)
    };
    (0..10).map(point).collect()
}

/// The rows of a run that are shown: the more runs, the fewer of each, and evenly over those there are.
fn lanes<'r>(run: &Run<'r>, of: usize) -> Vec<&'r Row> {
    let rows = &run.series.rows;
    let most = (LANES / of.max(1)).max(3);
    let count = rows.len();
    match count.cmp(&most) {
        Ordering::Greater => (0..most).map(|lane| &rows[lane * (count - 1) / (most - 1)]).collect(),
        _ => rows.iter().collect(),
    }
}

const LANE: u32 = 15;
const LANES: usize = 24;
const LEGEND: u32 = 24;
