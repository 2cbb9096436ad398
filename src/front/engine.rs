//! Takes requests of connections, outcomes of deliveries, and wake-ups.
//! Gives each to the model with the time on the server's clock, and starts the deliveries that the model wants made.
//! Never waits for a subscriber: each delivery has a task of its own.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

use super::FrontOptions;
use super::deliver::{deliver, is_encrypted};
use crate::client::Dial;
use crate::clock::Clock;
use crate::model::Model;
use crate::protocol::{DeliveryId, DeliveryOutcome, Fault, FaultKind, Operation, Reply, Request};
use crate::rng::Stream;
use crate::time::Instant;

/// Requests that may wait for the model; further connections wait before they hand theirs over.
const REQUESTS_WAITING: usize = 1024;

/// A running model: ask it from any task. It ends when the last of its handles is dropped.
#[derive(Clone, Debug)]
pub struct Front {
    asked: mpsc::Sender<Asked>,
    ids: Arc<Mutex<Stream>>,
}

/// Starts a model whose subscribers are reached through `dial`. The handle of its task gives, in the end, how many
/// deliveries were still waiting.
pub fn start<D: Dial>(options: FrontOptions, dial: D) -> (Front, JoinHandle<usize>) {
    let (asked, requests) = mpsc::channel(REQUESTS_WAITING);
    let ids = Arc::new(Mutex::new(Stream::new(options.settings.seed, "request-id")));
    let engine = Engine {
        model: Model::new(options.settings.clone()),
        clock: Clock::start(options.time_scale),
        requests,
        deliveries: JoinSet::new(),
        dial,
        options,
        told_of_tls: false,
    };
    (Front { asked, ids }, tokio::spawn(engine.run()))
}

impl Front {
    /// The model's reply; a fault if the model is gone.
    pub async fn ask(&self, request: Request) -> Reply {
        let (reply, replied) = oneshot::channel();
        let gone = |_| Reply::Fault(Fault::new(FaultKind::ServiceUnavailable, "The server is shutting down."));
        match self.asked.send(Asked { request, reply }).await {
            Ok(()) => replied.await.unwrap_or_else(|closed| gone(closed.to_string())),
            Err(closed) => gone(closed.to_string()),
        }
    }

    /// The next request id.
    pub(super) fn request_id(&self) -> String {
        format!("req-{}", self.ids.lock().unwrap_or_else(PoisonError::into_inner).uuid())
    }
}

#[derive(Debug)]
struct Asked {
    request: Request,
    reply: oneshot::Sender<Reply>,
}

/// The one owner of the model and its clock.
struct Engine<D> {
    model: Model,
    clock: Clock,
    requests: mpsc::Receiver<Asked>,
    deliveries: JoinSet<(DeliveryId, DeliveryOutcome)>,
    dial: D,
    options: FrontOptions,
    told_of_tls: bool,
}

impl<D: Dial> Engine<D> {
    /// One turn of the loop takes in at most one outcome and one request, so that neither keeps the other waiting.
    async fn run(mut self) -> usize {
        loop {
            self.model.handle_timeout(self.clock.now());
            self.send_deliveries();
            let wake = self.model.poll_timeout();
            tokio::select! {
                biased;
                Some(delivered) = self.deliveries.join_next() => {
                    let (id, outcome) = delivered.expect("a delivery neither panics nor is cancelled");
                    self.model.handle_delivered(self.clock.now(), id, &outcome);
                    self.send_deliveries();
                    if let Ok(asked) = self.requests.try_recv() {
                        self.answer(asked);
                    }
                }
                asked = self.requests.recv() => match asked {
                    Some(asked) => self.answer(asked),
                    None => return self.model.deliveries_pending(),
                },
                () = sleep(self.clock, wake) => {}
            }
        }
    }

    fn answer(&mut self, Asked { request, reply }: Asked) {
        let answer = match self.refusal(&request) {
            Some(fault) => fault.into(),
            None => self.model.handle(self.clock.now(), request),
        };
        // A client that has hung up does not want to know.
        let _ = reply.send(answer);
    }

    /// Nothing that was accepted is ever dropped, so what there is no room for is not accepted.
    fn refusal(&self, request: &Request) -> Option<Fault> {
        let posts = matches!(request.operation, Operation::PostMessages { .. });
        let full = self.model.deliveries_pending() >= self.options.deliveries_max;
        (posts && full).then(|| {
            let text = "Too many notifications are waiting for their subscribers. Please try again later.";
            Fault::new(FaultKind::ServiceUnavailable, text)
        })
    }

    fn send_deliveries(&mut self) {
        while let Some(delivery) = self.model.poll_delivery() {
            if is_encrypted(&delivery.url) && !self.told_of_tls {
                self.told_of_tls = true;
                (self.options.note)(
                    "subscribers at https:// can't be reached, there is no TLS here: they count as dead",
                );
            }
            self.deliveries.spawn(deliver(self.dial.clone(), self.clock, delivery));
        }
    }
}

async fn sleep(clock: Clock, until: Option<Instant>) {
    match until {
        Some(until) => clock.sleep_until(until).await,
        None => std::future::pending().await,
    }
}
