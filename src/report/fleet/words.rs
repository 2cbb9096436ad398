//! Takes times, parts and rates.
//! Gives them as people read them: three digits are enough.
//! Never hides that something is not known: a dash stands for it.

use crate::fleet::{Nanos, SECOND, Sender, World};
use crate::protocol::Profile;

/// `20 ms`, `1.25 s`, `1m 40s`.
pub(in crate::report) fn time(nanos: Nanos) -> String {
    let tenth = |nanos: Nanos, unit: Nanos, name: &str| {
        let (whole, rest) = (nanos / unit, nanos % unit);
        match whole {
            _ if rest == 0 => format!("{whole} {name}"),
            0..10 => format!("{:.2} {name}", nanos as f64 / unit as f64),
            10..100 => format!("{:.1} {name}", nanos as f64 / unit as f64),
            _ => format!("{:.0} {name}", nanos as f64 / unit as f64),
        }
    };
    match nanos {
        0 => "0 s".into(),
        1..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => tenth(nanos, 1_000, "us"),
        1_000_000..SECOND => tenth(nanos, 1_000_000, "ms"),
        SECOND..MINUTE => tenth(nanos, SECOND, "s"),
        _ => {
            let rounded = std::time::Duration::from_secs(nanos.saturating_add(SECOND / 2) / SECOND);
            humantime::format_duration(rounded).to_string()
        }
    }
}

/// The same, or a dash.
pub(super) fn maybe_time(nanos: Option<Nanos>) -> String {
    nanos.map_or_else(dash, time)
}

pub(super) fn dash() -> String {
    "-".into()
}

/// Seconds, as JSON and CSV have them.
pub(in crate::report) fn seconds(nanos: Nanos) -> f64 {
    nanos as f64 / SECOND as f64
}

/// `12.5 %`.
pub(super) fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

/// How many of one for one of the other, with two digits after the point.
pub(super) fn ratio(number: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| number as f64 / of as f64)
}

/// `1 delivery`, `2 deliveries`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Who sends, in a few words.
pub(super) fn sender(world: &World) -> String {
    let limits = |names: [(&str, Option<String>); 2]| {
        let named = names.into_iter().filter_map(|(name, value)| Some(format!(", {name} {}", value?)));
        named.collect::<String>()
    };
    match world.sender {
        Sender::Sleeping { workers, per_subscriber, timeout } => {
            let workers = workers.map_or_else(|| "any number of".to_owned(), |workers| workers.to_string());
            let rest =
                [("per subscriber", per_subscriber.map(|number| number.to_string())), ("timeout", timeout.map(time))];
            format!("{workers} sleeping workers{}", limits(rest))
        }
        Sender::Rescheduling { in_flight, per_subscriber, timeout } => {
            let places = in_flight.map_or_else(|| "any number of".to_owned(), |places| places.to_string());
            let rest =
                [("per subscriber", per_subscriber.map(|number| number.to_string())), ("timeout", timeout.map(time))];
            format!("rescheduling, {places} requests in flight{}", limits(rest))
        }
    }
}

/// Whose rules count.
pub(super) fn rules(world: &World) -> &'static str {
    let profile = Profile::ALL.into_iter().find(|profile| profile.deviations() == world.rules);
    profile.map_or("of its own", Profile::name)
}

const MINUTE: Nanos = 60 * SECOND;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        let times =
            [0, 7, 1_500, 20_000_000, 123_456_789, 1_250_000_000, 28_800_000_001, 100 * SECOND, 3_599_600_000_000];
        let shown = ["0 s", "7 ns", "1.50 us", "20 ms", "123 ms", "1.25 s", "28.8 s", "1m 40s", "1h"];
        assert_eq!(times.map(time), shown);
    }
}
