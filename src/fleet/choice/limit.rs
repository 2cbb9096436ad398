//! Takes a limit as it is written: `lost=0`, `peak_x<=5`, `lag_p99<90s`.
//! Gives [`Limit`], which a world keeps or breaks.
//! Never keeps a limit by a number that is not there.

use std::fmt;
use std::str::FromStr;

use super::metric::{Measured, Metric, Unit};

/// What a figure has to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Which figure.
    pub metric: &'static Metric,
    test: Test,
    value: f64,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    AtLeast,
    AtMost,
    Equal,
    Less,
    More,
}

impl Limit {
    /// Whether a world keeps it. What has no number keeps it only if nothing was lost: a lag that nobody had is no lag,
    /// and a lag that nobody lived to have is not short.
    pub fn is_kept(&self, measured: &Measured) -> bool {
        let Some(value) = measured.get(self.metric) else { return measured.lost_nothing() };
        match self.test {
            Test::AtLeast => value >= self.value,
            Test::AtMost => value <= self.value,
            Test::Equal => value == self.value,
            Test::Less => value < self.value,
            Test::More => value > self.value,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let signs =
            [("<=", Test::AtMost), (">=", Test::AtLeast), ("<", Test::Less), (">", Test::More), ("=", Test::Equal)];
        let found = signs.into_iter().find_map(|(sign, test)| Some((text.split_once(sign)?, test)));
        let Some(((name, value), test)) = found else {
            return Err(format!("{text} compares nothing; write for example lost=0 or peak_x<=5"));
        };
        let metric = Metric::named(name.trim())?;
        let value = number(metric, value.trim()).map_err(|error| format!("{name}: {error}"))?;
        Ok(Self { metric, test, value, text: text.split_whitespace().collect() })
    }
}

/// A number, for times also `90s` or `1m 30s`.
fn number(metric: &Metric, text: &str) -> Result<f64, String> {
    let plain = text.parse::<f64>().ok().filter(|value| value.is_finite());
    let time = || (metric.unit == Unit::Seconds).then(|| humantime::parse_duration(text).ok()).flatten();
    let number = plain.or_else(|| time().map(|time| time.as_secs_f64()));
    let example =
        if metric.unit == Unit::Seconds { "write seconds, or for example 90s" } else { "write for example 5" };
    number.ok_or_else(|| format!("`{text}` is no number; {example}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Figures, GroupFigures, Peak, World};

    fn measured(lost: u64, peak: u64) -> Measured {
        let peak_1s = Peak { count: peak, at: 0 };
        let total = GroupFigures { published: 100, delivered: 100 - lost, lost, peak_1s, ..GroupFigures::default() };
        Measured::of(&World::sample(), &Figures { total, ..Figures::default() })
    }

    #[track_caller]
    fn check(limit: &str, kept: [bool; 3]) {
        let limit: Limit = limit.parse().expect(limit);
        let worlds = [measured(0, 5), measured(1, 6), measured(2, 7)];
        assert_eq!(worlds.map(|world| limit.is_kept(&world)), kept, "{limit}");
    }

    #[test]
    fn limits_say_what_they_say() {
        check("lost=0", [true, false, false]);
        check("peak_1s <= 6", [true, true, false]);
        check("peak_1s<6", [true, false, false]);
        check("peak_1s>=6", [false, true, true]);
        check("peak_1s > 6", [false, false, true]);
        check("undelivered_pct<=1", [true, true, false]);
    }

    #[test]
    fn a_lag_that_nobody_had_is_short_only_if_nothing_was_lost() {
        check("lag_p99<=1m", [true, false, false]);
    }

    #[track_caller]
    fn check_refused(limit: &str, expected: &str) {
        let refused = limit.parse::<Limit>().expect_err(limit);
        assert!(refused.starts_with(expected), "{refused}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        check_refused("lost", "lost compares nothing; write for example lost=0 or peak_x<=5");
        check_refused("lostt=0", "no such figure: lostt; did you mean lost?; there are delivered, undelivered");
        check_refused("peak_x<=5s", "peak_x: `5s` is no number; write for example 5");
        check_refused("lag_p99<=soon", "lag_p99: `soon` is no number; write seconds, or for example 90s");
        check_refused("lost=NaN", "lost: `NaN` is no number");
        assert_eq!("lag_p99 <= 1m 30s".parse::<Limit>().map(|limit| limit.value), Ok(90.0));
        assert_eq!("lag_p99_s<2".parse::<Limit>().map(|limit| limit.metric.name), Ok("lag_p99"));
    }
}
