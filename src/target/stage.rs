//! Takes a case, and everything that happens while it is played: answers, arrivals, ends.
//! Gives the client's next move, what each subscriber does, and in the end all that was observed.
//! Never opens a socket or reads a clock: the same stage stands in virtual time and before a real server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fill::{Bindings, fill};
use crate::judge::{Attempt, Exchange, Noise, Observed, subject_of};
use crate::scenario::{Action, Behaviour, Case, Disruption, ExpectedDelivery, Host};
use crate::subscriber::{Reaction, Subscriber, Ticket};
use crate::time::{Duration, Instant};
use crate::wire::{HttpRequest, HttpResponse};

/// What the client does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// Sends this request and hands its answer to [`Stage::handle_answer`].
    Send(HttpRequest),
    /// Does this to the network and calls [`Stage::handle_disrupted`].
    Disrupt(Disruption),
    /// Waits until then, or until something happens.
    Wait(Instant),
    /// Nothing more: the case is over.
    Over,
}

/// One case while it is played.
///
/// Drive it: ask [`Stage::poll`] for the client's move, and ask again after each `handle_*` and when a wait is over.
#[derive(Debug)]
pub struct Stage {
    case: Arc<Case>,
    bindings: Bindings,
    subscribers: BTreeMap<String, Subscriber>,
    /// How long a missing attempt is waited for beyond its time.
    patience: Duration,
    next_step: usize,
    not_before: Instant,
    sent: Option<(Instant, HttpRequest)>,
    stopped: bool,
    /// The attempts under way.
    open: BTreeSet<Ticket>,
    last_event: Instant,
    observed: Observed,
    /// How many attempts each expected delivery has seen.
    seen: Vec<usize>,
}

impl Stage {
    /// A stage for `case`, before its first step.
    pub fn new(case: Arc<Case>, bindings: Bindings, patience: Duration) -> Self {
        let player =
            |(name, script): (&String, &crate::scenario::Script)| (name.clone(), Subscriber::new(script.clone()));
        Self {
            subscribers: case.subscribers.iter().map(player).collect(),
            seen: vec![0; case.expect.deliveries.len()],
            case,
            bindings,
            patience,
            next_step: 0,
            not_before: Instant::START,
            sent: None,
            stopped: false,
            open: BTreeSet::new(),
            last_event: Instant::START,
            observed: Observed::default(),
        }
    }

    /// The client's next move.
    pub fn poll(&mut self, now: Instant) -> Move {
        let case = Arc::clone(&self.case);
        while let Some(step) = case.steps.get(self.next_step).filter(|_| !self.stopped) {
            let due = self.not_before.max(Instant::after_start(step.at.unwrap_or_default()));
            if now < due {
                return Move::Wait(due);
            }
            if let Action::Advance(duration) = step.action {
                self.next_step += 1;
                self.not_before = due + duration;
                continue;
            }
            // A server sends a confirmation when it has answered, so it may still be on its way.
            if let Action::ConfirmByLink(link) = &step.action
                && !self.bindings.has_link(link)
                && now < due + self.patience
            {
                return Move::Wait(due + self.patience);
            }
            if let Action::Network(disruption) = &step.action {
                return Move::Disrupt(disruption.clone());
            }
            return self.send(now);
        }
        let deadline = self.deadline();
        match self.open.len() {
            0 if now >= deadline => Move::Over,
            0 => Move::Wait(self.overdue().filter(|overdue| now < *overdue).unwrap_or(deadline).min(deadline)),
            _ => Move::Wait(deadline.max(now + self.patience + Duration::from_secs(1))),
        }
    }

    /// Whether the next step, or the one under way, posts messages.
    pub fn is_posting(&self) -> bool {
        self.case.steps.get(self.next_step).is_some_and(|step| matches!(step.action, Action::Post(_)))
    }

    /// Takes in the answer to the request under way.
    pub fn handle_answer(&mut self, now: Instant, response: HttpResponse) {
        let Some((sent, request)) = self.sent.take() else { return };
        let index = self.next_step;
        let step = &self.case.steps[index];
        if let Action::Subscribe(subscribe) = &step.action
            && let Some(id) = response.json().as_ref().and_then(|body| body.get("subscription_id")?.as_str())
        {
            self.bindings.subscribed(subscribe, id);
        }
        // Nobody said what this answer must be, and what follows builds on it: going on would prove nothing.
        self.stopped = step.expect.is_none() && !(200..=299).contains(&response.status);
        self.observed.exchanges.push(Exchange { step: index, sent, request, response });
        self.next_step += 1;
        (self.not_before, self.last_event) = (now, now);
    }

    /// Takes in that the network has been disrupted as asked. What a host was doing ends with it.
    pub fn handle_disrupted(&mut self, now: Instant) {
        if let Action::Network(Disruption::Crash(Host::Subscriber(name))) = &self.case.steps[self.next_step].action {
            let of_host = |ticket: &&Ticket| self.observed.attempts[**ticket].subscriber == *name;
            let ended: Vec<Ticket> = self.open.iter().filter(of_host).copied().collect();
            ended.into_iter().for_each(|ticket| self.handle_end(now, ticket));
        }
        self.next_step += 1;
        (self.not_before, self.last_event) = (now, now);
    }

