//! Takes the text of a policy, or of queue metadata that holds one.
//! Gives the policy, or everything that is wrong with it, each at its place.
//! Never lets a key pass that Zaqar would ignore: it is a slip, and the default would count.

use serde_json::{Map, Value};

use crate::policy::{BackoffFunction, INTERVAL_S, KEYS, Refusal, default, validate};
use crate::protocol::Deviations;
use crate::scenario::{Diagnostic, Segment, Spans, decode_document};
use crate::spelling::nearest;

/// Where queue metadata and subscription options hold their policy.
const HOLDER: &str = "_retry_policy";
/// How wide a range of delays has to be; `validate` judges, this only explains. Source: commit.
pub(super) const WIDTH_MIN_S: i64 = 2 * INTERVAL_S;

/// Reads a policy; `name` is what the text is called in what is said about it.
///
/// # Errors
/// Every mistake, in the order of the keys; what only shows once all of them have the right type comes then.
pub fn read_policy(name: &str, text: &str, deviations: Deviations) -> Result<Value, Vec<Diagnostic>> {
    let whole: Value = decode_document(name, text)?;
    let (holder, policy) = match whole.get(HOLDER) {
        Some(policy) => (vec![Segment::from(HOLDER)], policy.clone()),
        None => (Vec::new(), whole),
    };
    let page = Page { name, text, holder };
    let wrong = mistakes_of(&policy, deviations);
    if wrong.is_empty() { Ok(policy) } else { Err(wrong.into_iter().map(|mistake| page.diagnostic(mistake)).collect()) }
}

/// Everything that is wrong with a policy, in the order of the keys; what only shows once all of them have the right
/// type comes then.
pub(crate) fn mistakes_of(policy: &Value, deviations: Deviations) -> Vec<Mistake> {
    match policy {
        Value::Object(keys) => mistakes(keys, deviations),
        other => refused(other, deviations).map(|message| Mistake::at(None, message)).into_iter().collect(),
    }
}

/// One thing that is wrong with a policy.
#[derive(Debug)]
pub(crate) struct Mistake {
    /// The key it is about; none if it is the policy as a whole.
    pub key: Option<String>,
    /// Whether the key itself is wrong, or its value.
    pub about_key: bool,
    pub message: String,
    pub help: Option<String>,
}

impl Mistake {
    fn at(key: Option<&str>, message: String) -> Self {
        Self { key: key.map(str::to_owned), about_key: false, message, help: None }
    }
}

/// The text that diagnostics point into.
struct Page<'a> {
    name: &'a str,
    text: &'a str,
    holder: Vec<Segment>,
}

impl Page<'_> {
    fn diagnostic(&self, mistake: Mistake) -> Diagnostic {
        let spans = Spans::read(self.text).expect("it was read before");
        let path: Vec<Segment> = self.holder.iter().cloned().chain(mistake.key.map(Segment::Key)).collect();
        let range = if mistake.about_key { spans.key(&path) } else { spans.value(&path) };
        Diagnostic::new(self.name, self.text, range, mistake.message, mistake.help)
    }
}

fn mistakes(keys: &Map<String, Value>, deviations: Deviations) -> Vec<Mistake> {
    let unknown = keys.keys().filter(|key| !KEYS.contains(&key.as_str())).map(|key| unknown(key));
    let mut mistakes: Vec<Mistake> = unknown.collect();
    mistakes.extend(KEYS.iter().filter_map(|key| mistyped(key, keys.get(*key)?, deviations)));
    if mistakes.is_empty() {
        mistakes.extend(refused(&Value::Object(keys.clone()), deviations).map(|message| range(keys, message)));
    }
    mistakes
}

fn unknown(key: &str) -> Mistake {
    let meant = nearest(key, KEYS).map(|known| format!("did you mean `{known}`?"));
    let message = format!("unknown key `{key}`: Zaqar would ignore it, and the default would count");
    let help = meant.or_else(|| Some(format!("the keys are {}", KEYS.join(", "))));
    Mistake { key: Some(key.into()), about_key: true, message, help }
}

