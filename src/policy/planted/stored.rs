//! Takes the policies that were stored.
//! Gives them as a server reads them that mixes up keys, defaults or the two policies.
//! Never checks them.

use serde_json::{Map, Value};

use crate::policy::{Selected, default};
use crate::protocol::{Deviation, Deviations};

const MINIMUM: &str = "minimum_delay";
const MAXIMUM: &str = "maximum_delay";
const IMMEDIATE: &str = "retries_with_no_delay";
const PRE_BACKOFF: &str = "minimum_delay_retries";
const POST_BACKOFF: &str = "maximum_delay_retries";
const FUNCTION: &str = "retry_backoff_function";
const FLAG: &str = "ignore_subscription_override";

/// Counts that are one off, with their defaults.
const MISCOUNTED: [(Deviation, &str, i64, i64); 6] = [
    (Deviation::FirstAttemptNotCounted, IMMEDIATE, default::RETRIES_WITH_NO_DELAY, -1),
    (Deviation::MaximumDelayRetriesOneExtra, POST_BACKOFF, default::MAXIMUM_DELAY_RETRIES, 1),
    (Deviation::MaximumDelayRetriesOneShort, POST_BACKOFF, default::MAXIMUM_DELAY_RETRIES, -1),
    (Deviation::MinimumDelayRetriesOneExtra, PRE_BACKOFF, default::MINIMUM_DELAY_RETRIES, 1),
    (Deviation::MinimumDelayRetriesOneShort, PRE_BACKOFF, default::MINIMUM_DELAY_RETRIES, -1),
    (Deviation::RetriesWithNoDelayOneExtra, IMMEDIATE, default::RETRIES_WITH_NO_DELAY, 1),
];

/// Numbers that are wrong where a policy leaves them out.
const WRONG_DEFAULTS: [(Deviation, &str, i64); 5] = [
    (Deviation::DefaultMaximumDelayRetriesWrong, POST_BACKOFF, 5),
    (Deviation::DefaultMaximumDelayWrong, MAXIMUM, 60),
    (Deviation::DefaultMinimumDelayRetriesWrong, PRE_BACKOFF, 5),
    (Deviation::DefaultMinimumDelayWrong, MINIMUM, 1),
    (Deviation::DefaultRetriesWithNoDelayWrong, IMMEDIATE, 5),
];

/// Keys that are taken for each other, with their defaults.
const SWAPPED: [(Deviation, [(&str, i64); 2]); 2] = [
    (
        Deviation::CountsSwapped,
        [(PRE_BACKOFF, default::MINIMUM_DELAY_RETRIES), (POST_BACKOFF, default::MAXIMUM_DELAY_RETRIES)],
    ),
    (Deviation::MinimumAndMaximumSwapped, [(MINIMUM, default::MINIMUM_DELAY_S), (MAXIMUM, default::MAXIMUM_DELAY_S)]),
];

/// The selected policy as the schedule reads it.
pub(in crate::policy) fn stored(mut policy: Map<String, Value>, deviations: Deviations) -> Map<String, Value> {
    if policy.is_empty() && deviations.has(Deviation::EmptyPolicyDisablesRetries) {
        policy.extend([IMMEDIATE, PRE_BACKOFF, POST_BACKOFF].map(|key| (key.to_owned(), 0.into())));
        policy.insert(MAXIMUM.into(), default::MINIMUM_DELAY_S.into());
    }
    for (_, key, wrong) in WRONG_DEFAULTS.iter().filter(|(deviation, ..)| deviations.has(*deviation)) {
        policy.entry(*key).or_insert_with(|| (*wrong).into());
    }
    if deviations.has(Deviation::DefaultFunctionWrong) {
        policy.entry(FUNCTION).or_insert_with(|| "arithmetic".into());
    }
    if deviations.has(Deviation::BackoffFunctionIgnored) {
        policy.shift_remove(FUNCTION);
    }
    if deviations.has(Deviation::FunctionNameAnyCase)
        && let Some(Value::String(name)) = policy.get_mut(FUNCTION)
    {
        *name = name.to_lowercase();
    }
    if deviations.has(Deviation::StringsPassAsIntegers) {
        policy.values_mut().for_each(read_number);
    }
    for (_, key, default, off_by) in MISCOUNTED.iter().filter(|(deviation, ..)| deviations.has(*deviation)) {
        let count = policy.get(*key).map_or(Some(*default), Value::as_i64);
        policy.extend(count.map(|count| ((*key).to_owned(), count.saturating_add(*off_by).into())));
    }
    for (_, [one, other]) in SWAPPED.iter().filter(|(deviation, _)| deviations.has(*deviation)) {
        let [(to_other, _), (to_one, _)] = [one, other];
        let values = [one, other].map(|(key, default)| policy.get(*key).cloned().unwrap_or_else(|| (*default).into()));
        let [from_one, from_other] = values;
        policy.insert((*to_one).to_owned(), from_one);
        policy.insert((*to_other).to_owned(), from_other);
    }
    policy
}

/// A number in a string is that number.
pub(super) fn read_number(value: &mut Value) {
    if let Some(number) = value.as_str().and_then(|text| text.parse::<i64>().ok()) {
        *value = number.into();
    }
}

/// Which policy counts, where a planted deviation says so.
pub(in crate::policy) fn select(
    queue: Option<&Value>,
    subscription: Option<&Value>,
    deviations: Deviations,
) -> Option<Selected> {
    let chosen = |policy: Option<&Value>| {
        let keys = policy.and_then(Value::as_object).cloned();
        Some(Selected::Policy(keys.unwrap_or_default()))
    };
    let flag = queue.and_then(|policy| policy.get(FLAG)).and_then(Value::as_bool);
    if deviations.has(Deviation::FlagIgnored) {
        return chosen(subscription.or(queue));
    }
    if deviations.has(Deviation::FlagInverted)
        && let Some(flag) = flag
    {
        return chosen(if flag { subscription.or(queue) } else { queue });
    }
    if deviations.has(Deviation::FlagMeansDefaults) && flag == Some(true) {
        return Some(Selected::defaults());
    }
    if deviations.has(Deviation::DefaultOverrideWrong) && flag.is_none() && queue.is_some()
        || deviations.has(Deviation::QueuePolicyWins)
    {
        return chosen(queue.or(subscription));
    }
    None
}
