//! Takes a stage that several tasks have to do with: the client, and the sockets of the subscribers.
//! Gives each its turn on it, and plays it to its end.
//! Never knows a network: how a request is sent, and what a disruption does, is the [`Stagehand`]'s.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::{Error, Move, Stage};
use crate::clock::Clock;
use crate::judge::{Noise, Observed};
use crate::scenario::Disruption;
use crate::subscriber::{Audience, Reaction, Ticket};
use crate::time::Instant;
use crate::wire::{HttpRequest, HttpResponse};

/// Does what the stage asks of the client's side.
pub trait Stagehand: Send {
    /// Sends a request to the server.
    fn send(&mut self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse, Error>> + Send;

    /// Does something to the network; only a target that declares a simulated one is ever asked.
    fn disrupt(&mut self, disruption: Disruption) -> impl Future<Output = ()> + Send {
        async move { unreachable!("no simulated network was declared, so no case does this: {disruption:?}") }
    }

    /// Only silence is waited for.
    fn on_quiet(&mut self) {}
}

/// A stage shared by the client and the subscribers.
#[derive(Debug)]
pub struct House {
    stage: Mutex<Option<Stage>>,
    /// Rings when the client's next move may have changed.
    client: Notify,
    /// Each rings when the subscriber's port may have opened or closed. One bell for all would wake a thousand
    /// subscribers for what happens to one.
    doors: BTreeMap<String, Notify>,
}

impl House {
    /// A house for this stage, the addresses of all its subscribers being known.
    pub fn new(stage: Stage) -> Self {
        let doors = stage.subscribers().map(|name| (name.to_owned(), Notify::new())).collect();
        Self { stage: Mutex::new(Some(stage)), client: Notify::new(), doors }
    }

    /// The house as the sockets of subscribers see it, on the clock of where they stand.
    pub fn seat(self: &Arc<Self>, clock: Clock) -> Arc<dyn Audience> {
        Arc::new(Seat { house: Arc::clone(self), clock })
    }

    /// Plays the case to its end.
    ///
    /// # Errors
    /// What the stagehand's requests end with.
    pub async fn play(&self, clock: Clock, mut stagehand: impl Stagehand) -> Result<(), Error> {
        loop {
            let changed = self.client.notified();
            let now = clock.now();
            let (next, quiet) = self.with(|stage| (stage.poll(now), stage.is_quiet(now)));
            if quiet {
                stagehand.on_quiet();
            }
            match next {
                Move::Over => return Ok(()),
                Move::Send(request) => {
                    if self.with(|stage| stage.is_posting()) {
                        self.ring_all();
                    }
                    let response = stagehand.send(request).await?;
                    self.with(|stage| stage.handle_answer(clock.now(), response));
                }
                Move::Disrupt(disruption) => {
                    stagehand.disrupt(disruption).await;
                    self.with(|stage| stage.handle_disrupted(clock.now()));
                    self.ring_all();
                }
                Move::Wait(until) => tokio::select! {
                    biased;
                    () = changed => {}
                    () = clock.sleep_until(until) => {}
                },
            }
        }
    }

    /// Everything that was observed; the house is empty afterwards.
    ///
    /// # Panics
    /// If it was closed before.
    pub fn close(&self, now: Instant, noise: Vec<Noise>) -> Observed {
        lock(&self.stage).take().expect("closed only here").into_observed(now, noise)
    }

    /// A post starts the clock of closed ports, and a crash ends what a subscriber does.
    fn ring_all(&self) {
        self.doors.values().for_each(Notify::notify_waiters);
    }

    fn ring(&self, subscriber: &str) {
        self.client.notify_waiters();
        self.doors[subscriber].notify_waiters();
    }

    fn with<T>(&self, act: impl FnOnce(&mut Stage) -> T) -> T {
        act(lock(&self.stage).as_mut().expect("closed after the play"))
    }
}

struct Seat {
    house: Arc<House>,
    clock: Clock,
}

impl Audience for Seat {
    fn closed(&self, subscriber: &str) -> Option<Option<Instant>> {
        let now = self.clock.now();
        match lock(&self.house.stage).as_mut() {
            Some(stage) => stage.closed(now, subscriber),
            None => Some(None),
        }
    }

    fn arrived(&self, subscriber: &str, request: HttpRequest) -> Option<(Ticket, Reaction)> {
        let now = self.clock.now();
        let reaction = lock(&self.house.stage).as_mut()?.handle_arrival(now, subscriber, request);
        self.house.ring(subscriber);
        reaction
    }

    fn ended(&self, subscriber: &str, ticket: Ticket) {
        let now = self.clock.now();
        if let Some(stage) = lock(&self.house.stage).as_mut() {
            stage.handle_end(now, ticket);
        }
        self.house.ring(subscriber);
    }

    fn changed(&self, subscriber: &str) -> &Notify {
        &self.house.doors[subscriber]
    }
}

/// A panic elsewhere has its own report; the data behind the lock is whole, since nobody stops in the middle of a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
