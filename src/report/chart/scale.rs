//! Takes the ends of an axis and what is measured along it.
//! Gives where each value lies, and a few round ones with their names.
//! Never maps a value outside of the axis: what is beyond an end lies on it.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use super::axis;

/// What is measured along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Measure {
    Number,
    Percent,
    Seconds,
}

/// An axis.
#[derive(Clone, Debug)]
pub(in crate::report) struct Scale {
    low: f64,
    high: f64,
    log: bool,
    measure: Measure,
    ticks: usize,
}

impl Scale {
    /// From 0 to a little after this many seconds.
    pub(in crate::report) fn seconds(span_s: u64) -> Self {
        Self::linear(0.0, span_s as f64 * 1.03, Measure::Seconds)
    }

    /// Even steps.
    pub(in crate::report) fn linear(low: f64, high: f64, measure: Measure) -> Self {
        Self { low, high: if high > low { high } else { low + 1.0 }, log: false, measure, ticks: TICKS }
    }

    /// Each step a multiple of the one before; `low` is above 0.
    pub(in crate::report) fn log(low: f64, high: f64, measure: Measure) -> Self {
        let low = low.max(f64::MIN_POSITIVE);
        Self { low, high: if high > low { high } else { low * 10.0 }, log: true, measure, ticks: TICKS }
    }

    /// With at most so many names along it.
    pub(in crate::report) const fn ticks(mut self, ticks: usize) -> Self {
        self.ticks = ticks;
        self
    }

    /// How a value is written.
    pub(in crate::report) fn label(&self, value: f64) -> String {
        label(value, self.measure)
    }

    fn values(&self) -> Vec<f64> {
        if self.log {
            return thinned(decades(self.low, self.high, self.measure), self.ticks);
        }
        // Whole seconds have steps of their own.
        if self.measure == Measure::Seconds && self.high - self.low >= 2.0 {
            let span_s = (self.high - self.low) as u64;
            let step = axis::step(span_s, self.ticks as u64) as f64;
            let first = (self.low / step).ceil() * step;
            return (0..=self.ticks + 1).map(|count| first + count as f64 * step).filter(|v| *v <= self.high).collect();
        }
        let step = round_step((self.high - self.low) / self.ticks as f64);
        let first = (self.low / step).ceil() as i64;
        (0..=self.ticks as i64).map(|count| (first + count) as f64 * step).filter(|v| *v <= self.high).collect()
    }
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let value = value.clamp(self.low, self.high);
        let part = if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        limit.0 + (f64::from(limit.1 - limit.0) * part) as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.values()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Scale {
    fn format(value: &f64) -> String {
        label(*value, Measure::Number)
    }

    fn format_ext(&self, value: &f64) -> String {
        self.label(*value)
    }
}

/// The round number that is as large or larger.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let digit = [1.0, 2.0, 2.5, 5.0].into_iter().find(|digit| digit * power >= step * (1.0 - 1e-9)).unwrap_or(10.0);
    digit * power
}

/// Round values on a logarithmic axis, the roundest first to stay.
fn decades(low: f64, high: f64, measure: Measure) -> Vec<f64> {
    if measure == Measure::Seconds {
        return TIMES_S.into_iter().filter(|time| (low..=high).contains(time)).collect();
    }
    let powers = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let values = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
    values.filter(|value| (low..=high).contains(value)).collect()
}

/// Every second, or third, or so of too many values.
fn thinned(values: Vec<f64>, most: usize) -> Vec<f64> {
    let stride = values.len().div_ceil(most.max(1)).max(1);
    values.into_iter().step_by(stride).collect()
}

/// A value as an axis has it.
fn label(value: f64, measure: Measure) -> String {
    match measure {
        Measure::Seconds if value >= 1.0 && value.fract() == 0.0 => axis::short(value as u64),
        Measure::Seconds if value == 0.0 => "0s".into(),
        Measure::Seconds if value < 0.001 => format!("{}us", plain(value * 1e6)),
        Measure::Seconds if value < 1.0 => format!("{}ms", plain(value * 1e3)),
        Measure::Seconds => format!("{}s", plain(value)),
        Measure::Percent => format!("{} %", plain(value)),
        Measure::Number if value >= 1e6 => format!("{}M", plain(value / 1e6)),
        Measure::Number if value >= 1e4 => format!("{}k", plain(value / 1e3)),
        Measure::Number => plain(value),
    }
}

/// At most three digits after the point.
fn plain(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Round times, from a microsecond to years.
const TIMES_S: [f64; 22] = [
    1e-6, 1e-5, 1e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1_800.0, 3_600.0,
    10_800.0, 43_200.0, 86_400.0, 864_000.0,
];
const TICKS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(scale: &Scale, expected: &str) {
        let labels: Vec<String> = scale.values().into_iter().map(|value| scale.label(value)).collect();
        assert_eq!(labels.join(" | "), expected);
    }

    #[test]
    fn axes_have_round_numbers() {
        check(&Scale::linear(0.0, 13_000.0, Measure::Number).ticks(5), "0 | 5000 | 10k");
        check(&Scale::linear(0.0, 0.7, Measure::Number).ticks(4), "0 | 0.2 | 0.4 | 0.6");
        check(&Scale::linear(0.0, 100.0, Measure::Percent).ticks(5), "0 % | 20 % | 40 % | 60 % | 80 % | 100 %");
        check(&Scale::linear(95.0, 130.0, Measure::Seconds).ticks(5), "1m 40s | 1m 50s | 2m | 2m 10s");
        check(&Scale::linear(0.0, 0.5, Measure::Seconds).ticks(5), "0s | 100ms | 200ms | 300ms | 400ms | 500ms");
        check(&Scale::log(0.02, 300.0, Measure::Seconds), "30ms | 100ms | 300ms | 1s | 3s | 10s | 30s | 1m | 3m");
        check(&Scale::log(1.0, 100.0, Measure::Number), "1 | 2 | 5 | 10 | 20 | 50 | 100");
    }

    #[test]
    fn no_axis_is_crowded_or_endless() {
        for high in [0.0, 1e-9, 1.0, 2.0, 3.5, 61.0, 1e5, 1e9, 1e18, f64::MAX] {
            for measure in [Measure::Number, Measure::Percent, Measure::Seconds] {
                let linear = Scale::linear(0.0, high, measure).values().len();
                let log = Scale::log(1e-3, high, measure).values().len();
                assert!((1..=12).contains(&linear) && log <= 12, "{high} {measure:?}: {linear} {log}");
            }
        }
    }

    #[test]
    fn what_is_beyond_an_end_lies_on_it() {
        let scale = Scale::log(1.0, 100.0, Measure::Number);
        assert_eq!([0.0, 1.0, 10.0, 100.0, f64::INFINITY].map(|v| scale.map(&v, (0, 200))), [0, 0, 100, 200, 200]);
        let linear = Scale::linear(0.0, 4.0, Measure::Number);
        assert_eq!([-1.0, 1.0, 5.0].map(|value| linear.map(&value, (100, 0))), [100, 75, 0]);
    }
}
