//! Takes a sweep.
//! Gives recovery lag and loss, one above the other, over the values of the field.
//! Never joins values that have no order: words stand beside each other.

use plotters::prelude::*;

use super::super::super::chart::{self, Area, Drawn, LONE, MARGIN, Measure, Scale, font};
use super::{BELOW, LEFT, RIGHT, name_of};
use crate::fleet::{Metric, Swept, Unit};

pub(super) const HEIGHT: u32 = 24 + UPPER + LOWER + BELOW;

pub(super) fn draw(area: &Area<'_>, swept: &Swept) -> Drawn {
    let (head, body) = area.split_vertically(24);
    let count = swept.lines.len();
    let names: Vec<_> =
        swept.lines.iter().enumerate().map(|(at, line)| (name_of(&line.name), curve(at, count))).collect();
    chart::legend(&head, LEFT as i32 + MARGIN, 0, names.iter().map(|(name, colour)| (name.as_str(), *colour)))?;
    let (upper, lower) = body.split_vertically(UPPER);
    draw_metric(&upper, swept, "lag_p99", "lag p99", false)?;
    draw_metric(&lower, swept, "undelivered_pct", "not delivered", true)
}

fn curve(place: usize, of: usize) -> RGBColor {
    if of == 1 { chart::FRESH } else { chart::curve(place, of) }
}

fn draw_metric(area: &Area<'_>, swept: &Swept, metric: &str, desc: &str, with_axis: bool) -> Drawn {
    let metric = Metric::named(metric).expect("it is one of them");
    let measure = match metric.unit {
        Unit::Seconds => Measure::Seconds,
        Unit::Percent => Measure::Percent,
        _ => Measure::Number,
    };
    let values = || swept.lines.iter().flat_map(|line| &line.points).filter_map(|point| point.get(metric));
    let most = values().fold(0.0, f64::max);
    let high = Scale::linear(0.0, if most > 0.0 { most * 1.1 } else { 1.0 }, measure).ticks(4);
    let words: Vec<String> = swept.settings.iter().map(|setting| setting.text()).collect();
    let has_order = swept.settings.iter().all(|setting| setting.number.is_some());
    let places: Vec<f64> =
        swept.settings.iter().enumerate().map(|(at, s)| s.number.filter(|_| has_order).unwrap_or(at as f64)).collect();
    let (low, top) =
        places.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, top), at| (low.min(*at), top.max(*at)));
    let is_time = swept.settings.iter().any(|setting| setting.is_time());
    let along = if is_time { Measure::Seconds } else { Measure::Number };
    let scale = match () {
        () if !has_order => Scale::linear(-0.5, words.len() as f64 - 0.5, Measure::Number),
        () if low > 0.0 && top / low > WIDE => Scale::log(low / 1.1, top * 1.1, along),
        () => Scale::linear(low, top, along),
    };
    let mut chart = ChartBuilder::on(area)
        .margin_right(RIGHT)
        .margin_left(MARGIN)
        .margin_bottom(if with_axis { 0 } else { 8 })
        .x_label_area_size(if with_axis { BELOW } else { 0 })
        .y_label_area_size(LEFT)
        .build_cartesian_2d(scale.clone(), high)?;
    let word = |at: &f64| {
        let near = (at - at.round()).abs() < 0.01 && *at > -0.1;
        near.then(|| words.get(at.round() as usize).cloned()).flatten().unwrap_or_default()
    };
    let number = |at: &f64| scale.label(*at);
    let mut mesh = chart.configure_mesh();
    mesh.light_line_style(TRANSPARENT).label_style(font(15)).y_desc(desc).axis_desc_style(font(15));
    if has_order {
        mesh.x_label_formatter(&number)
    } else {
        mesh.x_label_formatter(&word)
    };
    if with_axis {
        mesh.x_desc(swept.field.as_str());
    }
    mesh.draw()?;
    for (place, line) in swept.lines.iter().enumerate() {
        let colour = curve(place, swept.lines.len());
        let points: Vec<(f64, f64)> =
            places.iter().zip(&line.points).filter_map(|(at, point)| Some((*at, point.get(metric)?))).collect();
        if has_order {
            chart.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?;
        }
        chart.draw_series(points.into_iter().map(|point| Circle::new(point, 3, colour.filled())))?;
    }
    if most == 0.0 {
        let text = if metric.unit == Unit::Percent { "everything is delivered" } else { "nobody waits" };
        area.draw(&Text::new(text, (LEFT as i32 + MARGIN + 20, 20), font(15).color(&LONE)))?;
    }
    Ok(())
}

const UPPER: u32 = 220;
const LOWER: u32 = 150 + BELOW;
/// The largest value so many times the smallest, and the axis is logarithmic.
const WIDE: f64 = 20.0;
