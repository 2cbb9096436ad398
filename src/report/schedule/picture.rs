//! Takes timelines.
//! Gives a picture as SVG: when each attempt is, and below it how long each retry waits, all policies over each other.
//! Never draws more marks than the picture has columns.

use plotters::prelude::*;

use super::super::chart::{self, Area, DELIVERED, Drawn, MARGIN, OUTAGE, Scale, WIDTH, colour, font};
use super::raster::span_of;
use super::{KINDS, Named, heading, kind_name};
use crate::policy::Phase;
use crate::schedule::{Attempt, End};

/// The picture; `title` stands above it.
pub fn svg(title: &str, all: &[Named], outage_s: Option<u64>) -> String {
    let mut text = String::new();
    let lanes = (all.len() as u32).min(LANES_MAX) * LANE + LANES_REST;
    let area = SVGBackend::with_string(&mut text, (WIDTH, HEAD + lanes + CURVES)).into_drawing_area();
    let all = &all[..all.len().min(LANES_MAX as usize)];
    draw(&area, title, all, outage_s, lanes).expect("a String takes everything, and every coordinate is finite");
    drop(area);
    text
}

fn draw(area: &Area<'_>, title: &str, all: &[Named], outage_s: Option<u64>, lanes: u32) -> Drawn {
    area.fill(&WHITE)?;
    let (head, rest) = area.split_vertically(HEAD);
    let (upper, lower) = rest.split_vertically(lanes);
    head.draw(&Text::new(heading(title, TITLE_MAX), (MARGIN, 10), font(20)))?;
    legend(&head, all, outage_s)?;
    draw_lanes(&upper, all, outage_s)?;
    draw_curves(&lower, all)
}

/// What the colours of the marks mean.
fn legend(area: &Area<'_>, all: &[Named], outage_s: Option<u64>) -> Drawn {
    let seen = |kind: &Option<Phase>| all.iter().flat_map(|n| &n.timeline.attempts).any(|a| a.phase() == *kind);
    let phases = KINDS.into_iter().filter(seen).map(|kind| (kind_name(kind), colour(kind)));
    let delivered = all.iter().any(|named| matches!(named.timeline.end, End::Answered(200..=399)));
    let others = [delivered.then_some(("delivered", DELIVERED)), outage_s.map(|_| ("outage", OUTAGE))];
    chart::legend(area, MARGIN, 40, phases.chain(others.into_iter().flatten()))
}

/// A lane for each policy with a mark for each attempt.
fn draw_lanes(area: &Area<'_>, all: &[Named], outage_s: Option<u64>) -> Drawn {
    let span_s = span_of(all, outage_s);
    let lanes = all.len() as f64;
    let mut chart = ChartBuilder::on(area)
        .margin_right(24)
        .margin_left(MARGIN)
        .x_label_area_size(44)
        .y_label_area_size(NAMES)
        .build_cartesian_2d(Scale::seconds(span_s), 0.0..lanes)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .light_line_style(TRANSPARENT)
        .y_labels(0)
        .label_style(font(15))
        .x_desc("time since the first attempt")
        .axis_desc_style(font(15))
        .draw()?;
    if let Some(outage_s) = outage_s {
        let away = Rectangle::new([(0.0, 0.0), (outage_s as f64, lanes)], OUTAGE.mix(0.35).filled());
        chart.draw_series([away])?;
    }
    for (lane, named) in all.iter().enumerate() {
        let low = lanes - 1.0 - lane as f64;
        let marks = distinct(named, span_s).map(|attempt| {
            let x = attempt.at_s as f64;
            let style = colour(attempt.phase()).stroke_width(3);
            PathElement::new([(x, low + 0.15), (x, low + 0.85)], style)
        });
        chart.draw_series(marks)?;
        if matches!(named.timeline.end, End::Answered(200..=399)) {
            let x = named.timeline.span_s() as f64;
            chart.draw_series([Circle::new((x, low + 0.5), 7, DELIVERED.filled())])?;
        }
        let y = (LANE as usize * lane + LANE as usize / 2) as i32 - 8;
        area.draw(&Text::new(
            heading(&named.name, NAME_MAX),
            (MARGIN, y),
            font(15).color(&chart::curve(lane, all.len())),
        ))?;
    }
    Ok(())
}

/// One attempt of each column of the picture and phase.
fn distinct(named: &Named, span_s: u64) -> impl Iterator<Item = Attempt> {
    let mut last = None;
    named.timeline.attempts.iter().copied().filter(move |attempt| {
        let place = (super::raster::column(attempt.at_s, span_s, WIDTH as usize), attempt.phase());
        last.replace(place) != Some(place)
    })
}

