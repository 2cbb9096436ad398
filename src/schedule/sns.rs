//! Takes a delivery policy of AWS SNS.
//! Gives its delays under a named set of formulas, and its limits.
//! Never claims that AWS computes like this: it publishes a drawing of four curves, no formula.

use serde::{Deserialize, Serialize};

use crate::policy::BackoffFunction;

/// The most retries. Source: AWS SNS, "Amazon SNS message delivery retries".
pub(super) const RETRIES_MAX: usize = 100;
/// The longest a policy may last. Source: as above.
pub(super) const SPAN_MAX_S: u64 = 3_600;
/// The longest delay. Source: as above.
pub(super) const DELAY_MAX_S: u64 = 3_600;
/// The shortest delay outside the immediate phase. Source: as above.
pub(super) const DELAY_MIN_S: u64 = 1;
/// Whose formulas stand in for the ones that AWS does not publish.
pub const FORMULAS: &str = "those of Comcast CMB, an open implementation of the SNS policy";

/// `healthyRetryPolicy`. Source: AWS SNS, "Creating an HTTP/S delivery policy"; defaults as there.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HealthyRetryPolicy {
    /// Seconds before a retry of the pre-backoff phase, where backoff starts.
    pub min_delay_target: u64,
    /// Seconds before a retry of the post-backoff phase, where backoff ends.
    pub max_delay_target: u64,
    /// All retries together; what the other counts leave belongs to backoff.
    pub num_retries: u64,
    /// Retries at once.
    pub num_no_delay_retries: u64,
    /// Retries of the pre-backoff phase.
    pub num_min_delay_retries: u64,
    /// Retries of the post-backoff phase.
    pub num_max_delay_retries: u64,
    /// The name of the function; Zaqar has taken its four names from here.
    pub backoff_function: String,
}

impl Default for HealthyRetryPolicy {
    fn default() -> Self {
        Self {
            min_delay_target: 20,
            max_delay_target: 20,
            num_retries: 3,
            num_no_delay_retries: 0,
            num_min_delay_retries: 0,
            num_max_delay_retries: 0,
            backoff_function: "linear".into(),
        }
    }
}

impl HealthyRetryPolicy {
    /// The retries that are left for backoff.
    pub fn backoff_retries(&self) -> u64 {
        self.num_retries.saturating_sub(self.other_retries())
    }

    fn other_retries(&self) -> u64 {
        let counts = [self.num_no_delay_retries, self.num_min_delay_retries, self.num_max_delay_retries];
        counts.into_iter().fold(0, u64::saturating_add)
    }

    /// What AWS would refuse, the key first.
    pub fn mistakes(&self) -> Vec<(&'static str, String)> {
        let delay = |name, value: u64| {
            let message = format!("{value} is outside {DELAY_MIN_S} to {DELAY_MAX_S} seconds");
            (!(DELAY_MIN_S..=DELAY_MAX_S).contains(&value)).then_some((name, message))
        };
        let count = |name, value: u64| {
            (value > RETRIES_MAX as u64).then(|| (name, format!("{value} retries, at most {RETRIES_MAX}")))
        };
        let mut mistakes: Vec<_> = [
            delay("minDelayTarget", self.min_delay_target),
            delay("maxDelayTarget", self.max_delay_target),
            count("numRetries", self.num_retries),
            count("numNoDelayRetries", self.num_no_delay_retries),
            count("numMinDelayRetries", self.num_min_delay_retries),
            count("numMaxDelayRetries", self.num_max_delay_retries),
        ]
        .into_iter()
        .flatten()
        .collect();
        if BackoffFunction::named(&self.backoff_function).is_none() {
            let names = BackoffFunction::ALL.map(BackoffFunction::name);
            let hint = crate::spelling::hint(&self.backoff_function, names);
            mistakes.push(("backoffFunction", format!("no such function; there are {}{hint}", names.join(", "))));
        }
        if mistakes.is_empty() {
            mistakes.extend(self.contradictions());
        }
        mistakes
    }

