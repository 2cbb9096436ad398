//! Takes a `_retry_policy` as a client sent it.
//! Gives the first reason to refuse it, in the words of the reference implementation.
//! Never changes the policy: defaults are filled in when a schedule is drawn, not when it is stored.

use serde_json::Value;

use super::{BackoffFunction, KEYS, default, planted};
use crate::protocol::{Deviation, Deviations};

/// Why a policy is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The description of the 400 answer. Source: commit, the texts of its validator.
    Invalid(String),
    /// The reference implementation breaks down over the value instead of refusing it, with this exception; what the
    /// client sees depends on the request. Observed: zaqar 23.0.1, [`Deviation::EmptyDelayCrashesValidation`].
    Crash(String),
}

/// Checks the seven keys and the range of delays, as every request that stores a policy does: queue PUT and PATCH,
/// subscription POST and PATCH. Unknown keys are ignored. Source: commit.
///
/// # Errors
/// The first [`Refusal`], in the order of [`KEYS`], the range last.
///
/// ```
/// use zaqarcheck::{policy::{Refusal, validate}, protocol::Deviations};
/// let refusal = validate(&serde_json::json!({"minimum_delay": 21}), Deviations::NONE);
/// assert_eq!(refusal, Err(Refusal::Invalid("invalid minimum_delay and maximum_delay.".into())));
/// ```
pub fn validate(policy: &Value, deviations: Deviations) -> Result<(), Refusal> {
    let policy = &*planted::validated(policy, deviations)?;
    let Some(keys) = policy.as_object() else {
        let accepted = is_falsy(policy) && deviations.has(Deviation::FalsyPolicyDisablesRetries);
        return if accepted { Ok(()) } else { invalid("retry_policy must be a dict.") };
    };
    for (key, value) in KEYS.into_iter().filter_map(|key| keys.get_key_value(key)) {
        if !passes_untyped(key, value, deviations) {
            validate_type(key, value, deviations)?;
        }
    }
    if keys.is_empty() {
        return Ok(());
    }
    if deviations.has(Deviation::EmptyDelayCrashesValidation) {
        check_comparable(keys.get("minimum_delay"), keys.get("maximum_delay"))?;
    }
    let minimum = comparable(keys.get("minimum_delay"), default::MINIMUM_DELAY_S);
    let maximum = comparable(keys.get("maximum_delay"), default::MAXIMUM_DELAY_S);
    if maximum < minimum {
        return invalid("minimum_delay must less than maximum_delay.");
    }
    if maximum - minimum < planted::range_min(deviations) {
        return invalid("invalid minimum_delay and maximum_delay.");
    }
    Ok(())
}

/// Whether a value gets as far as the range test whatever its type.
fn passes_untyped(key: &str, value: &Value, deviations: Deviations) -> bool {
    let delay = matches!(key, "minimum_delay" | "maximum_delay") && !value.is_number() && !value.is_boolean();
    is_falsy(value)
        && (deviations.has(Deviation::FalsyValuesPassValidation)
            || delay && deviations.has(Deviation::EmptyDelayCrashesValidation))
}

fn validate_type(key: &str, value: &Value, deviations: Deviations) -> Result<(), Refusal> {
    match (key, value) {
        ("retry_backoff_function", Value::String(name)) if BackoffFunction::named(name).is_some() => Ok(()),
        ("retry_backoff_function", Value::String(_)) => invalid("invalid retry_backoff_function."),
        ("retry_backoff_function", _) => invalid("retry_backoff_function must be a string."),
        ("ignore_subscription_override", Value::Bool(_)) => Ok(()),
        ("ignore_subscription_override", _) => invalid("ignore_subscription_override must be a boolean."),
        (_, Value::Number(number)) if number.is_i64() => Ok(()),
        (_, Value::Bool(_)) if deviations.has(Deviation::BooleansPassAsIntegers) => Ok(()),
        (key, _) => invalid(&format!("Retry policy: {key} must be a integer.")),
    }
}

