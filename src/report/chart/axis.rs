//! Takes a span of seconds.
//! Gives round times to write under an axis, and times in words short enough for them.
//! Never overflows: a span may have 2^64 seconds.

use std::time::Duration;

/// Steps that people count in, in seconds, up to a day.
const STEPS_S: [u64; 16] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200];
const DAY_S: u64 = 86_400;

/// Multiples of a round step from 0 to `span_s`, at most `ticks` of them after 0.
pub(in crate::report) fn ticks(span_s: u64, ticks: usize) -> Vec<u64> {
    let step = step(span_s, ticks.max(1) as u64);
    (0..=span_s / step).map(|count| count * step).collect()
}

/// The round step of which a span has at most so many.
pub(in crate::report) fn step(span_s: u64, ticks: u64) -> u64 {
    let enough = |step: &u64| span_s / step <= ticks;
    let days = (0..20).flat_map(|power| [1, 2, 5].map(|digit| 10_u64.saturating_pow(power).saturating_mul(digit)));
    let long = days.map(|days| days.saturating_mul(DAY_S));
    STEPS_S.into_iter().chain(long).find(enough).unwrap_or(u64::MAX)
}

/// `90 s` is `1m 30s`; of a time of many years, the years.
pub(in crate::report) fn short(seconds: u64) -> String {
    let text = humantime::format_duration(Duration::from_secs(seconds)).to_string();
    if seconds < 1_000 * DAY_S { text } else { text.split(' ').next().unwrap_or_default().to_owned() }
}

/// `1:02:03`.
pub(in crate::report) fn clock(seconds: u64) -> String {
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(span_s: u64, expected: &[u64]) {
        assert_eq!(ticks(span_s, 6), expected, "{span_s}");
    }

    #[test]
    fn ticks_are_round_and_few() {
        check(0, &[0]);
        check(5, &[0, 1, 2, 3, 4, 5]);
        check(180, &[0, 30, 60, 90, 120, 150, 180]);
        check(100_000, &[0, 21_600, 43_200, 64_800, 86_400]);
        for span_s in [u64::MAX, u64::MAX / 3, 1 << 40, 86_400 * 7] {
            assert!((2..=7).contains(&ticks(span_s, 6).len()), "{span_s}");
        }
    }

    #[test]
    fn times_are_short() {
        assert_eq!([0, 59, 90, 3_600, 180].map(short), ["0s", "59s", "1m 30s", "1h", "3m"]);
        assert_eq!(short(u64::MAX), "584542046090years");
        assert_eq!(clock(3_723), "1:02:03");
    }
}
