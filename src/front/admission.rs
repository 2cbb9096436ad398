//! Takes a request before the model sees it.
//! Gives a refusal if the server has no room for what it would start or store.
//! Never lets a part of it in: nothing that was accepted is dropped later.

use serde_json::Value;

use super::FrontOptions;
use crate::model::Model;
use crate::protocol::{Fault, FaultKind, Operation, Request};

/// The bounds, and what is known of how close they are.
#[derive(Debug)]
pub(super) struct Admission {
    deliveries_max: usize,
    messages_max: usize,
    bytes_max: usize,
    /// At least as many messages and bytes as are stored. Counting them takes a while, so it is done only when one of
    /// them reaches its bound.
    at_most: Stored,
}

#[derive(Clone, Copy, Debug, Default)]
struct Stored {
    messages: usize,
    bytes: usize,
}

impl Admission {
    pub(super) fn new(options: &FrontOptions) -> Self {
        let FrontOptions { deliveries_max, messages_max, bytes_max, .. } = *options;
        Self { deliveries_max, messages_max, bytes_max, at_most: Stored::default() }
    }

    /// Only posts start deliveries and store without end.
    pub(super) fn refusal(&mut self, model: &Model, request: &Request) -> Option<Fault> {
        let Operation::PostMessages { queue, document, .. } = &request.operation else { return None };
        let document = document.as_ref()?;
        let messages = document.get("messages").and_then(Value::as_array).map_or(0, Vec::len);
        let more = Stored { messages, bytes: model.bytes_of_post(&request.project, queue, document) };
        self.deliveries(model.deliveries_pending(), model.subscription_count(&request.project, queue))
            .or_else(|| self.storage(model, more))
    }

    fn deliveries(&self, pending: usize, more: usize) -> Option<Fault> {
        let max = self.deliveries_max;
        if more > max {
            return Some(full(format!(
                "The queue has {more} subscriptions, and this server makes at most {max} deliveries at a time."
            )));
        }
        // A queue without subscriptions starts none.
        (more > 0 && pending + more > max)
            .then(|| full("Too many notifications are waiting for their subscribers. Please try again later.".into()))
    }

    fn storage(&mut self, model: &Model, more: Stored) -> Option<Fault> {
        if self.excess(more).is_some() {
            let counts = model.counts();
            self.at_most = Stored { messages: counts.messages, bytes: counts.bytes };
        }
        if let Some(bound) = self.excess(more) {
            return Some(full(format!("This server stores at most {bound}. Please try again later.")));
        }
        self.at_most.messages += more.messages;
        self.at_most.bytes += more.bytes;
        None
    }

    /// The bound beyond which so much more would go.
    fn excess(&self, more: Stored) -> Option<String> {
        let Self { messages_max, bytes_max, at_most, .. } = self;
        if at_most.messages + more.messages > *messages_max {
            return Some(format!("{messages_max} messages"));
        }
        (at_most.bytes + more.bytes > *bytes_max).then(|| format!("{bytes_max} bytes of messages"))
    }
}

fn full(text: String) -> Fault {
    Fault::new(FaultKind::ServiceUnavailable, text)
}