/// The delay before each retry.
fn draw_curves(area: &Area<'_>, all: &[Named]) -> Drawn {
    let attempts = all.iter().map(|named| named.timeline.attempts.len()).max().unwrap_or_default().max(2);
    let delays = all.iter().flat_map(|named| &named.timeline.attempts).filter_map(|attempt| attempt.retry);
    let longest = delays.map(|retry| retry.delay_s).max().unwrap_or_default().max(1);
    let mut chart = ChartBuilder::on(area)
        .margin_right(24)
        .margin_left(MARGIN)
        .margin_top(12)
        .margin_bottom(12)
        .x_label_area_size(44)
        .y_label_area_size(NAMES)
        .build_cartesian_2d(0.5..attempts as f64 + 0.5, Scale::seconds(longest))?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&|number| format!("{number:.0}"))
        .label_style(font(15))
        .x_desc("attempt")
        .y_desc("delay before it")
        .axis_desc_style(font(15))
        .draw()?;
    for (place, named) in all.iter().enumerate() {
        let colour = chart::curve(place, all.len());
        let points = points(named);
        chart.draw_series(LineSeries::new(points.iter().map(|(point, _)| *point), colour.stroke_width(2)))?;
        chart
            .draw_series(points.iter().map(|(point, phase)| Circle::new(*point, 4, chart::colour(*phase).filled())))?;
    }
    Ok(())
}

/// The retries as points, thinned out to what can be told apart.
fn points(named: &Named) -> Vec<((f64, f64), Option<Phase>)> {
    let attempts = &named.timeline.attempts;
    let stride = attempts.len().div_ceil(POINTS_MAX).max(1);
    let delay = |attempt: &Attempt| attempt.retry.map(|retry| retry.delay_s as f64);
    let numbered = (1..).zip(attempts).skip(1).step_by(stride);
    numbered.filter_map(|(number, at)| Some(((f64::from(number), delay(at)?), at.phase()))).collect()
}

const HEAD: u32 = 66;
const LANE: u32 = 44;
const LANES_REST: u32 = 46;
const LANES_MAX: u32 = 24;
const CURVES: u32 = 320;
const NAMES: i32 = 170;
const NAME_MAX: usize = 22;
const TITLE_MAX: usize = 90;
const POINTS_MAX: usize = 500;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::png;
    use super::*;
    use crate::policy::Selected;
    use crate::protocol::Deviations;
    use crate::schedule::{Outcomes, Timeline};

    fn named(name: &str, policy: &serde_json::Value) -> Named {
        let selected = Selected::Policy(policy.as_object().expect("a policy is an object").clone());
        Named { name: name.into(), timeline: Timeline::draw(selected, &Outcomes::never(), Deviations::NONE) }
    }

    #[test]
    fn every_attempt_has_a_mark_and_every_policy_its_name() {
        let text =
            svg("a title", &[named("<first>", &json!({})), named("second", &json!({"maximum_delay": 60}))], Some(60));
        for word in ["a title", "&lt;first&gt;", "second", "post-backoff", "outage", "time since the first attempt"] {
            assert!(text.contains(word), "{word}");
        }
        // 14 and 21 retries, the first attempts and the immediate ones in one column each.
        let (short, long) = (14, named("second", &json!({"maximum_delay": 60})).timeline.retries());
        assert_eq!(text.matches("<circle").count(), short + long);
        assert_eq!(text.matches(r#"stroke-width="3""#).count(), (short - 2) + (long - 2) + 2);
    }

    #[test]
    fn the_largest_schedule_is_a_small_picture() {
        let huge = json!({"maximum_delay": i64::MAX, "retries_with_no_delay": i64::MAX});
        let far = json!({"minimum_delay": 1, "maximum_delay": i64::MAX, "retry_backoff_function": "geometric"});
        let all: Vec<Named> = (0..30).map(|_| named("far", &far)).chain([named("huge", &huge)]).collect();
        let text = svg("huge", &all, Some(u64::MAX));
        assert!(text.len() < 4_000_000, "{}", text.len());
    }

    #[test]
    fn a_png_has_the_same_bytes_each_time() {
        let text = svg("t", &[named("n", &json!({}))], None);
        let first = png(&text);
        assert!(first.starts_with(b"\x89PNG\r\n"));
        assert!(first == png(&text), "the same picture twice");
        // Without its text the picture would be another one: the font is there.
        assert!(first != png(&text.replace("immediate", "")), "text is drawn");
    }
}
