//! Takes the policy that counts, and what comes of each attempt.
//! Gives every attempt of one delivery with its time, up to the one that ends it.
//! Never draws more retries than can be looked at.

use super::Outcomes;
use crate::model::attempt_failed;
use crate::policy::{Phase, Retry, Schedule, Selected, Stop};
use crate::protocol::{DeliveryOutcome, Deviations};

/// The most retries that are drawn for one delivery. Zaqar accepts policies with 2^63 of them.
pub const RETRIES_MAX: usize = 100_000;

/// One delivery, as if no attempt took any time itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// The attempts, the first one included.
    pub attempts: Vec<Attempt>,
    /// Why there are no more.
    pub end: End,
}

/// One attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What it retries after; nothing for the first one.
    pub retry: Option<Retry>,
    /// Seconds since the first attempt.
    pub at_s: u64,
}

impl Attempt {
    /// The phase it belongs to; nothing for the first one.
    pub fn phase(self) -> Option<Phase> {
        self.retry.map(|retry| retry.phase)
    }
}

/// Why a delivery has no further attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The subscriber answered with this status, and an answer is no failure.
    Answered(u16),
    /// More than [`RETRIES_MAX`] retries; the rest is not drawn.
    Cut,
    /// Every retry has failed: the message is lost.
    Exhausted,
    /// The reference implementation breaks off here, whatever the policy promises: the message is lost.
    Stopped(Stop),
}

impl Timeline {
    /// The delivery of one message.
    ///
    /// ```
    /// use zaqarcheck::policy::Selected;
    /// use zaqarcheck::protocol::Deviations;
    /// use zaqarcheck::schedule::{End, Timeline};
    /// let timeline = Timeline::draw(Selected::defaults(), &"fail*6,ok".parse().unwrap(), Deviations::NONE);
    /// assert_eq!((timeline.attempts.len(), timeline.span_s(), timeline.end), (7, 15, End::Answered(200)));
    /// ```
    pub fn draw(selected: Selected, outcomes: &Outcomes, deviations: Deviations) -> Self {
        let mut attempts = vec![Attempt { retry: None, at_s: 0 }];
        if let Some(status) = ended_by(outcomes.of(1), false, deviations) {
            return Self { attempts, end: End::Answered(status) };
        }
        let mut at_s = 0_u64;
        for retry in Schedule::new(selected, deviations) {
            let retry = match retry {
                Ok(_) if attempts.len() > RETRIES_MAX => return Self { attempts, end: End::Cut },
                Ok(retry) => retry,
                Err(stop) => return Self { attempts, end: End::Stopped(stop) },
            };
            at_s = at_s.saturating_add(retry.delay_s);
            attempts.push(Attempt { retry: Some(retry), at_s });
            if let Some(status) = ended_by(outcomes.of(attempts.len() as u64), true, deviations) {
                return Self { attempts, end: End::Answered(status) };
            }
        }
        Self { attempts, end: End::Exhausted }
    }

    /// From the first attempt to the last, in seconds.
    pub fn span_s(&self) -> u64 {
        self.attempts.last().map_or(0, |attempt| attempt.at_s)
    }

    /// How many retries there are.
    pub fn retries(&self) -> usize {
        self.attempts.len() - 1
    }

    /// How many retries belong to a phase.
    pub fn retries_of(&self, phase: Phase) -> usize {
        self.attempts.iter().filter(|attempt| attempt.phase() == Some(phase)).count()
    }

    /// The attempt that is the first one `seconds` or more after the first: what an outage of that length leaves to
    /// deliver the message.
    pub fn first_after(&self, seconds: u64) -> Option<(usize, Attempt)> {
        self.attempts.iter().copied().enumerate().find(|(_, attempt)| attempt.at_s >= seconds)
    }
}

/// The status that ends the delivery, if this outcome does.
fn ended_by(outcome: &DeliveryOutcome, retrying: bool, deviations: Deviations) -> Option<u16> {
    match outcome {
        DeliveryOutcome::Answered { status, .. } if !attempt_failed(outcome, retrying, deviations) => Some(*status),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::policy::Undefined;
    use crate::protocol::Profile;

    #[track_caller]
    fn check(policy: &Value, outcomes: &str, profile: Profile, expected: (usize, u64, End)) {
        let selected = Selected::Policy(policy.as_object().expect("a policy is an object").clone());
        let outcomes = outcomes.parse().expect("the outcomes are known");
        let timeline = Timeline::draw(selected, &outcomes, profile.deviations());
        assert_eq!((timeline.attempts.len(), timeline.span_s(), timeline.end), expected, "{policy} {outcomes:?}");
    }

    #[test]
    fn a_delivery_ends_where_a_server_ends_it() {
        for profile in Profile::ALL {
            check(&json!({}), "fail", profile, (15, 180, End::Exhausted));
            check(&json!({}), "404", profile, (1, 0, End::Answered(404)));
            check(&json!({}), "fail*6,ok", profile, (7, 15, End::Answered(200)));
        }
        // The two places in which the reference differs.
        check(&json!({}), "503,ok", Profile::Documented, (2, 0, End::Answered(200)));
        check(&json!({}), "503,ok", Profile::Zaqar23, (1, 0, End::Answered(503)));
        check(&json!({}), "fail,404*9,ok", Profile::Documented, (2, 0, End::Answered(404)));
        check(&json!({}), "fail,404*9,ok", Profile::Zaqar23, (11, 65, End::Answered(200)));
    }

    #[test]
    fn what_has_no_end_is_cut() {
        let endless = json!({"retries_with_no_delay": i64::MAX});
        check(&endless, "fail", Profile::Documented, (RETRIES_MAX + 1, 0, End::Cut));
        let long = json!({"minimum_delay": 0, "maximum_delay": i64::MAX, "minimum_delay_retries": 0, "retries_with_no_delay": 0});
        let span = 5 * (RETRIES_MAX as u64 - 1) * RETRIES_MAX as u64 / 2;
        check(&long, "fail", Profile::Documented, (RETRIES_MAX + 1, span, End::Cut));
    }

    #[test]
    fn the_reference_breaks_off() {
        let geometric = json!({"minimum_delay": 0, "retry_backoff_function": "geometric"});
        check(&geometric, "fail", Profile::Zaqar23, (7, 0, End::Stopped(Stop::Undefined(Undefined::ZeroMinimum))));
    }

    #[test]
    fn an_outage_ends_before_an_attempt_or_after_the_last() {
        let timeline = Timeline::draw(Selected::defaults(), &Outcomes::never(), Deviations::NONE);
        let after = |seconds| timeline.first_after(seconds).map(|(index, attempt)| (index + 1, attempt.at_s));
        assert_eq!(
            [0, 1, 100, 180, 181].map(after),
            [Some((1, 0)), Some((5, 5)), Some((13, 120)), Some((15, 180)), None]
        );
    }
}
