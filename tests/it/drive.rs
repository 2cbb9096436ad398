//! Takes a model, requests, and what becomes of each delivery.
//! Gives every delivery with the time at which it went out, virtual time jumping from one to the next.
//! Never looks into the model: it calls what a server around it would call.

use serde_json::Value;
use zaqarcheck::model::{Model, Settings};
use zaqarcheck::protocol::{Delivery, DeliveryOutcome, Deviations, Operation, ProjectId, QueueName, Reply, Request};
use zaqarcheck::time::Instant;

/// A delivery that went out.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) at: Instant,
    pub(crate) delivery: Delivery,
}

/// A model with its clock.
#[derive(Debug)]
pub(crate) struct Driven {
    pub(crate) model: Model,
    pub(crate) now: Instant,
}

impl Driven {
    pub(crate) fn new(deviations: Deviations) -> Self {
        Self { model: Model::new(Settings::new(deviations)), now: Instant::START }
    }

    /// One request of a tenant.
    pub(crate) fn ask(&mut self, project: &str, operation: Operation) -> Reply {
        let project = ProjectId::parse(project).expect("the name is well-formed");
        self.model.handle(self.now, Request::new(project, operation))
    }

    /// One request that has to succeed.
    #[track_caller]
    pub(crate) fn expect(&mut self, project: &str, operation: Operation) {
        let reply = self.ask(project, operation.clone());
        assert!(matches!(reply, Reply::Done { .. }), "{operation:?}: {reply:?}");
    }

    /// Makes every delivery at once until none is pending; `outcome` is told the number of the delivery, from 0.
    pub(crate) fn run(&mut self, mut outcome: impl FnMut(usize, &Delivery) -> DeliveryOutcome) -> Vec<Sent> {
        let mut sent: Vec<Sent> = Vec::new();
        while self.model.deliveries_pending() > 0 {
            self.model.handle_timeout(self.now);
            while let Some(delivery) = self.model.poll_delivery() {
                assert!(sent.len() < ATTEMPTS_MAX, "the retries do not stop");
                let came_to = outcome(sent.len(), &delivery);
                self.model.handle_delivered(self.now, delivery.id, &came_to);
                sent.push(Sent { at: self.now, delivery });
            }
            self.now = self.model.poll_timeout().unwrap_or(self.now);
        }
        sent
    }
}

impl Sent {
    /// The `body` of the message it carries.
    pub(crate) fn message(&self) -> Value {
        let notification: Value = serde_json::from_slice(&self.delivery.body).expect("a notification is JSON");
        notification["body"].clone()
    }
}

pub(crate) fn queue(name: &str) -> QueueName {
    QueueName::parse(name).expect("the name is well-formed")
}

pub(crate) fn create_queue(name: &str, metadata: Value) -> Operation {
    Operation::CreateQueue { queue: queue(name), metadata: Some(metadata) }
}

pub(crate) fn subscribe(name: &str, document: Value) -> Operation {
    Operation::CreateSubscription { queue: queue(name), document: Some(document) }
}

pub(crate) fn post(name: &str, bodies: impl IntoIterator<Item = String>) -> Operation {
    let messages: Vec<Value> = bodies.into_iter().map(|body| serde_json::json!({ "body": body })).collect();
    let document = serde_json::json!({ "messages": messages });
    Operation::PostMessages { queue: queue(name), size: document.to_string().len(), document: Some(document) }
}

pub(crate) const fn answered(status: u16) -> DeliveryOutcome {
    DeliveryOutcome::Answered { status, location: None }
}

/// More than any policy here asks for.
const ATTEMPTS_MAX: usize = 10_000;
