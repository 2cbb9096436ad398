//! Takes a policy.
//! Gives what its schedule alone says: how many attempts, how long, how far apart.
//! Never draws jitter: these are the delays of the policy.

use crate::fleet::world::Policy;
use crate::protocol::Deviations;
use crate::schedule::{Outcomes, Timeline};

/// What a schedule looks like if every attempt fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The first attempt and all retries; at most [`RETRIES_MAX`](crate::schedule::RETRIES_MAX) and one.
    pub attempts: usize,
    /// From the first to the last, in seconds: the longest outage that no message is lost in.
    pub span_s: u64,
    /// The longest delay.
    pub gap_max_s: u64,
}

impl Shape {
    /// Of a policy under these rules.
    pub fn of(policy: &Policy, rules: Deviations) -> Self {
        Self::drawn(&Timeline::draw(policy.selected.clone(), &Outcomes::never(), rules))
    }

    /// Of a timeline without success.
    pub(super) fn drawn(timeline: &Timeline) -> Self {
        let delays = timeline.attempts.iter().filter_map(|attempt| attempt.retry).map(|retry| retry.delay_s);
        let gap_max_s = delays.max().unwrap_or(0);
        Self { attempts: timeline.attempts.len(), span_s: timeline.span_s(), gap_max_s }
    }
}
