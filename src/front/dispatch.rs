//! Takes the deliveries that the model wants made.
//! Gives each a task of its own, as soon as there is a socket for it.
//! Never lets one subscriber have so many sockets that none is left for the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::FrontOptions;
use super::deliver::deliver;
use super::engine::Engine;
use super::mail::mail;
use super::metrics::Open;
use super::tls::Tls;
use crate::client::Dial;
use crate::clock::Clock;
use crate::protocol::{Delivery, Means};
use crate::time::Instant;

/// Starts the deliveries of a model.
pub(super) struct Dispatcher<D> {
    engine: Arc<Engine>,
    dial: D,
    sockets: Sockets,
    tasks: JoinSet<()>,
    tls: Option<Tls>,
}

impl<D: Dial> Dispatcher<D> {
    pub(super) fn new(engine: Arc<Engine>, dial: D, options: &FrontOptions) -> Self {
        Self { engine, dial, sockets: Sockets::new(options), tasks: JoinSet::new(), tls: options.tls.clone() }
    }

    /// Runs until no handle of the model is left; gives how many deliveries were still waiting.
    pub(super) async fn run(mut self, mut handles: mpsc::Receiver<()>) -> usize {
        let mut due = Vec::new();
        loop {
            let wake = self.engine.poll(&mut due);
            for delivery in due.drain(..) {
                self.begin(delivery);
            }
            while let Some(ended) = self.tasks.try_join_next() {
                ended.expect("a delivery neither panics nor is cancelled");
            }
            tokio::select! {
                biased;
                _ = handles.recv() => return self.engine.deliveries_pending(),
                () = self.engine.work.notified() => {}
                () = sleep(self.engine.clock, wake) => {}
            }
        }
    }

    fn begin(&mut self, delivery: Delivery) {
        let (own, all) = self.sockets.of(&delivery.url);
        let (engine, dial, tls) = (Arc::clone(&self.engine), self.dial.clone(), self.tls.clone());
        self.tasks.spawn(async move {
            // First in the queue of its own subscriber: who waits there keeps nobody else waiting.
            let _own = own.acquire().await;
            let _any = all.acquire().await;
            let _open = Open::counted(&engine.metrics.sockets);
            let (id, outcome) = match delivery.means {
                Means::Http => deliver(dial, tls, engine.clock, delivery).await,
                Means::Mail => mail(&engine.settings.options.smtp_command, engine.clock, delivery).await,
            };
            engine.handle_delivered(id, &outcome);
        });
    }
}

async fn sleep(clock: Clock, until: Option<Instant>) {
    match until {
        Some(until) => clock.sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// How many sockets may be open: to all subscribers together, and to each.
struct Sockets {
    all: Arc<Semaphore>,
    each: BTreeMap<String, Arc<Semaphore>>,
    each_max: usize,
    /// Subscribers that have none are forgotten when this many are known.
    forget_at: usize,
}

impl Sockets {
    fn new(options: &FrontOptions) -> Self {
        Self {
            all: Arc::new(Semaphore::new(options.sockets_max.min(Semaphore::MAX_PERMITS))),
            each: BTreeMap::new(),
            each_max: options.subscriber_sockets_max.min(Semaphore::MAX_PERMITS),
            forget_at: KNOWN_MIN,
        }
    }

    /// The places of one subscriber, and those of all.
    fn of(&mut self, url: &str) -> (Arc<Semaphore>, Arc<Semaphore>) {
        if self.each.len() >= self.forget_at {
            self.each.retain(|_, places| Arc::strong_count(places) > 1);
            self.forget_at = KNOWN_MIN.max(2 * self.each.len());
        }
        let own = match self.each.get(url) {
            Some(own) => own,
            None => self.each.entry(url.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.each_max))),
        };
        (Arc::clone(own), Arc::clone(&self.all))
    }
}

const KNOWN_MIN: usize = 1024;
