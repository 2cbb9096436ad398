//! Takes the metadata of a queue, as a client sent it or as it is stored.
//! Gives the first reason to refuse it, and what a client is shown of it.
//! Never changes what is stored: a value that is missing is filled in when it is shown or used.

use serde_json::{Map, Value};

use super::Settings;
use crate::policy::{self, Refusal, is_falsy};
use crate::protocol::Deviation;

/// The range of `_default_message_ttl` and `_dead_letter_queue_messages_ttl` begins here. Source: api-ref, "Create queue".
const TTL_MIN_S: i64 = 60;

/// How many bytes of JSON the metadata of a queue is.
pub(super) fn size(metadata: &Map<String, Value>) -> usize {
    serde_json::to_vec(metadata).map_or(0, |text| text.len())
}

/// Checks the keys that have a meaning, in the order of the reference; any other key may have any value. Null stands
/// for "not set", as it does where metadata is shown. `_dead_letter_queue` is not checked: the api-ref calls it a string
/// and says nothing of other values, and the reference takes anything. Source: api-ref, "Create queue"; observed: zaqar
/// 23.0.1 (texts, order).
pub(super) fn check(metadata: &Map<String, Value>, settings: &Settings, policy: bool) -> Result<(), Refusal> {
    let options = &settings.options;
    let keys = Keys { metadata, settings };
    let (ttl_s, delay_s, size) = (options.max_message_ttl, options.max_message_delay, options.max_messages_post_size);
    keys.integer("_default_message_ttl", "<=", (TTL_MIN_S, ttl_s), || {
        format!("_default_message_ttl can not exceed {ttl_s} seconds, and must be at least {TTL_MIN_S} seconds long.")
    })?;
    keys.integer("_max_messages_post_size", "<", (1, size), || {
        format!("_max_messages_post_size can not exceed {size},  and must be at least greater than 0.")
    })?;
    keys.any_integer("_max_claim_count")?;
    keys.integer("_dead_letter_queue_messages_ttl", "<=", (TTL_MIN_S, ttl_s), || {
        format!("The TTL for a message may not exceed {ttl_s} seconds, and must be at least {TTL_MIN_S} seconds long.")
    })?;
    keys.integer("_default_message_delay", "<=", (0, delay_s), || {
        format!("The TTL can not exceed {delay_s} seconds, and must be at least 0 seconds long.")
    })?;
    keys.boolean("_enable_encrypt_messages")?;
    let policy = metadata.get("_retry_policy").filter(|_| policy);
    policy.map_or(Ok(()), |policy| policy::validate(policy, settings.deviations))
}

struct Keys<'a> {
    metadata: &'a Map<String, Value>,
    settings: &'a Settings,
}

impl Keys<'_> {
    /// The value of a key that is set.
    fn value(&self, key: &str) -> Option<&Value> {
        self.metadata.get(key).filter(|value| !value.is_null())
    }

    fn has(&self, deviation: Deviation) -> bool {
        self.settings.deviations.has(deviation)
    }

    /// Checks that a key is an integer within a range. The reference compares what is falsy with the range, whatever it
    /// is; `operator` is the one it breaks down over.
    fn integer(
        &self,
        key: &str,
        operator: &str,
        (min, max): (i64, i64),
        outside: impl FnOnce() -> String,
    ) -> Result<(), Refusal> {
        let Some(value) = self.value(key) else { return Ok(()) };
        let within = match value {
            Value::Number(number) if number.is_i64() => (min..=max).contains(&number.as_i64().unwrap_or_default()),
            Value::Bool(flag) if self.has(Deviation::BooleansPassAsIntegers) => (min..=max).contains(&(*flag).into()),
            Value::Number(_) if is_falsy(value) && self.has(Deviation::FalsyValuesPassValidation) => min <= 0,
            value if is_falsy(value) && self.has(Deviation::UnexpectedTypeCrashes) => {
                let name = policy::type_name(value);
                let text = format!("'{operator}' not supported between instances of 'int' and '{name}'");
                return Err(Refusal::Crash(text));
            }
            _ => return Err(no_integer(key)),
        };
        if within { Ok(()) } else { Err(Refusal::Invalid(outside())) }
    }

    /// Checks that a key is an integer, of any size.
    fn any_integer(&self, key: &str) -> Result<(), Refusal> {
        match self.value(key) {
            None => Ok(()),
            Some(Value::Number(number)) if number.is_i64() => Ok(()),
            Some(Value::Bool(_)) if self.has(Deviation::BooleansPassAsIntegers) => Ok(()),
            Some(value) if is_falsy(value) && self.has(Deviation::FalsyValuesPassValidation) => Ok(()),
            Some(_) => Err(no_integer(key)),
        }
    }

    fn boolean(&self, key: &str) -> Result<(), Refusal> {
        match self.value(key) {
            None | Some(Value::Bool(_)) => Ok(()),
            Some(value) if is_falsy(value) && self.has(Deviation::FalsyValuesPassValidation) => Ok(()),
            Some(_) => Err(Refusal::Invalid(format!("{key} must be boolean."))),
        }
    }
}