    /// What is wrong with values that are right by themselves.
    fn contradictions(&self) -> Vec<(&'static str, String)> {
        let others = self.other_retries();
        let span_s: u64 = self.delays().iter().sum();
        [
            (self.max_delay_target < self.min_delay_target)
                .then(|| ("maxDelayTarget", format!("it is below minDelayTarget, which is {}", self.min_delay_target))),
            (others > self.num_retries)
                .then(|| ("numRetries", format!("the other counts come to {others}, more than {}", self.num_retries))),
            (span_s > SPAN_MAX_S).then(|| ("numRetries", format!("{span_s} s in all, at most {SPAN_MAX_S}"))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The delay before each retry, under [`FORMULAS`].
    pub fn delays(&self) -> Vec<u64> {
        let phase = |count: u64, delay_s: u64| std::iter::repeat_n(delay_s, count as usize);
        let backoff = self.backoff_retries();
        let function = BackoffFunction::named(&self.backoff_function).unwrap_or(BackoffFunction::Linear);
        phase(self.num_no_delay_retries, 0)
            .chain(phase(self.num_min_delay_retries, self.min_delay_target))
            .chain((0..backoff).map(|index| self.backoff(function, index, backoff)))
            .chain(phase(self.num_max_delay_retries, self.max_delay_target))
            .collect()
    }

    /// The delay of one backoff retry, from 0. Source: Comcast CMB, `CNSRetryPolicy` and `Util`.
    fn backoff(&self, function: BackoffFunction, index: u64, count: u64) -> u64 {
        let (minimum, maximum) = (self.min_delay_target as f64, self.max_delay_target as f64);
        if count < 2 {
            return self.min_delay_target;
        }
        let (i, last) = (index as f64, (count - 1) as f64);
        let span = maximum - minimum;
        let value = match function {
            BackoffFunction::Linear => minimum + span * i / last,
            BackoffFunction::Arithmetic => minimum + span * (i / last).powi(2),
            BackoffFunction::Geometric => (span + 1.0).powf(i / last) + minimum - 1.0,
            BackoffFunction::Exponential => minimum + span * i.exp_m1() / last.exp_m1(),
        };
        // Truncated as there; a whole number that floating point has just missed stays that number.
        (value + 1e-9) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sums of the figure in AWS's documentation: 10 retries from 5 to 260 s.
    #[test]
    fn the_four_curves_have_their_sums() {
        let check = |function: &str, expected: u64| {
            let policy = HealthyRetryPolicy {
                min_delay_target: 5,
                max_delay_target: 260,
                num_retries: 10,
                backoff_function: function.into(),
                ..HealthyRetryPolicy::default()
            };
            let sum: u64 = policy.delays().iter().sum();
            assert!(sum.abs_diff(expected) <= 1, "{function}: {sum} {:?}", policy.delays());
            assert_eq!((policy.delays()[0], policy.delays()[9]), (5, 260), "{function}");
        };
        check("linear", 1_322);
        check("arithmetic", 944);
        check("geometric", 590);
        check("exponential", 448);
    }

    #[test]
    fn limits_are_kept() {
        let check = |change: &dyn Fn(&mut HealthyRetryPolicy), expected: &[&str]| {
            let mut policy = HealthyRetryPolicy::default();
            change(&mut policy);
            let keys: Vec<&str> = policy.mistakes().iter().map(|(key, _)| *key).collect();
            assert_eq!(keys, expected, "{policy:?}");
        };
        check(&|_| (), &[]);
        check(&|policy| policy.num_retries = 100, &[]);
        check(&|policy| policy.num_retries = 101, &["numRetries"]);
        check(&|policy| policy.num_retries = u64::MAX, &["numRetries"]);
        check(&|policy| policy.min_delay_target = 0, &["minDelayTarget"]);
        check(&|policy| policy.min_delay_target = 21, &["maxDelayTarget"]);
        check(&|policy| policy.num_min_delay_retries = 4, &["numRetries"]);
        check(&|policy| policy.max_delay_target = 3_600, &["numRetries"]);
        check(&|policy| policy.backoff_function = "exponental".into(), &["backoffFunction"]);
    }
}
