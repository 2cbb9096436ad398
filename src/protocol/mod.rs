//! Takes nothing.
//! Gives Zaqar's nouns as plain types: names, requests, replies, faults, deliveries, and the closed list of deviations.
//! Never reads bytes or decides anything; `wire` reads, `model` decides.

mod delivery;
mod deviation;
mod fault;
mod names;
mod request;

pub use delivery::{Delivery, DeliveryId, DeliveryOutcome, Method};
pub use deviation::{Deviation, Deviations, Origin, Profile};
pub use fault::{Fault, FaultKind};
pub use names::{ProjectId, QueueName, SubscriptionId};
pub use request::{Operation, Page, Reply, Request};
