//! Takes a request before the model sees it.
//! Gives a refusal if the server has no room for what it would start or store.
//! Never lets a part of it in: nothing that was accepted is dropped later.

use super::FrontOptions;
use crate::model::Model;
use crate::protocol::{Fault, FaultKind, Operation, Request};

/// The bounds, and what is known of how close they are.
#[derive(Debug)]
pub(super) struct Admission {
    deliveries_max: usize,
    messages_max: usize,
    /// At least as many as are stored. Counting them takes a while, so it is done only when this reaches the bound.
    messages_at_most: usize,
}

impl Admission {
    pub(super) const fn new(options: &FrontOptions) -> Self {
        Self { deliveries_max: options.deliveries_max, messages_max: options.messages_max, messages_at_most: 0 }
    }

    /// Only posts start deliveries and store without end.
    pub(super) fn refusal(&mut self, model: &Model, request: &Request) -> Option<Fault> {
        let Operation::PostMessages { queue, document, .. } = &request.operation else { return None };
        let messages = document.as_ref().and_then(|document| document.get("messages")?.as_array()).map_or(0, Vec::len);
        self.deliveries(model.deliveries_pending(), model.subscription_count(&request.project, queue))
            .or_else(|| self.messages(model, messages))
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

    fn messages(&mut self, model: &Model, more: usize) -> Option<Fault> {
        let max = self.messages_max;
        if self.messages_at_most + more > max {
            self.messages_at_most = model.counts().messages;
        }
        if self.messages_at_most + more > max {
            return Some(full(format!("This server stores at most {max} messages. Please try again later.")));
        }
        self.messages_at_most += more;
        None
    }
}

fn full(text: String) -> Fault {
    Fault::new(FaultKind::ServiceUnavailable, text)
}
