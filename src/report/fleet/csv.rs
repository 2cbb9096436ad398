//! Takes the figures of a world, and its series.
//! Gives them as CSV: a line for each group, a line for each second.
//! Never writes a number with a unit: the heading has it.

use super::words::seconds;
use super::{counts_of, times_of};
use crate::fleet::{Figures, Series};

/// A line for each step of the series: a second, or more where the horizon is long.
pub fn series_csv(series: &Series) -> String {
    let mut text = String::from(
        "at_s,first,retries,failed,delivered,undelivered,in_flight,backlog,busy_workers,sleeping_workers\n",
    );
    for (place, step) in (0..).zip(&series.steps) {
        let at_s = seconds(series.step * place);
        let line = format!(
            "{at_s},{},{},{},{},{},{},{},{:.6},{:.6}",
            step.first,
            step.retries,
            step.failed,
            step.delivered,
            step.undelivered,
            step.at_risk,
            step.waiting,
            step.busy,
            step.asleep
        );
        text += &line;
        text.push('\n');
    }
    text
}

/// A line for all deliveries, called nothing, and one for each group.
pub fn groups_csv(figures: &Figures) -> String {
    let mut text = String::from(
        "group,published,delivered,rejected,lost,collateral_lost,unfinished,attempts,wasted,\
         latency_p50_s,latency_p90_s,latency_p99_s,latency_p999_s,latency_max_s,\
         lag_p50_s,lag_p90_s,lag_p99_s,lag_max_s,peak_1s,peak_1s_at_s,peak_10s,peak_10s_at_s,drain_s,recovered\n",
    );
    for group in [&figures.total].into_iter().chain(&figures.groups) {
        text += &quoted(&group.name);
        counts_of(group).iter().for_each(|count| text += &format!(",{count}"));
        for time in times_of(group) {
            text += &format!(",{}", time.map(|time| seconds(time).to_string()).unwrap_or_default());
        }
        for peak in [group.peak_1s, group.peak_10s] {
            text += &format!(",{},{}", peak.count, seconds(peak.at));
        }
        let drain = group.drain.map(|drain| seconds(drain).to_string()).unwrap_or_default();
        let recovered = group.recovered.map(|recovered| recovered.to_string()).unwrap_or_default();
        text += &format!(",{drain},{recovered}\n");
    }
    text
}

/// A field, in quotes if it needs them. Source: RFC 4180.
pub(super) fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(["a", "a,b", "a\"b"].map(quoted), ["a", "\"a,b\"", "\"a\"\"b\""]);
    }
}