/// A delay as the range test sees it.
fn comparable(value: Option<&Value>, default: i64) -> i128 {
    match value {
        Some(Value::Number(number)) => number.as_i64().unwrap_or_default().into(),
        Some(Value::Bool(flag)) => (*flag).into(),
        _ => default.into(),
    }
}

/// The reference compares the maximum with the minimum before it knows that both are numbers.
fn check_comparable(minimum: Option<&Value>, maximum: Option<&Value>) -> Result<(), Refusal> {
    let [minimum, maximum] = [minimum, maximum].map(|value| value.map_or("int", type_name));
    if [minimum, maximum].iter().all(|name| matches!(*name, "int" | "float" | "bool")) {
        return Ok(());
    }
    let text = format!("'<' not supported between instances of '{maximum}' and '{minimum}'");
    Err(Refusal::Crash(text))
}

/// What the reference implementation's language calls the type of a value.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

fn invalid(text: &str) -> Result<(), Refusal> {
    Err(Refusal::Invalid(text.into()))
}

/// What the reference implementation's language takes for false: null, false, 0, 0.0, "", [], {}.
pub(crate) fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(keys) => keys.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::Profile;

    fn check(policy: &Value, documented: Option<&str>, zaqar: Option<&str>) {
        for (profile, expected) in [(Profile::Documented, documented), (Profile::Zaqar23, zaqar)] {
            let refusal = validate(policy, profile.deviations()).err().map(|refusal| match refusal {
                Refusal::Invalid(text) => text,
                Refusal::Crash(_) => "crash".into(),
            });
            assert_eq!(refusal.as_deref(), expected, "{policy} {}", profile.name());
        }
    }

    #[test]
    fn each_key_has_its_type() {
        let same = |policy: Value, text: &str| check(&policy, Some(text), Some(text));
        same(json!("x"), "retry_policy must be a dict.");
        same(json!({"retries_with_no_delay": "5"}), "Retry policy: retries_with_no_delay must be a integer.");
        same(json!({"minimum_delay": 5.5}), "Retry policy: minimum_delay must be a integer.");
        same(json!({"retry_backoff_function": 1}), "retry_backoff_function must be a string.");
        same(json!({"retry_backoff_function": "Linear"}), "invalid retry_backoff_function.");
        same(json!({"ignore_subscription_override": "yes"}), "ignore_subscription_override must be a boolean.");
    }

    #[test]
    fn the_range_is_at_least_ten_seconds_wide_defaults_included() {
        check(
            &json!({"minimum_delay": 31}),
            Some("minimum_delay must less than maximum_delay."),
            Some("minimum_delay must less than maximum_delay."),
        );
        check(
            &json!({"minimum_delay": 21}),
            Some("invalid minimum_delay and maximum_delay."),
            Some("invalid minimum_delay and maximum_delay."),
        );
        check(
            &json!({"maximum_delay": 14}),
            Some("invalid minimum_delay and maximum_delay."),
            Some("invalid minimum_delay and maximum_delay."),
        );
        check(&json!({"minimum_delay": 20}), None, None);
        check(&json!({"maximum_delay": 15}), None, None);
        check(&json!({"minimum_delay": i64::MIN, "maximum_delay": i64::MAX}), None, None);
    }

    #[test]
    fn what_the_reference_lets_through_or_breaks_over_is_refused_by_the_documents() {
        let integer = |key: &str| format!("Retry policy: {key} must be a integer.");
        check(&json!({"retries_with_no_delay": null}), Some(&integer("retries_with_no_delay")), None);
        check(&json!({"retries_with_no_delay": true}), Some(&integer("retries_with_no_delay")), None);
        check(&json!({"minimum_delay": null}), Some(&integer("minimum_delay")), Some("crash"));
        check(&json!({"minimum_delay": 0.0}), Some(&integer("minimum_delay")), None);
        check(&json!(null), Some("retry_policy must be a dict."), None);
    }
}
