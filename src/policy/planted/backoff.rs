//! Takes a backoff function and its range.
//! Gives the delays of a server that computes them wrongly.
//! Never what a right server computes: where no planted deviation applies it gives nothing.

use crate::policy::{Backoff, BackoffFunction, INTERVAL_S};
use crate::protocol::{Deviation, Deviations};

/// Delays beyond this many are not looked at: no scenario waits for so many.
const DELAYS_MAX: usize = 10_000;

/// The delays of the backoff phase, if a planted deviation changes them.
pub(in crate::policy) fn backoff(
    function: BackoffFunction,
    minimum: i64,
    maximum: i64,
    deviations: Deviations,
) -> Option<Vec<i64>> {
    use BackoffFunction::{Arithmetic, Exponential, Geometric, Linear};
    let by = |function, interval| -> Vec<i64> {
        let delays = Backoff::new(function, minimum, maximum, interval, Deviations::NONE);
        delays.map(|delays| delays.take(DELAYS_MAX).collect()).unwrap_or_default()
    };
    let right = || by(function, INTERVAL_S);
    let curve = |extra: i64, round: fn(f64) -> f64| curve(function, minimum, maximum, extra, round);
    let known = deviations.iter().filter_map(|deviation| {
        Some(match (deviation, function) {
            (Deviation::ArithmeticAddsUp, Arithmetic) => add_up(right()),
            (Deviation::ArithmeticIsLinear, Arithmetic) => by(Linear, INTERVAL_S),
            (Deviation::BackoffCountOneExtra, Arithmetic | Geometric | Exponential) => curve(1, f64::floor),
            (Deviation::BackoffCountOneShort, Arithmetic | Geometric | Exponential) => curve(-1, f64::floor),
            (Deviation::BackoffDescends, _) => right().into_iter().rev().collect(),
            (Deviation::BackoffIntervalOne, _) => by(function, 1),
            (Deviation::BackoffIntervalTen, _) => by(function, 10),
            (Deviation::BackoffLastMissing, _) => right().split_last().map(|(_, rest)| rest.to_vec())?,
            (Deviation::BackoffRoundsUp, Arithmetic | Geometric | Exponential) => curve(0, f64::ceil),
            (Deviation::BackoffStartsLate, _) => right().split_first().map(|(_, rest)| rest.to_vec())?,
            (Deviation::ExponentialDoubles, Exponential) => double(minimum, maximum),
            (Deviation::GeometricIsLinear, Geometric) => by(Linear, INTERVAL_S),
            (Deviation::LinearIncludesMaximum, Linear) if reaches(minimum, maximum) => {
                right().into_iter().chain([maximum]).collect()
            }
            (Deviation::LinearIsGeometric, Linear) => by(Geometric, INTERVAL_S),
            _ => return None,
        })
    });
    known.last()
}

fn add_up(delays: Vec<i64>) -> Vec<i64> {
    let sum = |total: &mut i64, delay| {
        *total = total.saturating_add(delay);
        Some(*total)
    };
    delays.into_iter().scan(0, sum).collect()
}

/// Whether the steps from the minimum hit the maximum.
fn reaches(minimum: i64, maximum: i64) -> bool {
    maximum >= minimum && (i128::from(maximum) - i128::from(minimum)) % i128::from(INTERVAL_S) == 0
}

/// m, 2m, 4m, ... while below M, then M.
fn double(minimum: i64, maximum: i64) -> Vec<i64> {
    let doubled = |delay: &i64| delay.checked_mul(2);
    let below = std::iter::successors(Some(minimum).filter(|delay| *delay > 0), doubled);
    below.take_while(|delay| *delay < maximum).chain([maximum]).collect()
}

/// The formulas of the functions that divide their range, with `extra` elements more and another rounding.
fn curve(function: BackoffFunction, minimum: i64, maximum: i64, extra: i64, round: fn(f64) -> f64) -> Vec<i64> {
    let (m, span) = (minimum as f64, maximum as f64 - minimum as f64);
    let count = (span / INTERVAL_S as f64) as i64 + extra;
    let steps = (count - 1).max(1) as f64;
    let value = |a: i64| match function {
        BackoffFunction::Arithmetic => m + a as f64 * (a + 1) as f64 * span / (steps * (steps + 1.0)),
        _ => m * (maximum as f64 / m).powf(a as f64 / steps),
    };
    // What floating point leaves over next to a whole second is not rounded up to the next.
    let settled = |value: f64| if (value - value.round()).abs() <= 1e-6 { value.round() } else { round(value) };
    (0..count).take(DELAYS_MAX).map(|a| settled(value(a)) as i64).collect()
}
