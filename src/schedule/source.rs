//! Takes the text of a delivery policy of AWS SNS, or of a list of delays.
//! Gives the schedule in it, or every mistake at its place.
//! Never takes a key that it does not know.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::Source;
use super::sns::HealthyRetryPolicy;
use crate::scenario::{Diagnostic, annotate, decode_document};

/// A subscription's policy. Source: AWS SNS, "Creating an HTTP/S delivery policy".
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OfSubscription {
    healthy_retry_policy: Option<HealthyRetryPolicy>,
    sickly_retry_policy: Option<Value>,
    throttle_policy: Option<Value>,
    request_policy: Option<Value>,
    guaranteed: Option<Value>,
}

/// A topic's policy. Source: as above.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfTopic {
    http: Http,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Http {
    default_healthy_retry_policy: Option<HealthyRetryPolicy>,
    default_sickly_retry_policy: Option<Value>,
    default_throttle_policy: Option<Value>,
    default_request_policy: Option<Value>,
    #[serde(default)]
    disable_subscription_overrides: bool,
}

/// Reads a policy of AWS SNS: a subscription's, a topic's, or the `healthyRetryPolicy` alone.
///
/// # Errors
/// Every mistake, at its place.
pub fn read_sns(name: &str, text: &str) -> Result<Source, Vec<Diagnostic>> {
    let whole: Value = decode_document(name, text)?;
    let named = |key: &str| whole.get(key).is_some();
    let (holder, policy, disable_overrides, unheeded) = if named("http") {
        let OfTopic { http } = decode_document(name, text)?;
        let others = [
            ("defaultSicklyRetryPolicy", http.default_sickly_retry_policy),
            ("defaultThrottlePolicy", http.default_throttle_policy),
            ("defaultRequestPolicy", http.default_request_policy),
        ];
        let policy = http.default_healthy_retry_policy;
        ("http.defaultHealthyRetryPolicy.", policy, http.disable_subscription_overrides, present(others))
    } else if whole.as_object().is_some_and(|keys| keys.keys().any(|key| key.ends_with("Policy"))) {
        let of: OfSubscription = decode_document(name, text)?;
        let others = [
            ("sicklyRetryPolicy", of.sickly_retry_policy),
            ("throttlePolicy", of.throttle_policy),
            ("requestPolicy", of.request_policy),
            ("guaranteed", of.guaranteed.filter(|value| value != false)),
        ];
        ("healthyRetryPolicy.", of.healthy_retry_policy, false, present(others))
    } else {
        ("", Some(decode_document(name, text)?), false, Vec::new())
    };
    let policy = policy.unwrap_or_default();
    let wrong: Vec<Diagnostic> = policy
        .mistakes()
        .into_iter()
        .map(|(key, message)| annotate(name, text, &format!("{holder}{key}"), format!("{key}: {message}"), None))
        .collect();
    if wrong.is_empty() { Ok(Source::Sns { policy, disable_overrides, unheeded }) } else { Err(wrong) }
}

fn present<const N: usize>(others: [(&str, Option<Value>); N]) -> Vec<String> {
    let others = others.into_iter().filter(|(_, value)| value.as_ref().is_some_and(|value| !value.is_null()));
    others.map(|(key, _)| key.to_owned()).collect()
}

/// Reads a list of delays: a JSON array of seconds or of times such as `"5m"`, or the same without JSON, by commas.
///
/// # Errors
/// Every mistake, at its place.
pub fn read_list(name: &str, text: &str) -> Result<Source, Vec<Diagnostic>> {
    let (items, json): (Vec<Value>, bool) = if text.trim_start().starts_with('[') {
        (decode_document(name, text)?, true)
    } else {
        (text.split(',').map(|item| item.trim().into()).collect(), false)
    };
    let (mut delays, mut wrong) = (Vec::new(), Vec::new());
    for (index, item) in items.iter().enumerate() {
        match delay(item) {
            Ok(delay_s) => delays.push(delay_s),
            Err(message) if json => wrong.push(annotate(name, text, &format!("[{index}]"), message, None)),
            Err(message) => {
                let start = text.split(',').take(index).map(|before| before.len() + 1).sum();
                let range = start..start + text.split(',').nth(index).map_or(0, str::len);
                wrong.push(Diagnostic::new(name, text, range, message, None));
            }
        }
    }
    if delays.len() > DELAYS_MAX {
        let message = format!("{} delays, at most {DELAYS_MAX} are converted", delays.len());
        wrong.push(Diagnostic::new(name, text, 0..1, message, None));
    }
    if wrong.is_empty() { Ok(Source::List(delays)) } else { Err(wrong) }
}

fn delay(item: &Value) -> Result<u64, String> {
    let whole = |time: Duration| {
        let fits = time.subsec_nanos() == 0;
        fits.then_some(time.as_secs()).ok_or_else(|| "delays are whole seconds".to_owned())
    };
    match item {
        Value::Number(number) => number.as_u64().ok_or_else(|| format!("{number} is no whole number of seconds")),
        Value::String(text) => match text.parse() {
            Ok(seconds) => Ok(seconds),
            Err(_) => {
                humantime::parse_duration(text).map_err(|error| format!("`{text}` is no time: {error}")).and_then(whole)
            }
        },
        other => Err(format!("{other} is no time; write 300 or \"5m\"")),
    }
}

/// Fitting a policy to more would take its time, and no policy has so many different delays.
const DELAYS_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Look, render};

    fn said(text: &str, read: fn(&str, &str) -> Result<Source, Vec<Diagnostic>>) -> String {
        match read("policy", text) {
            Ok(source) => format!("{source:?}"),
            Err(diagnostics) => render(&diagnostics, text, Look::Plain),
        }
    }

    #[test]
    fn aws_policies_are_read_strictly() {
        let texts = [
            r#"{"healthyRetryPolicy": {"numRetries": 5}, "throttlePolicy": {"maxReceivesPerSecond": 10}, "guaranteed": false}"#,
            r#"{"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 1}, "disableSubscriptionOverrides": true}}"#,
            r#"{"numRetries": 101, "minDelayTarget": 0}"#,
            r#"{"healthyRetryPolicy": {"numRetrys": 5}}"#,
            r#"{"healthyRetryPolicy": {"backoffFunction": "exponental"}}"#,
            r#"{"numRetries": -1}"#,
        ];
        insta::assert_snapshot!(texts.map(|text| said(text, read_sns)).join("\n"));
    }

    #[test]
    fn lists_have_seconds_or_times() {
        assert_eq!(said(r#"[0, "5s", "5m", 1800]"#, read_list), "List([0, 5, 300, 1800])");
        assert_eq!(said("0, 5s,5m", read_list), "List([0, 5, 300])");
        insta::assert_snapshot!(["[5, -1, \"soon\", null]", "5,,1ms"].map(|text| said(text, read_list)).join("\n"));
    }
}
