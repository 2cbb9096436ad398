//! Takes a case.
//! Gives what the reference model does with it in virtual time, exact to the nanosecond, without a thread or a socket.
//! Never lets time pass on its own: it jumps to whatever happens next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{ATTEMPTS_MAX, Bindings, Error, Move, Stage, Target};
use crate::judge::{Clockwork, Observed};
use crate::model::{Model, Settings};
use crate::protocol::{Delivery, DeliveryId, DeliveryOutcome, Deviations};
use crate::scenario::{Answer, Behaviour, Capability, Case};
use crate::subscriber::{Reaction, Ticket};
use crate::time::{Duration, Instant};
use crate::wire::{HttpRequest, answer};

/// The reference model as a target.
#[derive(Clone, Copy, Debug)]
pub struct ModelTarget {
    /// In which ways it differs from the documents.
    pub deviations: Deviations,
}

impl Target for ModelTarget {
    fn name(&self) -> String {
        "model".into()
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        BTreeSet::from([Capability::Confirmation])
    }

    fn clock(&self) -> Clockwork {
        Clockwork::Virtual
    }

    fn play(&self, case: &Arc<Case>) -> impl Future<Output = Result<Observed, Error>> + Send {
        std::future::ready(self.play_now(case))
    }
}

impl ModelTarget {
    /// Plays a case at once; what [`Target::play`] promises is ready.
    ///
    /// # Errors
    /// [`Error::Endless`].
    pub fn play_now(&self, case: &Arc<Case>) -> Result<Observed, Error> {
        let addresses = case.subscribers.keys().map(|name| (name.clone(), format!("http://{name}.test/"))).collect();
        let world = World {
            stage: Stage::new(Arc::clone(case), Bindings::new("model", case, addresses), Duration::ZERO),
            model: Model::new(settings_for(case, self.deviations)),
            arrivals: BTreeMap::new(),
            attempts: 0,
        };
        world.run()
    }
}

/// The settings of a server as the case needs it.
pub fn settings_for(case: &Case, deviations: Deviations) -> Settings {
    let mut settings = Settings::new(deviations);
    if case.needs.contains(&Capability::Confirmation) {
        settings.options.require_confirmation = true;
        settings.options.secret_key = SECRET_KEY.into();
    }
    settings
}

/// The key of pre-signed URLs: any will do, where the client sees only what was signed with it.
const SECRET_KEY: &str = "zaqarcheck";

/// The model, the stage, and what is on its way between them.
struct World {
    stage: Stage,
    model: Model,
    /// Outcomes by the time at which the model learns of them; deliveries of one instant in their order.
    arrivals: BTreeMap<(Instant, DeliveryId), (Option<Ticket>, DeliveryOutcome)>,
    attempts: usize,
}

impl World {
    /// Model first, then what is on its way, then the client: at one instant a retry that is due goes out before the
    /// client's next step, as a server's timer fires whether or not a client is about to call.
    fn run(mut self) -> Result<Observed, Error> {
        let mut now = Instant::START;
        loop {
            self.model.handle_timeout(now);
            self.deliver(now)?;
            if let Some(entry) = self.arrivals.first_entry().filter(|entry| entry.key().0 <= now) {
                let ((_, id), (ticket, outcome)) = entry.remove_entry();
                ticket.into_iter().for_each(|ticket| self.stage.handle_end(now, ticket));
                self.model.handle_delivered(now, id, &outcome);
                continue;
            }
            let wait = match self.stage.poll(now) {
                Move::Over => return Ok(self.stage.into_observed(now, Vec::new())),
                Move::Send(request) => {
                    let response = answer(&mut self.model, now, &request);
                    self.stage.handle_answer(now, response);
                    continue;
                }
                Move::Disrupt(disruption) => return Err(Error::Undisruptable(disruption.to_string())),
                Move::Wait(until) => until,
            };
            let due = self.arrivals.first_key_value().map(|((at, _), _)| *at);
            let next =
                [Some(wait), due, self.model.poll_timeout()].into_iter().flatten().min().expect("the wait is one");
            now = next.max(now);
        }
    }

    /// Hands every delivery the model wants made to its subscriber.
    fn deliver(&mut self, now: Instant) -> Result<(), Error> {
        while let Some(delivery) = self.model.poll_delivery() {
            self.attempts += 1;
            if self.attempts > ATTEMPTS_MAX {
                return Err(Error::Endless(ATTEMPTS_MAX));
            }
            let id = delivery.id;
            let (ticket, after, outcome) = self.attempt(now, delivery);
            self.arrivals.insert((now + after, id), (ticket, outcome));
        }
        Ok(())
    }

    /// One attempt: under which ticket it is observed, if it is, how long it takes, and what becomes of it.
    fn attempt(&mut self, now: Instant, delivery: Delivery) -> (Option<Ticket>, Duration, DeliveryOutcome) {
        let timeout = delivery.timeout;
        let subscriber = self.stage.subscriber_at(&delivery.url).map(str::to_owned);
        let request = HttpRequest {
            method: delivery.method.name().into(),
            target: "/".into(),
            headers: delivery.headers,
            body: delivery.body,
        };
        match subscriber.and_then(|name| self.stage.handle_arrival(now, &name, request)) {
            None => (None, Duration::ZERO, DeliveryOutcome::ConnectionError),
            Some((ticket, reaction)) => {
                let (after, outcome) = outcome(reaction);
                match timeout.filter(|timeout| after >= *timeout) {
                    Some(timeout) => (Some(ticket), timeout, DeliveryOutcome::TimedOut),
                    None => (Some(ticket), after, outcome),
                }
            }
        }
    }
}

/// What a server sees of a subscriber's reaction, and after how long.
fn outcome(reaction: Reaction) -> (Duration, DeliveryOutcome) {
    let answered = |status, location| DeliveryOutcome::Answered { status, location };
    match reaction {
        Reaction::Redirect(status, to) => (Duration::ZERO, answered(status, Some(to))),
        Reaction::Behave(behaviour) => match behaviour {
            Behaviour::Hang(duration) => (duration, DeliveryOutcome::ConnectionError),
            Behaviour::SlowBody(duration) => (duration, answered(200, None)),
            Behaviour::Status(Answer { status, headers, delay, .. }) => {
                let location = headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
                (delay, answered(status, location.map(|(_, value)| value)))
            }
            Behaviour::Garbage
            | Behaviour::PartialReply
            | Behaviour::ReadThenClose
            | Behaviour::Redirect { .. }
            | Behaviour::Refuse(_)
            | Behaviour::Reset => (Duration::ZERO, DeliveryOutcome::ConnectionError),
        },
    }
}
