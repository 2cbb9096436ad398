//! Takes the policies that a queue and a subscription hold, where they hold one.
//! Gives the one that counts.
//! Never merges the two key by key: one policy wins whole. Source: guide, step 2; spec.

use serde_json::{Map, Value};

use super::planted;
use super::validation::is_falsy;
use crate::protocol::{Deviation, Deviations};

/// What the selection came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Selected {
    /// This policy counts; an empty one means the defaults.
    Policy(Map<String, Value>),
    /// No retry at all. Observed: zaqar 23.0.1, where a policy that is no object passes validation if it is falsy.
    Unusable,
}

impl Selected {
    /// The selection where neither side has a policy.
    pub fn defaults() -> Self {
        Self::Policy(Map::new())
    }
}

/// Which policy counts: the subscription's if it has one, unless the queue's says `ignore_subscription_override`;
/// else the queue's; else the defaults. Source: guide, step 2.
///
/// ```
/// use serde_json::json;
/// use zaqarcheck::{policy::{Selected, select}, protocol::Deviations};
/// let (queue, subscription) = (json!({"minimum_delay": 1}), json!({"minimum_delay": 2}));
/// let selected = select(Some(&queue), Some(&subscription), Deviations::NONE);
/// assert_eq!(selected, Selected::Policy(subscription.as_object().unwrap().clone()));
/// ```
pub fn select(queue: Option<&Value>, subscription: Option<&Value>, deviations: Deviations) -> Selected {
    if let Some(selected) = planted::select(queue, subscription, deviations) {
        return selected;
    }
    let queue = queue.filter(|_| !deviations.has(Deviation::QueuePolicyIgnored));
    let subscription = subscription.filter(|_| !deviations.has(Deviation::SubscriptionPolicyIgnored));
    if deviations.has(Deviation::IgnoreFlagOnSubscriptionWins) && flagged(subscription) {
        return Selected::Policy(keys(queue).unwrap_or_default());
    }
    if deviations.has(Deviation::FalsyPolicyDisablesRetries)
        && [queue, subscription].into_iter().flatten().any(|policy| !policy.is_object())
    {
        return Selected::Unusable;
    }
    let yields =
        |policy: &Map<String, Value>| policy.is_empty() && deviations.has(Deviation::EmptySubscriptionPolicyYields);
    let subscription = keys(subscription).filter(|policy| !yields(policy)).filter(|_| !flagged(queue));
    Selected::Policy(match (keys(queue), subscription) {
        (Some(queue), Some(subscription)) if deviations.has(Deviation::PoliciesMerged) => merged(queue, subscription),
        (_, Some(subscription)) => subscription,
        (queue, None) => queue.unwrap_or_default(),
    })
}

fn merged(mut queue: Map<String, Value>, subscription: Map<String, Value>) -> Map<String, Value> {
    queue.extend(subscription);
    queue
}

fn keys(policy: Option<&Value>) -> Option<Map<String, Value>> {
    policy.and_then(Value::as_object).cloned()
}

fn flagged(policy: Option<&Value>) -> bool {
    policy.and_then(|policy| policy.get("ignore_subscription_override")).is_some_and(|flag| !is_falsy(flag))
}
