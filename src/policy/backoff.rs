//! Takes a function's name, a range of delays and the interval.
//! Gives [`Backoff`]: the delays of the backoff phase, one at a time.
//! Never builds the whole sequence: `maximum_delay` may be 2^63 - 1.

use crate::protocol::{Deviation, Deviations};

/// Seconds between two linear delays; the other functions divide their range by it to get their number of delays.
/// Source: commit, `LINEAR_INTERVAL`.
pub const INTERVAL_S: i64 = 5;

/// The four functions. Source: commit, in the order of its enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackoffFunction {
    /// m, m + t, m + 2t, ... while below M.
    Linear,
    /// Grows by a growing step: m + a(a-1)d/2.
    Arithmetic,
    /// Grows by a factor: m k^(a-1).
    Geometric,
    /// The same curve written as p k^a with p = m / k.
    Exponential,
}

impl BackoffFunction {
    /// Every function.
    pub const ALL: [Self; 4] = [Self::Linear, Self::Arithmetic, Self::Geometric, Self::Exponential];

    /// The value of `retry_backoff_function` that stands for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Arithmetic => "arithmetic",
            Self::Geometric => "geometric",
            Self::Exponential => "exponential",
        }
    }

    /// The function of that name; case matters.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }
}

/// Why a function has no delays for a range; spoken as the reference implementation's exception.
/// Observed: zaqar 23.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undefined {
    /// `minimum_delay` is 0 and the function divides by it.
    #[error("ZeroDivisionError: division by zero")]
    ZeroMinimum,
    /// The range is too short: n - 1, or n(n - 1), is 0.
    #[error("ZeroDivisionError: float division by zero")]
    ShortRange,
    /// The logarithm of a quotient that is not positive.
    #[error("ValueError: math domain error")]
    NegativeQuotient,
    /// A floating-point bound where a range of integers is wanted.
    #[error("TypeError: 'float' object cannot be interpreted as an integer")]
    FloatRange,
    /// An interval of 0 where the range is divided by it.
    #[error("ZeroDivisionError: division by zero")]
    ZeroInterval,
    /// An interval of 0 where it is the step from one delay to the next.
    #[error("ValueError: range() arg 3 must not be zero")]
    ZeroStep,
}

/// The delays of one backoff phase, in whole seconds. May be negative, as the formula says; the schedule decides then.
#[derive(Clone, Debug)]
pub struct Backoff {
    curve: Curve,
    next: i64,
    count: i64,
    exact: bool,
}

/// What computes the a-th delay, `a` from 1.
#[derive(Clone, Copy, Debug)]
enum Curve {
    Linear {
        minimum: i64,
        interval: i64,
    },
    Arithmetic {
        minimum: f64,
        d: f64,
    },
    Power {
        scale: f64,
        ratio: f64,
        exponent_shift: f64,
    },
    /// The formula's own value, each element from the bounds: no rounding piles up.
    Formula {
        minimum: f64,
        quotient: f64,
        steps: f64,
    },
}

/// A bound as stored: an integer, or the float 0.0, which passes the reference's validation because it is falsy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bound {
    pub(super) seconds: i64,
    pub(super) float: bool,
}

impl Backoff {
    /// The delays from `minimum_delay` to `maximum_delay` seconds, `interval` seconds apart; a negative one counts down.
    ///
    /// With [`Deviation::PowerBackoffOneSecondShort`] the elements equal CPython's on glibc bit for bit; `pow` and
    /// `log10` are the platform's own, as they are for the reference, so that promise holds on linux-gnu targets.
    ///
    /// # Errors
    /// [`Undefined`] where the formula has no value; which ranges those are depends on the deviations.
    ///
    /// ```
    /// use zaqarcheck::policy::{Backoff, BackoffFunction};
    /// use zaqarcheck::protocol::Deviations;
    /// let delays = Backoff::new(BackoffFunction::Geometric, 5, 30, 5, Deviations::NONE)?;
    /// assert_eq!(delays.collect::<Vec<_>>(), [5, 7, 12, 19, 30]);
    /// # Ok::<(), zaqarcheck::policy::Undefined>(())
    /// ```
    pub fn new(
        function: BackoffFunction,
        minimum_delay: i64,
        maximum_delay: i64,
        interval: i64,
        deviations: Deviations,
    ) -> Result<Self, Undefined> {
        let bound = |seconds| Bound { seconds, float: false };
        Self::between(function, bound(minimum_delay), bound(maximum_delay), interval, deviations)
    }

