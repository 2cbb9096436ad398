//! Takes the document of a post.
//! Gives its messages, checked.
//! Never stores one: either all are right, or none is kept.

use serde_json::{Map, Value};

use super::invalid;
use crate::policy::is_falsy;
use crate::protocol::{Deviation, Deviations, Document, Fault, FaultKind, Options, QueueName};

/// The shortest life of a message in seconds. Source: api-ref, "Post Message".
const TTL_MIN_S: i64 = 60;

/// What checking a post depends on: the operator's options and the queue's metadata.
pub(super) struct Rules<'a> {
    pub(super) options: &'a Options,
    pub(super) metadata: &'a Map<String, Value>,
    pub(super) deviations: Deviations,
}

/// A message as the client wrote it, checked.
pub(super) struct NewMessage {
    pub(super) body: Value,
    pub(super) ttl_s: u32,
    pub(super) delay_s: u32,
}

impl NewMessage {
    /// What a subscriber is sent, with this JSON for the body; it learns of the delay where the queue has one. The keys
    /// are in this order. Observed: zaqar 23.0.1.
    pub(super) fn notification(&self, queue: &QueueName, body: &str, tell_delay: bool) -> Document {
        Document::object(|notification| {
            notification.set_shown("ttl", self.ttl_s).set_json("body", body);
            if tell_delay {
                notification.set_shown("delay", self.delay_s);
            }
            notification.set_plain("Message_Type", &["Notification"]).set("queue_name", queue.as_str());
        })
    }
}

impl Rules<'_> {
    /// What the queue says, if it is not as good as nothing.
    pub(super) fn queue_says(&self, key: &str) -> Option<&Value> {
        self.metadata.get(key).filter(|value| !is_falsy(value))
    }

    /// Checks the size of the whole document.
    pub(super) fn check_size(&self, size: usize) -> Result<(), Fault> {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        let max = self.options.max_messages_post_size;
        if let Some(own) = self.queue_says("_max_messages_post_size").and_then(integer)
            && size > own.min(max)
        {
            return Err(invalid(format!(
                "Message collection size is too large. The max size for current queue is {}. It is calculated by max \
                 size = min(max_messages_post_size_config: {max}, max_messages_post_size_queue: {own}).",
                own.min(max)
            )));
        }
        if size > max {
            return Err(invalid(format!("Message collection size is too large. Max size {max}")));
        }
        Ok(())
    }

    /// Reads the messages, however many there are. Observed: zaqar 23.0.1; the API reference speaks of 10 and of the
    /// size, which alone is heeded.
    pub(super) fn read(&self, document: Option<Value>) -> Result<Vec<NewMessage>, Fault> {
        let mut document = document.ok_or_else(|| body_fault("Request body can not be empty"))?;
        let messages = match document.get_mut("messages").map(Value::take) {
            None => return Err(invalid("No messages were found in the request body.")),
            Some(Value::Array(messages)) => messages,
            Some(_) => return Err(body_fault("Document type not supported.")),
        };
        let messages = messages.into_iter().map(|message| self.fields(message)).collect::<Result<Vec<_>, _>>()?;
        if messages.is_empty() {
            return Err(invalid("No messages to enqueu."));
        }
        messages.into_iter().map(|fields| self.checked(fields)).collect()
    }

    fn fields(&self, message: Value) -> Result<Fields, Fault> {
        let mut keys = match message {
            Value::Object(keys) => keys,
            other if self.deviations.has(Deviation::OddMessageCrashes) => {
                return Err(Fault::new(FaultKind::Internal, python_complaint(&other)));
            }
            _ => Map::new(),
        };
        let default_ttl = self.options.default_message_ttl.into();
        let ttl_s =
            self.integer("ttl", keys.get("ttl"), self.queue_says("_default_message_ttl").unwrap_or(&default_ttl))?;
        let body = keys.shift_remove("body").ok_or_else(|| body_fault("Missing \"body\" field."))?;
        let own_delay = self.queue_says("_default_message_delay");
        let default_delay = self.options.default_message_delay.into();
        let delay_s = if own_delay.is_none() && self.deviations.has(Deviation::MessageDelayNeedsQueueDelay) {
            0
        } else {
            self.integer("delay", keys.get("delay"), own_delay.unwrap_or(&default_delay))?
        };
        Ok(Fields { body, ttl_s, delay_s })
    }

    fn integer(&self, name: &str, given: Option<&Value>, default: &Value) -> Result<i64, Fault> {
        let value = given.unwrap_or(default);
        let boolean = given.is_some_and(Value::is_boolean) && !self.deviations.has(Deviation::BooleansPassAsIntegers);
        integer(value)
            .filter(|_| !boolean)
            .ok_or_else(|| body_fault(&format!("The value of the \"{name}\" field must be a int.")))
    }

    fn checked(&self, Fields { body, ttl_s, delay_s }: Fields) -> Result<NewMessage, Fault> {
        let Options { max_message_ttl, max_message_delay, .. } = self.options;
        if !(TTL_MIN_S..=*max_message_ttl).contains(&ttl_s) {
            return Err(invalid(format!(
                "The TTL for a message may not exceed {max_message_ttl} seconds, and must be at least {TTL_MIN_S} \
                 seconds long."
            )));
        }
        if !(0..=*max_message_delay).contains(&delay_s) {
            return Err(invalid(format!(
                "The Delay TTL for a message may not exceed {max_message_delay} seconds,and must be at least 0 \
                 seconds long."
            )));
        }
        let seconds = |value| u32::try_from(value).expect("the options allow a hundred years at most");
        Ok(NewMessage { body, ttl_s: seconds(ttl_s), delay_s: seconds(delay_s) })
    }
}

struct Fields {
    body: Value,
    ttl_s: i64,
    delay_s: i64,
}

/// An integer as Python has them: true is 1.
pub(super) fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_bool().map(i64::from))
}

pub(super) fn body_fault(text: &str) -> Fault {
    Fault::new(FaultKind::InvalidRequestBody, text)
}

/// What the reference says when it takes something for an object that is none. Observed: zaqar 23.0.1.
fn python_complaint(value: &Value) -> String {
    let kind = match value {
        Value::String(_) => return "string indices must be integers, not 'str'".into(),
        Value::Array(_) => return "list indices must be integers or slices, not str".into(),
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        _ => "int",
    };
    format!("'{kind}' object is not subscriptable")
}