fn no_integer(key: &str) -> Refusal {
    Refusal::Invalid(format!("{key} must be integer."))
}

/// The keys that every queue shows, with what is shown where nothing is stored. Source: api-ref, "Show queue details".
fn reserved(settings: &Settings) -> [(&'static str, Value); 7] {
    let options = &settings.options;
    [
        ("_max_messages_post_size", options.max_messages_post_size.into()),
        ("_default_message_ttl", options.default_message_ttl.into()),
        ("_default_message_delay", options.default_message_delay.into()),
        ("_dead_letter_queue", Value::Null),
        ("_dead_letter_queue_messages_ttl", Value::Null),
        ("_max_claim_count", Value::Null),
        ("_enable_encrypt_messages", false.into()),
    ]
}

/// Whether a key is shown even where it is not stored, so that a change may name it.
pub(super) fn is_reserved(key: &str, settings: &Settings) -> bool {
    reserved(settings).iter().any(|(name, _)| *name == key)
}

/// Metadata as a client is shown it.
pub(super) fn shown(mut metadata: Map<String, Value>, settings: &Settings) -> Value {
    let hidden = |stored: &Value| {
        stored.is_null() || is_falsy(stored) && settings.deviations.has(Deviation::FalsyMetadataHidden)
    };
    for (key, value) in reserved(settings) {
        if metadata.get(key).is_none_or(hidden) {
            metadata.insert(key.into(), value);
        }
    }
    metadata.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::Profile;

    fn check(metadata: &Value, documented: Option<&str>, zaqar: Option<&str>) {
        for (profile, expected) in [(Profile::Documented, documented), (Profile::Zaqar23, zaqar)] {
            let settings = Settings::new(profile.deviations());
            let refusal = super::check(metadata.as_object().unwrap(), &settings, true).err();
            let text = refusal.map(|refusal| match refusal {
                Refusal::Invalid(text) => text,
                Refusal::Crash(text) => format!("crash: {text}"),
            });
            assert_eq!(text.as_deref(), expected, "{metadata} {}", profile.name());
        }
    }

    #[test]
    fn the_ranges_are_checked_at_both_ends() {
        let ttl = "_default_message_ttl can not exceed 1209600 seconds, and must be at least 60 seconds long.";
        for (value, expected) in [(59, Some(ttl)), (60, None), (1_209_600, None), (1_209_601, Some(ttl))] {
            check(&json!({"_default_message_ttl": value}), expected, expected);
        }
        let delay = "The TTL can not exceed 900 seconds, and must be at least 0 seconds long.";
        for (value, expected) in [(-1, Some(delay)), (0, None), (900, None), (901, Some(delay))] {
            check(&json!({"_default_message_delay": value}), expected, expected);
        }
        let size = "_max_messages_post_size can not exceed 262144,  and must be at least greater than 0.";
        for (value, expected) in [(0, Some(size)), (1, None), (262_144, None), (262_145, Some(size))] {
            check(&json!({"_max_messages_post_size": value}), expected, expected);
        }
    }

    #[test]
    fn what_the_reference_lets_through_or_breaks_over_is_refused_by_the_documents() {
        let ttl = "_default_message_ttl must be integer.";
        let crash = "crash: '<=' not supported between instances of 'int' and 'list'";
        check(&json!({"_default_message_ttl": []}), Some(ttl), Some(crash));
        check(&json!({"_default_message_ttl": null}), None, None);
        check(&json!({"_default_message_ttl": 60.0}), Some(ttl), Some(ttl));
        check(&json!({"_default_message_delay": true}), Some("_default_message_delay must be integer."), None);
        check(&json!({"_default_message_delay": 0.0}), Some("_default_message_delay must be integer."), None);
        check(&json!({"_max_claim_count": ""}), Some("_max_claim_count must be integer."), None);
        check(&json!({"_enable_encrypt_messages": 0}), Some("_enable_encrypt_messages must be boolean."), None);
    }

    #[test]
    fn what_is_not_set_is_shown_with_its_default() {
        let shown_by = |metadata: Value, profile: Profile| {
            shown(metadata.as_object().unwrap().clone(), &Settings::new(profile.deviations()))
        };
        let stored = json!({"_max_claim_count": 0, "_default_message_ttl": null, "own": null});
        assert_eq!(shown_by(stored.clone(), Profile::Documented)["_max_claim_count"], 0);
        let zaqar = shown_by(stored, Profile::Zaqar23);
        assert_eq!((&zaqar["_max_claim_count"], &zaqar["_default_message_ttl"]), (&Value::Null, &json!(3600)));
        assert!(zaqar.as_object().unwrap().contains_key("own"));
    }
}
