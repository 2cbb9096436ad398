//! Takes nothing.
//! Gives [`Scenario`] and its [`Case`]s: a scenario file once every check has passed and every axis is filled in.
//! Never holds a name that resolves to nothing: subscribers, subscriptions and message numbers are checked before.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::confirmation::{ConfirmByLink, Confirmation};
use super::file::{
    Capability, Confirm, Expect, ExpectedAnswer, ExpectedDelivery, ListSubscriptions, OfProject, OfQueue,
    OfSubscription, PatchQueue, PatchSubscription, Post, PutQueue, Subscribe,
};
use super::network::Disruption;
use super::register::Level;
use super::script::Script;
use crate::protocol::Deviation;
use crate::time::Duration;

/// One scenario file, checked.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// `area/slug`: the path below the suite's root without its extension.
    pub id: String,
    /// The path as the user named it, for messages.
    pub file: String,
    /// The behaviour under test.
    pub title: String,
    /// The highest level among its requirements.
    pub level: Level,
    /// Ids from the register.
    pub requirements: Vec<String>,
    /// What a target must be able to do.
    pub needs: BTreeSet<Capability>,
    /// Planted deviations that make it fail.
    pub killed_by: Vec<Deviation>,
    /// One for each combination of the matrix, in the order of the file; at least one.
    pub cases: Vec<Arc<Case>>,
}

/// One scenario with one value for each axis: what is played and judged.
#[derive(Clone, Debug)]
pub struct Case {
    /// The scenario's id, with `[axis=value]` if it has a matrix.
    pub id: String,
    /// What a target must be able to do, as for the whole scenario.
    pub needs: BTreeSet<Capability>,
    /// The script of each subscriber.
    pub subscribers: BTreeMap<String, Script>,
    /// What the client does.
    pub steps: Vec<Step>,
    /// What must be seen.
    pub expect: Expect,
}

/// One step of the client.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// How long after the start of the case it is done at the earliest.
    pub at: Option<Duration>,
    /// What the answer must be; any status from 200 to 299 if nothing is said.
    pub expect: Option<ExpectedAnswer>,
}

/// What one step does.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each variant is the request of the same name in the file format")]
pub enum Action {
    PutQueue(PutQueue),
    GetQueue(OfQueue),
    PatchQueue(PatchQueue),
    DeleteQueue(OfQueue),
    ListQueues(OfProject),
    Post(Post),
    ListMessages(OfQueue),
    Subscribe(Subscribe),
    GetSubscription(OfSubscription),
    ListSubscriptions(ListSubscriptions),
    PatchSubscription(PatchSubscription),
    Confirm(Confirm),
    ConfirmByLink(ConfirmByLink),
    DeleteSubscription(OfSubscription),
    Network(Disruption),
    Advance(Duration),
}

impl Action {
    /// Whether it asks the server something, and so has an answer.
    pub const fn asks(&self) -> bool {
        !matches!(self, Self::Advance(_) | Self::Network(_))
    }
}

impl Case {
    /// How long the case takes at the most if everything goes as expected: what its deliveries wait for, one subscriber
    /// beside the other, and the silence at the end.
    pub fn forecast(&self) -> Duration {
        let mut by_subscriber: BTreeMap<&str, Duration> = BTreeMap::new();
        for delivery in &self.expect.deliveries {
            let delays = (0..delivery.attempts as usize).map(|index| delivery.delay_before(index)).sum::<Duration>();
            let hangs: Duration = self.subscribers.get(&delivery.subscriber).map_or(Duration::ZERO, |script| {
                (0..delivery.attempts as usize).map(|index| script.at(index).duration()).sum()
            });
            *by_subscriber.entry(&delivery.subscriber).or_default() += delays + hangs;
        }
        let steps: Duration = self.steps.iter().map(Step::waits).sum();
        by_subscriber.into_values().max().unwrap_or_default().max(steps) + self.expect.quiet()
    }
}

impl Case {
    /// How many of a server's workers its deliveries need at once: one for each subscriber that is retried, for a worker
    /// may sleep through the retries; those that succeed at once share one.
    pub fn workers(&self) -> usize {
        let attempted = |least: u32| {
            let deliveries = self.expect.deliveries.iter().filter(move |delivery| delivery.attempts >= least);
            deliveries.map(|delivery| delivery.subscriber.as_str()).collect::<BTreeSet<&str>>().len()
        };
        attempted(2).max(attempted(1).min(1))
    }

    /// Whether any of its steps does something to the network.
    pub fn disrupts_network(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.action, Action::Network(_)))
    }

    /// The longest latency that its steps give the network.
    pub fn latency_max(&self) -> Duration {
        let latency = |step: &Step| match &step.action {
            Action::Network(Disruption::Latency(_, latency)) => Some(*latency),
            _ => None,
        };
        self.steps.iter().filter_map(latency).max().unwrap_or_default()
    }
}

impl Step {
    /// How long the client waits before the step, at the most.
    fn waits(&self) -> Duration {
        match self.action {
            Action::Advance(duration) => duration,
            _ => self.at.unwrap_or_default(),
        }
    }
}

impl Expect {
    /// The silence that makes a count mean something.
    pub fn quiet(&self) -> Duration {
        Duration::from_secs_f64(self.quiet_s)
    }
}

/// What an attempt carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A confirmation of this type.
    Confirmation(Confirmation),
    /// The message of this number, counted through the whole scenario from 0.
    Message(usize),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Confirmation(confirmation) => f.write_str(confirmation.name()),
            Self::Message(number) => write!(f, "message {number}"),
        }
    }
}

impl ExpectedDelivery {
    /// What is delivered.
    pub fn subject(&self) -> Subject {
        match self.confirmation {
            Some(confirmation) => Subject::Confirmation(confirmation),
            None => Subject::Message(self.message.unwrap_or_default()),
        }
    }

    /// The longest accepted delay before the attempt at `index`, counted from 0.
    pub fn delay_before(&self, index: usize) -> Duration {
        match index.checked_sub(1) {
            None => Duration::from_secs_f64(self.first_at_s.unwrap_or_default()),
            Some(before) => {
                let accepted = self.delays_s.get(before).and_then(|delay| delay.accepted().iter().max());
                Duration::from_secs(accepted.copied().unwrap_or_default())
            }
        }
    }
}
