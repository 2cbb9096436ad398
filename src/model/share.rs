//! Takes a wish to share a queue.
//! Gives a pre-signed URL for it.
//! Never signs what lies outside the queue.

use serde_json::{Map, Value};

use super::signed_url::{LASTS, SignedUrl, date, is_number, read_date};
use super::{Caller, Model, done, invalid};
use crate::policy::is_falsy;
use crate::protocol::{Deviation, Fault, FaultKind, QueueName, Reply};

/// The keys of the document. Source: api-ref, "Pre-signed queue".
const KEYS: [&str; 3] = ["expires", "methods", "paths"];
/// What of a queue can be shared. Source: api-ref, "Pre-signed queue", paths.
const PATHS: [&str; 3] = ["claims", "messages", "subscriptions"];

impl Model {
    pub(super) fn share_queue(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        document: Option<Value>,
    ) -> Result<Reply, Fault> {
        let crashes = self.settings.deviations.has(Deviation::OddShareCrashes);
        let odd = |text: &str, exception: &str| match crashes {
            true => Fault::new(FaultKind::Internal, exception),
            false => invalid(text),
        };
        let body_fault = |text: &str| Fault::new(FaultKind::InvalidRequestBody, text);
        let document = document.ok_or_else(|| body_fault("Request body can not be empty"))?;
        let Value::Object(keys) = document else {
            return Err(odd("Document type not supported.", "'list' object has no attribute 'keys'"));
        };
        refuse("Unknown keys", keys.keys().map(String::as_str).filter(|key| !KEYS.contains(key)))?;
        let paths = shared_paths(&keys, queue)?;
        let key = &self.settings.options.secret_key;
        if key.is_empty() {
            return Err(invalid("The `key` can't be None"));
        }
        let methods = match keys.get("methods").filter(|methods| !is_falsy(methods)) {
            None => vec!["GET".into()],
            Some(Value::Array(methods)) => methods.clone(),
            Some(_) => return Err(invalid("`methods` should be a list")),
        };
        let today = self.settings.time_of_day(caller.now);
        let expires = match keys.get("expires") {
            None | Some(Value::Null) => date(self.settings.since_1970(caller.now) + LASTS),
            Some(Value::String(text)) => read_date(text).map_err(invalid)?,
            Some(Value::Number(number)) => return Err(invalid(is_number(number.as_f64().unwrap_or_default() as i64))),
            Some(Value::Bool(flag)) => return Err(invalid(is_number((*flag).into()))),
            Some(other) => {
                let kind = if other.is_array() { "list" } else { "dict" };
                let exception = format!("{TYPE_ERROR}, not '{kind}'");
                return Err(odd("`expires` should be date format, for example 2016-01-01T00:00:00", &exception));
            }
        };
        if expires <= today {
            return Err(invalid("`expires` is lower than the current time"));
        }
        let is_text = |method: &Value| method.as_str().map(str::to_owned);
        let methods: Option<Vec<String>> = methods.iter().map(is_text).collect();
        let methods = methods.ok_or_else(|| odd("`methods` should be a list", NO_TEXT))?;
        let url = SignedUrl::new(paths, methods, caller.project.as_str(), expires);
        let document = url.document(key);
        if !self.settings.deviations.has(Deviation::ShareCreatesNoQueue) {
            self.queue_or_new(&caller.project, queue.clone());
        }
        Ok(done(200, None, Some(document)))
    }
}

/// The paths to share; messages unless said otherwise.
fn shared_paths(keys: &Map<String, Value>, queue: &QueueName) -> Result<Vec<String>, Fault> {
    let path = |part: &str| format!("/v2/queues/{queue}/{part}");
    match keys.get("paths").filter(|paths| !is_falsy(paths)) {
        None => Ok(vec![path("messages")]),
        Some(Value::Array(parts)) => {
            let shown: Vec<String> =
                parts.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), Into::into)).collect();
            refuse("Invalid paths", shown.iter().map(String::as_str).filter(|part| !PATHS.contains(part)))?;
            Ok(shown.iter().map(|part| path(part)).collect())
        }
        Some(other) => {
            Err(refuse("Invalid paths", [other.to_string().as_str()].into_iter()).expect_err("it is no list"))
        }
    }
}

/// Refuses what is left over, if something is, in the notation of the reference.
fn refuse<'a>(what: &str, left: impl Iterator<Item = &'a str>) -> Result<(), Fault> {
    let mut left: Vec<String> = left.map(|name| format!("'{name}'")).collect();
    left.sort();
    left.dedup();
    if left.is_empty() { Ok(()) } else { Err(invalid(format!("{what}: {{{}}}", left.join(", ")))) }
}

/// What a client sees where the reference breaks down. Observed: zaqar 23.0.1.
const TYPE_ERROR: &str = "int() argument must be a string, a bytes-like object or a real number";
const NO_TEXT: &str = "sequence item 0: expected str instance, int found";