/// What is wrong with one key, whatever the others are.
fn mistyped(key: &str, value: &Value, deviations: Deviations) -> Option<Mistake> {
    // Whether a delay is in range is a question about two keys.
    if value.is_i64() && ["minimum_delay", "maximum_delay"].contains(&key) {
        return None;
    }
    let alone = Map::from_iter([(key.to_owned(), value.clone())]);
    let mut mistake = Mistake::at(Some(key), refused(&Value::Object(alone), deviations)?);
    mistake.help = help(key, value);
    Some(mistake)
}

fn help(key: &str, value: &Value) -> Option<String> {
    let functions = BackoffFunction::ALL.map(BackoffFunction::name);
    match (key, value) {
        ("retry_backoff_function", Value::String(name)) => Some(match nearest(name, functions) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("the functions are {}", functions.join(", ")),
        }),
        ("retry_backoff_function", _) => Some(format!("the functions are {}", functions.join(", "))),
        ("ignore_subscription_override", _) => Some("write true or false".into()),
        (_, Value::String(text)) if text.parse::<i64>().is_ok() => Some(format!("write {text} without the quotes")),
        _ => Some("write a whole number of 64 bits, such as 5".into()),
    }
}

/// A range that is refused; the defaults take part in it.
fn range(keys: &Map<String, Value>, message: String) -> Mistake {
    let at = |key: &str, default: i64| keys.get(key).and_then(Value::as_i64).unwrap_or(default);
    let minimum = at("minimum_delay", default::MINIMUM_DELAY_S);
    let maximum = at("maximum_delay", default::MAXIMUM_DELAY_S);
    let key = ["minimum_delay", "maximum_delay"].into_iter().find(|key| keys.contains_key(*key));
    let range = format!("from {minimum} to {maximum} are {} seconds", i128::from(maximum) - i128::from(minimum));
    let help = match (keys.contains_key("minimum_delay"), keys.contains_key("maximum_delay")) {
        (true, false) => format!(
            "{range}; without `maximum_delay` it ends at {maximum}, so `minimum_delay` alone is at most {}",
            maximum - WIDTH_MIN_S
        ),
        (false, true) => format!(
            "{range}; without `minimum_delay` it starts at {minimum}, so `maximum_delay` alone is at least {}",
            minimum + WIDTH_MIN_S
        ),
        _ => format!("{range}; at least {WIDTH_MIN_S} are needed"),
    };
    Mistake { help: Some(help), ..Mistake::at(key, message) }
}

/// The first reason to refuse a policy, in the server's words.
fn refused(policy: &Value, deviations: Deviations) -> Option<String> {
    validate(policy, deviations).err().map(|refusal| match refusal {
        Refusal::Invalid(text) => format!("refused with 400: {text}"),
        Refusal::Crash(exception) => format!("breaks the server's validation: TypeError: {exception}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Profile;
    use crate::scenario::{Look, render};

    fn said(text: &str) -> String {
        match read_policy("--policy", text, Profile::Zaqar23.deviations()) {
            Ok(policy) => policy.to_string(),
            Err(diagnostics) => render(&diagnostics, text, Look::Plain),
        }
    }

    #[test]
    fn a_policy_stands_alone_or_in_what_holds_it() {
        assert_eq!(said(r#"{"minimum_delay": 20}"#), r#"{"minimum_delay":20}"#);
        assert_eq!(said(r#"{"_ttl": 5, "_retry_policy": {"minimum_delay": 20}}"#), r#"{"minimum_delay":20}"#);
    }

    #[test]
    fn every_mistake_is_said_at_its_place() {
        let many = r#"{"minimum_dely": 5, "retries_with_no_delay": "3",
 "retry_backoff_function": "exponental", "maximum_delay_retries": 1.5, "x": 1}"#;
        let texts = [many, r#"{"_retry_policy": {"minimum_delay": 21}}"#, r#"{"minimum_delay": null}"#, "[5, 10]", "{"];
        insta::assert_snapshot!(texts.map(said).join("\n"));
    }
}