    pub(super) fn between(
        function: BackoffFunction,
        minimum: Bound,
        maximum: Bound,
        interval: i64,
        deviations: Deviations,
    ) -> Result<Self, Undefined> {
        match function {
            BackoffFunction::Linear if interval == 0 => Err(Undefined::ZeroStep),
            _ if interval == 0 => Err(Undefined::ZeroInterval),
            BackoffFunction::Linear if minimum.float || maximum.float => Err(Undefined::FloatRange),
            BackoffFunction::Linear => Ok(Self::linear(minimum.seconds, maximum.seconds, interval)),
            BackoffFunction::Arithmetic if deviations.has(Deviation::ArithmeticBackoffOneSecondShort) => {
                Self::arithmetic_in_floating_point(minimum, maximum, interval)
            }
            BackoffFunction::Arithmetic => Ok(Self::arithmetic(minimum, maximum, interval)),
            power if deviations.has(Deviation::PowerBackoffOneSecondShort) => {
                Self::power_in_floating_point(power, minimum, maximum, interval)
            }
            _ => Self::power(minimum, maximum, interval),
        }
    }

    /// m, m + t, ... below M. Source: commit; M itself is never a linear delay.
    fn linear(minimum: i64, maximum: i64, interval: i64) -> Self {
        let span = i128::from(maximum) - i128::from(minimum);
        let (whole, rest) = (span / i128::from(interval), span % i128::from(interval));
        let begun = i128::from(rest != 0 && (span > 0) == (interval > 0));
        let count = i64::try_from((whole + begun).max(0)).unwrap_or(i64::MAX);
        Self { curve: Curve::Linear { minimum, interval }, next: 1, count, exact: true }
    }

    /// The formula's own value: m + a(a-1)(M-m) / (n(n-1)).
    fn arithmetic(minimum: Bound, maximum: Bound, interval: i64) -> Self {
        let (m, span) = (minimum.seconds as f64, span(minimum, maximum));
        let count = elements(span, interval);
        let d = if count > 1 { 2.0 * span / (count as f64 * (count - 1) as f64) } else { 0.0 };
        Self { curve: Curve::Arithmetic { minimum: m, d }, next: 1, count, exact: true }
    }

    /// As [`Self::arithmetic`], truncated as it falls, undefined for fewer than two elements. Source: commit.
    fn arithmetic_in_floating_point(minimum: Bound, maximum: Bound, interval: i64) -> Result<Self, Undefined> {
        if matches!(elements(span(minimum, maximum), interval), 0 | 1) {
            return Err(Undefined::ShortRange);
        }
        Ok(Self { exact: false, ..Self::arithmetic(minimum, maximum, interval) })
    }

    /// The formula's own value: m (M/m)^((a-1)/(n-1)), which is what geometric and exponential both say.
    fn power(minimum: Bound, maximum: Bound, interval: i64) -> Result<Self, Undefined> {
        let quotient = quotient(minimum, maximum)?;
        let count = elements(span(minimum, maximum), interval);
        let curve = Curve::Formula { minimum: minimum.seconds as f64, quotient, steps: (count - 1).max(1) as f64 };
        Ok(Self { curve, next: 1, count, exact: true })
    }

