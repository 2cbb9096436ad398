//! Takes a world and its figures.
//! Gives them as one JSON value, for programs.
//! Never changes the meaning of a key within a format: times are in seconds, and what is not known is null.

use serde_json::{Value, json as value};

use super::Outcome;
use super::words::{ratio, rules, seconds};
use crate::fleet::{GroupFigures, Peak, Quantiles};

/// The version of this output.
const FORMAT: u32 = 1;

/// The figures of a world.
pub fn json(outcome: &Outcome<'_>) -> Value {
    let Outcome { described, figures } = *outcome;
    let world = &described.world;
    value!({
        "format": FORMAT,
        "title": described.title,
        "seed": world.seed,
        "horizon_s": seconds(world.horizon),
        "rules": rules(world),
        "total": group(&figures.total),
        "groups": figures.groups.iter().map(group).collect::<Vec<_>>(),
        "healthy_p99_s": figures.healthy_p99.map(seconds),
        "occupancy": figures.occupancy,
        "saturation_rate_per_s": figures.saturation_rate,
        "max_backlog": figures.max_backlog,
        "max_at_risk": figures.max_at_risk,
        "notes": described.notes,
    })
}

fn group(group: &GroupFigures) -> Value {
    value!({
        "name": group.name,
        "published": group.published,
        "delivered": group.delivered,
        "rejected": group.rejected,
        "lost": group.lost,
        "collateral_lost": group.collateral_lost,
        "unfinished": group.unfinished,
        "attempts": group.attempts,
        "attempts_per_delivered": ratio(group.attempts, group.delivered),
        "wasted": group.wasted,
        "latency": quantiles(&group.latency),
        "recovery_lag": quantiles(&group.recovery_lag),
        "peak_1s": peak(group.peak_1s),
        "peak_10s": peak(group.peak_10s),
        "drain_s": group.drain.map(seconds),
        "recovered": group.recovered,
    })
}

/// Nothing but the count if nothing was measured.
fn quantiles(of: &Quantiles) -> Value {
    if of.count == 0 {
        return value!({"count": 0});
    }
    value!({
        "count": of.count,
        "mean_s": of.mean / 1e9,
        "p50_s": seconds(of.p50),
        "p90_s": seconds(of.p90),
        "p99_s": seconds(of.p99),
        "p999_s": seconds(of.p999),
        "max_s": seconds(of.max),
    })
}

fn peak(peak: Peak) -> Value {
    value!({"count": peak.count, "at_s": seconds(peak.at)})
}
