//! Takes the attempts of each delivery and its schedule.
//! Gives the gaps that are shorter or longer than the policy's, and attempts that are out of turn.
//! Never computes a delay. Where connections were refused, a gap may be the sum of several delays.

use std::collections::BTreeSet;
use std::fmt;

use super::{Told, View};
use crate::judge::Attempt;
use crate::policy::Retry;
use crate::time::Duration;

/// How a gap compares with what the schedule allows there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Short,
    Long,
}

pub(super) fn none_too_short(view: &View<'_>) -> Vec<String> {
    wrong_gaps(view, Wrong::Short)
}

pub(super) fn none_too_long(view: &View<'_>) -> Vec<String> {
    wrong_gaps(view, Wrong::Long)
}

fn wrong_gaps(view: &View<'_>, wanted: Wrong) -> Vec<String> {
    let told = view.deliveries().filter_map(|told| {
        let found = first_wrong_gap(&told.promised.retries, told.attempts, told.hidden)?;
        (found.3 == wanted).then(|| tell_gap(&told, found))
    });
    told.collect()
}

/// Whose gap is wrong, and how.
pub(super) fn tell_gap(
    whose: &impl fmt::Display,
    (index, gap, delay, wrong): (usize, Duration, Duration, Wrong),
) -> String {
    let which = if wrong == Wrong::Short { "shorter" } else { "longer" };
    let (gap, delay) = (gap.as_secs_f64(), delay.as_secs_f64());
    format!("{whose}: {gap} s before attempt {}, {which} than {delay} s", index + 1)
}

/// The first gap that the schedule does not explain: the attempt after it, the gap, the delay that was due.
pub(super) fn first_wrong_gap(
    retries: &[Retry],
    attempts: &[&Attempt],
    hidden: bool,
) -> Option<(usize, Duration, Duration, Wrong)> {
    let mut places = BTreeSet::from_iter(if hidden { 0..retries.len() + 1 } else { 0..1 });
    for (index, gap) in gaps(attempts).enumerate() {
        let after = places.iter().flat_map(|place| reached(retries, *place, gap, hidden)).collect::<BTreeSet<_>>();
        if after.is_empty() {
            let delay = places.iter().filter_map(|place| retries.get(*place)).map(|retry| retry.delay()).min()?;
            let wrong = if gap < delay { Wrong::Short } else { Wrong::Long };
            return Some((index + 1, gap, delay, wrong));
        }
        places = after;
    }
    None
}

/// How many retries may have been used up after a gap that began when `place` had been.
fn reached(retries: &[Retry], place: usize, gap: Duration, hidden: bool) -> Vec<usize> {
    let mut waited = Duration::ZERO;
    let mut found = Vec::new();
    for (index, retry) in retries.iter().enumerate().skip(place) {
        waited += retry.delay();
        if waited == gap {
            found.push(index + 1);
        }
        if waited > gap || !hidden {
            break;
        }
    }
    found
}

fn gaps(attempts: &[&Attempt]) -> impl Iterator<Item = Duration> {
    attempts.windows(2).map(|pair| pair[1].arrived.since(pair[0].ended))
}

/// A schedule that was followed to its end, and is that of a policy which was not selected.
pub(super) fn selected_policy(view: &View<'_>) -> Vec<String> {
    let followed =
        |told: &Told<'_>, retries: &[Retry]| gaps(told.attempts).eq(retries.iter().map(|retry| retry.delay()));
    let told = view.deliveries().filter_map(|told| {
        let last = told.attempts.last()?;
        if told.hidden || !view.failed(last) || followed(&told, &told.promised.retries) {
            return None;
        }
        let (whose, _) = told.promised.rivals.iter().find(|(_, retries)| followed(&told, retries))?;
        Some(format!("{told}: the retries of {whose} policy, which is not the one selected at the post"))
    });
    told.collect()
}

/// The first message of a post goes out at once, each other when the one before it is done with.
pub(super) fn first_in_turn(view: &View<'_>) -> Vec<String> {
    let told = view.deliveries().filter_map(|told| {
        let first = told.attempts.first().filter(|_| !told.hidden)?;
        let before = told.promised.after.map(|index| view.told(&view.promise.deliveries[index]));
        let due = match before {
            None => told.promised.posted,
            Some(before) => before.attempts.last()?.ended,
        };
        let text = || format!("{told}: first attempt at {}, which was due at {due}", first.arrived);
        (first.arrived != due).then(text)
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Phase;

    #[track_caller]
    fn check(delays_s: &[u64], place: usize, gap_s: u64, hidden: bool, expected: &[usize]) {
        let retry = |delay_s: &u64| Retry { phase: Phase::Backoff, delay_s: *delay_s };
        let retries: Vec<Retry> = delays_s.iter().map(retry).collect();
        let found = reached(&retries, place, Duration::from_secs(gap_s), hidden);
        assert_eq!(found, expected, "{delays_s:?} from {place}, {gap_s} s");
    }

    #[test]
    fn a_gap_is_one_delay_unless_attempts_may_be_hidden() {
        check(&[0, 5, 10], 1, 5, false, &[2]);
        check(&[0, 5, 10], 1, 15, false, &[]);
        check(&[0, 5, 10], 1, 15, true, &[3]);
        check(&[0, 0, 5], 0, 0, true, &[1, 2]);
        check(&[0, 0, 5], 0, 4, true, &[]);
        check(&[5], 1, 5, true, &[]);
    }
}