    /// k = 10^(log10(M/m) / (n-1)); geometric m k^(a-1), exponential (m/k) k^a. Source: commit.
    fn power_in_floating_point(
        function: BackoffFunction,
        minimum: Bound,
        maximum: Bound,
        interval: i64,
    ) -> Result<Self, Undefined> {
        let logarithm = quotient(minimum, maximum)?.log10();
        let count = elements(span(minimum, maximum), interval);
        if count == 1 {
            return Err(Undefined::ShortRange);
        }
        let minimum = minimum.seconds as f64;
        let ratio = 10_f64.powf(logarithm / (count - 1) as f64);
        let curve = match function {
            BackoffFunction::Exponential => Curve::Power { scale: minimum / ratio, ratio, exponent_shift: 0.0 },
            _ => Curve::Power { scale: minimum, ratio, exponent_shift: -1.0 },
        };
        Ok(Self { curve, next: 1, count, exact: false })
    }

    fn value(&self, a: i64) -> i64 {
        let value = match self.curve {
            Curve::Linear { minimum, interval } => {
                let value = i128::from(minimum) + i128::from(a - 1) * i128::from(interval);
                return i64::try_from(value).unwrap_or(i64::MAX);
            }
            Curve::Arithmetic { minimum, d } => minimum + (a - 1) as f64 * a as f64 * d / 2.0,
            Curve::Power { scale, ratio, exponent_shift } => scale * ratio.powf(a as f64 + exponent_shift),
            Curve::Formula { minimum, quotient, steps } => minimum * quotient.powf((a - 1) as f64 / steps),
        };
        if self.exact { settle(value) } else { value as i64 }
    }
}

impl Iterator for Backoff {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        if self.next > self.count {
            return None;
        }
        let value = self.value(self.next);
        self.next += 1;
        Some(value)
    }
}

/// Truncates, counting a value within a millionth of an integer as that integer: what is left of a formula's own
/// value after floating point had its way with it.
fn settle(value: f64) -> i64 {
    let nearest = value.round();
    if (value - nearest).abs() <= 1e-6 { nearest as i64 } else { value as i64 }
}

fn span(minimum: Bound, maximum: Bound) -> f64 {
    (i128::from(maximum.seconds) - i128::from(minimum.seconds)) as f64
}

/// n, the number of elements: the span over the interval, truncated. May be negative.
fn elements(span: f64, interval: i64) -> i64 {
    (span / interval as f64) as i64
}

/// M / m, if it has a logarithm.
fn quotient(minimum: Bound, maximum: Bound) -> Result<f64, Undefined> {
    match minimum.seconds {
        0 if minimum.float => Err(Undefined::ShortRange),
        0 => Err(Undefined::ZeroMinimum),
        m => Some(maximum.seconds as f64 / m as f64).filter(|q| *q > 0.0).ok_or(Undefined::NegativeQuotient),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Profile;

    fn check(function: BackoffFunction, range: (i64, i64), documented: &[i64], zaqar: &[i64]) {
        for (profile, expected) in [(Profile::Documented, documented), (Profile::Zaqar23, zaqar)] {
            let delays = Backoff::new(function, range.0, range.1, INTERVAL_S, profile.deviations()).unwrap();
            assert_eq!(delays.collect::<Vec<_>>(), expected, "{} {range:?} {}", function.name(), profile.name());
        }
    }

    #[test]
    fn the_reference_lands_one_second_short_where_floating_point_says_so() {
        check(BackoffFunction::Geometric, (1, 11), &[1, 11], &[1, 10]);
        check(BackoffFunction::Exponential, (1, 11), &[1, 11], &[1, 10]);
        check(BackoffFunction::Arithmetic, (1, 11), &[1, 11], &[1, 11]);
    }

    #[test]
    fn linear_never_reaches_the_maximum() {
        check(BackoffFunction::Linear, (5, 30), &[5, 10, 15, 20, 25], &[5, 10, 15, 20, 25]);
        check(BackoffFunction::Linear, (1, 11), &[1, 6], &[1, 6]);
    }

    #[test]
    fn the_whole_range_of_integers_is_walked_without_overflow() {
        let mut delays = Backoff::new(BackoffFunction::Linear, i64::MIN, i64::MAX, 1, Deviations::NONE).unwrap();
        assert_eq!(delays.next(), Some(i64::MIN));
        let mut delays = Backoff::new(BackoffFunction::Geometric, 1, i64::MAX, 1, Deviations::NONE).unwrap();
        assert_eq!(delays.next(), Some(1));
    }
}
