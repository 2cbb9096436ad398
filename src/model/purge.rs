//! Takes a request to empty a queue.
//! Gives it without its messages, its subscriptions, or both; the queue itself stays.
//! Never tells whether there was anything, or such a queue at all.

use serde_json::Value;

use super::queues::Queue;
use super::store::Store;
use super::{Caller, Model, done, invalid, unavailable};
use crate::policy::type_name;
use crate::protocol::{Deviation, Fault, FaultKind, QueueName, Reply};

const REFUSED: &str = "Resource types must be a sub set of {'messages', 'subscriptions'}.";
/// How many subscriptions one purge reaches where it takes those of a page.
const PAGE: usize = 10;
/// How many messages it pops at a time.
const POP: usize = 100;

impl Model {
    /// Empties a queue. Source: api-ref, "Purge queue": "Purge particular resource of the queue"; without a body, of
    /// both (observed: zaqar 23.0.1).
    pub(super) fn purge_queue(
        &mut self,
        caller: &Caller,
        name: &QueueName,
        document: Option<Value>,
    ) -> Result<Reply, Fault> {
        let deviations = self.settings.deviations;
        let (messages, subscriptions) = match document {
            None => (true, true),
            Some(document) => read(&document, deviations.has(Deviation::UnexpectedTypeCrashes))?,
        };
        let partly = deviations.has(Deviation::PurgeLeavesMuch);
        if messages && partly {
            while !self.pop(caller, name, POP).map_err(|_| unavailable("Queue could not be purged."))?.is_empty() {}
        }
        let pooled = self.settings.options.pooling && deviations.has(Deviation::PooledPurgeNeedsQueue);
        if subscriptions && pooled && self.queue(&caller.project, name).is_none() {
            return Err(unavailable("Queue could not be purged."));
        }
        if let Some(queue) = self.queue_mut(&caller.project, name) {
            if messages && !partly {
                queue.messages = Store::default();
            }
            if subscriptions {
                purge_subscriptions(queue, if partly { PAGE } else { usize::MAX });
            }
        }
        Ok(done(204, None, None))
    }
}

fn purge_subscriptions(queue: &mut Queue, most: usize) {
    for _ in 0..most {
        if queue.subscriptions.pop_first().is_none() {
            return;
        }
    }
}

/// Whether messages and subscriptions are meant.
fn read(document: &Value, crashes: bool) -> Result<(bool, bool), Fault> {
    let missing = || invalid("Post body must contain key \"resource_types\".");
    let crash = |text: String, refusal: fn() -> Fault| {
        if crashes { Fault::new(FaultKind::Internal, text) } else { refusal() }
    };
    let types = match document {
        Value::Object(keys) => keys.get("resource_types").ok_or_else(missing)?,
        Value::Array(items) if items.contains(&"resource_types".into()) => {
            return Err(crash("list indices must be integers or slices, not str".into(), || {
                invalid("Post body must contain key \"resource_types\".")
            }));
        }
        _ => return Err(missing()),
    };
    let names: Vec<&str> = match types {
        Value::Array(items) => {
            let odd = items.iter().find(|item| item.is_array() || item.is_object());
            if let Some(odd) = odd {
                return Err(crash(format!("unhashable type: '{}'", type_name(odd)), refused));
            }
            items.iter().map(|item| item.as_str().unwrap_or_default()).collect()
        }
        Value::Object(keys) => keys.keys().map(String::as_str).collect(),
        // The letters of a text are its members.
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(_) => return Err(refused()),
        odd => return Err(crash(format!("'{}' object is not iterable", type_name(odd)), refused)),
    };
    if names.iter().any(|name| !["messages", "subscriptions"].contains(name)) {
        return Err(refused());
    }
    Ok((names.contains(&"messages"), names.contains(&"subscriptions")))
}

fn refused() -> Fault {
    invalid(REFUSED)
}
