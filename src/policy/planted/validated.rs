//! Takes a policy on its way to validation.
//! Gives it without what a careless server would not look at, or the refusal of one that asks for too much.
//! Never changes what is stored: the schedule is drawn from the policy as the client sent it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::stored::read_number;
use crate::policy::{INTERVAL_S, KEYS, Refusal, default};
use crate::protocol::{Deviation, Deviations};

const COUNTS: [&str; 3] = ["retries_with_no_delay", "minimum_delay_retries", "maximum_delay_retries"];
const RANGE: [&str; 2] = ["minimum_delay", "maximum_delay"];

/// What makes a server accept too much.
const LOOKS_AWAY: [Deviation; 7] = [
    Deviation::FloatsPassAsIntegers,
    Deviation::FunctionNameAnyCase,
    Deviation::NarrowRangeAccepted,
    Deviation::RangeRuleIgnoresDefaults,
    Deviation::ReversedRangeAccepted,
    Deviation::StringsPassAsIntegers,
    Deviation::UnknownFunctionAccepted,
];

/// How many seconds the delays must be apart.
pub(in crate::policy) fn range_min(deviations: Deviations) -> i128 {
    let documented = i128::from(2 * INTERVAL_S);
    match () {
        () if deviations.has(Deviation::RangeRuleEleven) => documented + 1,
        () if deviations.has(Deviation::RangeRuleNine) => documented - 1,
        () => documented,
    }
}

/// What validation gets to see of a policy.
pub(in crate::policy) fn validated(policy: &Value, deviations: Deviations) -> Result<Cow<'_, Value>, Refusal> {
    let Some(keys) = policy.as_object() else { return Ok(Cow::Borrowed(policy)) };
    if let Some(text) = refused(keys, deviations) {
        return Err(Refusal::Invalid(text.into()));
    }
    let mut seen = Cow::Borrowed(keys);
    for deviation in LOOKS_AWAY.into_iter().filter(|deviation| deviations.has(*deviation)) {
        look_away(seen.to_mut(), deviation);
    }
    Ok(match seen {
        Cow::Borrowed(_) => Cow::Borrowed(policy),
        Cow::Owned(keys) => Cow::Owned(keys.into()),
    })
}

/// What a server says that asks for more than the documents do.
fn refused(keys: &Map<String, Value>, deviations: Deviations) -> Option<&'static str> {
    let negative = || COUNTS.iter().any(|key| keys.get(*key).and_then(Value::as_i64).is_some_and(|count| count < 0));
    let partial = || !keys.is_empty() && COUNTS.iter().chain(&RANGE).any(|key| !keys.contains_key(*key));
    let unknown = || keys.keys().any(|key| !KEYS.contains(&key.as_str()));
    let function = || keys.get("retry_backoff_function").is_some_and(|name| name != "linear");
    let reasons: [(Deviation, &dyn Fn() -> bool, &str); 4] = [
        (Deviation::FunctionsOnlyLinear, &function, "retry_backoff_function only supports linear now."),
        (Deviation::NegativeCountsRefused, &negative, "Retry policy: counts must not be negative."),
        (Deviation::PartialPolicyRefused, &partial, "Retry policy: a key is missing."),
        (Deviation::UnknownKeysRefused, &unknown, "Retry policy: there is an unknown key."),
    ];
    reasons.iter().find(|(deviation, applies, _)| deviations.has(*deviation) && applies()).map(|(.., text)| *text)
}

/// Takes out, or puts right, what a server with the deviation does not mind.
fn look_away(keys: &mut Map<String, Value>, deviation: Deviation) {
    let integer = |key: &str, default: i64| keys.get(key).map_or(Some(default), Value::as_i64);
    let bounds =
        (integer("minimum_delay", default::MINIMUM_DELAY_S), integer("maximum_delay", default::MAXIMUM_DELAY_S));
    let (Some(minimum), Some(maximum)) = bounds else {
        return look_away_from_types(keys, deviation);
    };
    let accepted = match deviation {
        Deviation::NarrowRangeAccepted => maximum >= minimum,
        Deviation::RangeRuleIgnoresDefaults => RANGE.iter().any(|key| !keys.contains_key(*key)),
        Deviation::ReversedRangeAccepted => maximum < minimum,
        _ => return look_away_from_types(keys, deviation),
    };
    if accepted {
        keys.retain(|key, _| !RANGE.contains(&key.as_str()));
    }
}

fn look_away_from_types(keys: &mut Map<String, Value>, deviation: Deviation) {
    let numbers = |key: &str| COUNTS.contains(&key) || RANGE.contains(&key);
    match deviation {
        Deviation::FloatsPassAsIntegers => {
            for (_, value) in keys.iter_mut().filter(|(key, value)| numbers(key) && value.is_f64()) {
                *value = (value.as_f64().unwrap_or_default() as i64).into();
            }
        }
        Deviation::FunctionNameAnyCase => {
            if let Some(Value::String(name)) = keys.get_mut("retry_backoff_function") {
                *name = name.to_lowercase();
            }
        }
        Deviation::StringsPassAsIntegers => {
            keys.iter_mut().filter(|(key, _)| numbers(key)).for_each(|(_, value)| read_number(value));
        }
        Deviation::UnknownFunctionAccepted if keys.get("retry_backoff_function").is_some_and(Value::is_string) => {
            keys.shift_remove("retry_backoff_function");
        }
        _ => {}
    }
}