    /// The names of the subscribers.
    pub fn subscribers(&self) -> impl Iterator<Item = &str> {
        self.subscribers.keys().map(String::as_str)
    }

    /// Whether a subscriber's port is closed now, and until when if that is known.
    pub fn closed(&mut self, now: Instant, subscriber: &str) -> Option<Option<Instant>> {
        self.subscribers.get_mut(subscriber).and_then(|player| player.closed(now))
    }

    /// Takes in a request at a subscriber, and says what the subscriber does; `None` refuses the connection.
    pub fn handle_arrival(
        &mut self,
        now: Instant,
        subscriber: &str,
        request: HttpRequest,
    ) -> Option<(Ticket, Reaction)> {
        let behaviour = self.subscribers.get_mut(subscriber)?.handle_arrival(now)?;
        let ticket = self.observed.attempts.len();
        self.bindings.arrived(subscriber, &request);
        let attempt = Attempt {
            subscriber: subscriber.into(),
            arrived: now,
            ended: now,
            due: now + behaviour.duration(),
            request,
            behaviour: behaviour.to_string(),
        };
        self.count(&attempt);
        self.observed.attempts.push(attempt);
        self.open.insert(ticket);
        self.last_event = now;
        Some((ticket, self.reaction(behaviour)))
    }

    /// Takes in that a subscriber has done with an attempt.
    pub fn handle_end(&mut self, now: Instant, ticket: Ticket) {
        if !self.open.remove(&ticket) {
            return; // It ended with its host.
        }
        let attempt = &mut self.observed.attempts[ticket];
        attempt.ended = now;
        if let Some(player) = self.subscribers.get_mut(&attempt.subscriber) {
            player.handle_end(now);
        }
        self.last_event = now;
    }

    /// Whether only silence is waited for: everything expected has been seen, or is so late that it won't come.
    pub fn is_quiet(&self, now: Instant) -> bool {
        let over = self.stopped || self.next_step >= self.case.steps.len();
        over && self.open.is_empty() && self.overdue().is_none_or(|overdue| now >= overdue)
    }

    /// The subscriber that listens at this address, if one of this case does.
    pub fn subscriber_at(&self, url: &str) -> Option<&str> {
        self.bindings.subscriber_at(url)
    }

    /// Everything observed, the stage being over.
    pub fn into_observed(self, now: Instant, noise: Vec<Noise>) -> Observed {
        Observed { ended: now, noise, ..self.observed }
    }

    fn send(&mut self, now: Instant) -> Move {
        if self.sent.is_some() {
            return Move::Wait(now + self.patience + Duration::from_secs(1));
        }
        let step = &self.case.steps[self.next_step];
        let request = fill(&step.action, &self.bindings);
        if self.is_posting() {
            self.subscribers.values_mut().for_each(|subscriber| subscriber.handle_post(now));
        }
        self.sent = Some((now, request.clone()));
        Move::Send(request)
    }

    fn reaction(&self, behaviour: Behaviour) -> Reaction {
        match behaviour {
            Behaviour::Redirect { status, to } => Reaction::Redirect(status, self.bindings.address(&to).to_owned()),
            behaviour => Reaction::Behave(behaviour),
        }
    }

    /// Until when to wait for something to happen: silence after the last attempt makes a count mean something.
    fn deadline(&self) -> Instant {
        if self.case.subscribers.is_empty() {
            return self.last_event; // Nobody is there to be notified.
        }
        let quiet = self.case.expect.quiet();
        match self.longest_missing() {
            None => self.last_event + quiet,
            Some(delay) => self.last_event + delay.max(quiet) + self.patience,
        }
    }

    /// When the attempt that is expected next is so late that it is not to be counted on; it may come all the same.
    fn overdue(&self) -> Option<Instant> {
        self.longest_missing().map(|delay| self.last_event + delay + self.patience / 10)
    }

    /// The longest delay before an attempt that is expected next; `None` if all have been seen.
    fn longest_missing(&self) -> Option<Duration> {
        if self.stopped {
            return None;
        }
        let missing = |(delivery, seen): (&ExpectedDelivery, &usize)| {
            (*seen < delivery.attempts as usize).then(|| delivery.delay_before(*seen))
        };
        self.case.expect.deliveries.iter().zip(&self.seen).filter_map(missing).max()
    }

    /// Counts an attempt for the delivery that expects it.
    fn count(&mut self, attempt: &Attempt) {
        let deliveries = self.case.expect.deliveries.iter().zip(&mut self.seen);
        let mut at_subscriber = deliveries.filter(|(it, _)| it.subscriber == attempt.subscriber).peekable();
        if at_subscriber.peek().is_none() {
            return;
        }
        let subject = subject_of(&self.case, attempt);
        at_subscriber.filter(|(it, _)| Some(it.subject()) == subject).for_each(|(_, seen)| *seen += 1);
    }
}
