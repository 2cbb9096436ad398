//! Takes a case and what was observed of it.
//! Gives the attempts of each promised delivery beside the promise.
//! Never judges them.

use std::collections::BTreeMap;

use super::super::kind::Kind;
use super::super::promise::{Promise, Promised};
use crate::judge::{Attempt, Observed, read_confirmation, subject_of};
use crate::scenario::{Case, Confirmation, Subject};

/// All there is to judge.
#[derive(Debug)]
pub struct View<'a> {
    /// What was played.
    pub case: &'a Case,
    /// What was seen.
    pub observed: &'a Observed,
    /// What is promised.
    pub promise: Promise,
    /// Attempts of each message at each subscriber, in order of arrival.
    pub attempts: BTreeMap<(String, usize), Vec<&'a Attempt>>,
    /// Attempts that ask for a confirmation, by subscriber, which one, and the subscription that they name.
    pub confirmations: BTreeMap<(String, Confirmation, String), Vec<&'a Attempt>>,
    /// Attempts that carry nothing that was posted.
    pub unreadable: Vec<&'a Attempt>,
}

/// A promised delivery with what was seen of it.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// What is promised.
    pub promised: &'a Promised,
    /// What was seen.
    pub attempts: &'a [&'a Attempt],
    /// Whether connections may have been refused, which leaves no trace.
    pub hidden: bool,
}

impl<'a> View<'a> {
    /// Brings the two together.
    pub fn new(case: &'a Case, observed: &'a Observed) -> Self {
        let times = observed.exchanges.iter().map(|exchange| (exchange.step, exchange.sent)).collect();
        let promise = Promise::of(case, &times);
        let (mut attempts, mut unreadable) = (BTreeMap::<_, Vec<_>>::new(), Vec::new());
        let mut confirmations = BTreeMap::<_, Vec<_>>::new();
        for attempt in &observed.attempts {
            match subject_of(case, attempt) {
                Some(Subject::Message(number)) => {
                    attempts.entry((attempt.subscriber.clone(), number)).or_default().push(attempt);
                }
                Some(Subject::Confirmation(confirmation)) => {
                    let key = (attempt.subscriber.clone(), confirmation, subscription_of(attempt));
                    confirmations.entry(key).or_default().push(attempt);
                }
                None => unreadable.push(attempt),
            }
        }
        Self { case, observed, promise, attempts, confirmations, unreadable }
    }

    /// Every promised delivery.
    pub fn deliveries(&self) -> impl Iterator<Item = Told<'_>> {
        self.promise.deliveries.iter().map(|promised| self.told(promised))
    }

    /// One promised delivery.
    pub fn told<'b>(&'b self, promised: &'b Promised) -> Told<'b> {
        let key = (promised.subscriber.clone(), promised.message);
        let attempts = self.attempts.get(&key).map_or(&[][..], Vec::as_slice);
        Told { promised, attempts, hidden: self.hides(&promised.subscriber) }
    }

    /// The number of the message that an attempt carries.
    pub fn number(&self, attempt: &Attempt) -> Option<usize> {
        match subject_of(self.case, attempt) {
            Some(Subject::Message(number)) => Some(number),
            _ => None,
        }
    }

    /// What an attempt asks its subscriber to confirm, if it does.
    pub fn confirmation(&self, attempt: &Attempt) -> Option<Confirmation> {
        match subject_of(self.case, attempt) {
            Some(Subject::Confirmation(confirmation)) => Some(confirmation),
            _ => None,
        }
    }

    /// Whether a subscriber's port is closed at times.
    pub fn hides(&self, subscriber: &str) -> bool {
        let script = self.case.subscribers.get(subscriber);
        script.is_some_and(|script| script.iter().any(|behaviour| Kind::of(behaviour) == Kind::Refuse))
    }

    /// What the subscriber did with an attempt.
    pub fn kind(&self, attempt: &Attempt) -> Kind {
        let script = self.case.subscribers.get(&attempt.subscriber);
        let done = script.and_then(|script| {
            script.iter().find(|behaviour| behaviour.to_string() == attempt.behaviour).map(Kind::of)
        });
        done.unwrap_or(Kind::Success)
    }

    /// Whether an attempt failed.
    pub fn failed(&self, attempt: &Attempt) -> bool {
        self.kind(attempt).fails()
    }
}

/// The subscription that a confirmation names: the path of its link goes through it.
fn subscription_of(attempt: &Attempt) -> String {
    let path =
        read_confirmation(&attempt.request).and_then(|(_, keys)| Some(keys.get("URL-Paths")?.as_str()?.to_owned()));
    let mut segments = path.as_deref().unwrap_or_default().split('/').skip_while(|segment| *segment != "subscriptions");
    segments.nth(1).unwrap_or_default().to_owned()
}

/// `hook-0, message 2`.
impl std::fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, message {}", self.promised.subscriber, self.promised.message)
    }
}
