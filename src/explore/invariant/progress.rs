//! Takes each promised delivery.
//! Gives those that were never begun, that ended with retries left, or that did not reach a subscriber that had healed.
//! Never blames a server for connections that were refused: they leave no trace.

use super::super::kind::Kind;
use super::super::plan::HEALED;
use super::View;

pub(super) fn all_attempted(view: &View<'_>) -> Vec<String> {
    let never = view.deliveries().filter(|told| told.attempts.is_empty() && !told.hidden);
    never.map(|told| format!("{told}: never attempted")).collect()
}

pub(super) fn no_silent_end(view: &View<'_>) -> Vec<String> {
    let ended = view.deliveries().filter_map(|told| {
        let last = told.attempts.last().filter(|last| !told.hidden && view.failed(last))?;
        let (count, due) = (told.attempts.len(), told.promised.retries.len() + 1);
        let by = view.kind(last).name();
        (count < due).then(|| format!("{told}: ended after {count} of {due} attempts, the last one failed ({by})"))
    });
    ended.collect()
}

/// The one that heals fails a few times and never again: a schedule that is longer must reach it, and within its time,
/// which the rules about gaps see to.
pub(super) fn healed(view: &View<'_>) -> Vec<String> {
    let Some(script) = view.case.subscribers.get(HEALED) else { return Vec::new() };
    let (faults, last) = (script.iter().count() - 1, script.iter().last());
    if last.is_none_or(|last| Kind::of(last).fails()) {
        return Vec::new(); // A plan cut down may leave it broken.
    }
    let missed = view.deliveries().filter(|told| {
        let reachable = told.promised.subscriber == HEALED && told.promised.retries.len() >= faults;
        reachable && !told.attempts.iter().any(|attempt| !view.failed(attempt))
    });
    missed.map(|told| format!("{told}: it has healed and is not reached")).collect()
}
