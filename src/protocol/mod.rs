//! Takes nothing.
//! Gives Zaqar's nouns as plain types: names, requests, replies, faults, deliveries, and the closed list of deviations.
//! Never reads bytes or decides anything; `wire` reads, `model` decides.

mod deviation;

pub use deviation::{Deviation, Deviations, Origin, Profile};
