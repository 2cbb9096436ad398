//! Takes nothing.
//! Gives Zaqar's nouns as plain types: names, requests, replies, faults, deliveries, and the closed list of deviations.
//! Never reads bytes or decides anything; `wire` reads, `model` decides.

mod delivery;
mod deviation;
mod deviations;
mod document;
mod fault;
mod names;
mod observed;
mod options;
mod planted;
mod request;

pub use delivery::{Delivery, DeliveryId, DeliveryOutcome, Means, Method};
pub use deviation::{Deviation, Origin};
pub use deviations::{Deviations, Profile};
pub use document::Document;
pub(crate) use document::{Object, text_of};
pub use fault::{Fault, FaultKind};
pub use names::{ClientId, ProjectId, QueueKind, QueueName, SubscriptionId};
pub use options::{OptionError, Options, Secret};
pub use request::{Operation, Page, Reply, Request, Selection, Transport, Wanted, WantedQueues};
