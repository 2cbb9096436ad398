//! Takes a stage that several tasks have to do with: the client, and the sockets of the subscribers.
//! Gives each its turn on it, and plays it to its end.
//! Never knows a network: how a request is sent, and what a disruption does, is the [`Stagehand`]'s.

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
#[derive(Debug, Default)]
pub struct House {
    stage: Mutex<Option<Stage>>,
    changed: Notify,
}

impl House {
    /// A house without a stage: every port is closed until there is one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the stage, the addresses of all subscribers being known.
    pub fn set(&self, stage: Stage) {
        *lock(&self.stage) = Some(stage);
        self.changed.notify_waiters();
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
            let changed = self.changed.notified();
            let now = clock.now();
            let (next, quiet) = self.with(|stage| (stage.poll(now), stage.is_quiet(now)));
            if quiet {
                stagehand.on_quiet();
            }
            match next {
                Move::Over => return Ok(()),
                Move::Send(request) => {
                    self.changed.notify_waiters();
                    let response = stagehand.send(request).await?;
                    self.with(|stage| stage.handle_answer(clock.now(), response));
                }
                Move::Disrupt(disruption) => {
                    stagehand.disrupt(disruption).await;
                    self.with(|stage| stage.handle_disrupted(clock.now()));
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
    /// If the stage was never set.
    pub fn close(&self, now: Instant, noise: Vec<Noise>) -> Observed {
        lock(&self.stage).take().expect("set before the play, closed only here").into_observed(now, noise)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Stage) -> T) -> T {
        act(lock(&self.stage).as_mut().expect("set before the play"))
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
        self.house.changed.notify_waiters();
        reaction
    }

    fn ended(&self, ticket: Ticket) {
        let now = self.clock.now();
        if let Some(stage) = lock(&self.house.stage).as_mut() {
            stage.handle_end(now, ticket);
        }
        self.house.changed.notify_waiters();
    }

    fn changed(&self) -> &Notify {
        &self.house.changed
    }
}

/// A panic elsewhere has its own report; the data behind the lock is whole, since nobody stops in the middle of a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
