//! Takes what the policy is about to do, at the few places where a planted deviation changes it.
//! Gives the same back, or what a server with that mistake would do instead.
//! Never in the way of a reader of the policy: with no planted deviation everything here hands through what it is given.

mod backoff;
mod retries;
mod stored;
mod validated;

pub(super) use backoff::backoff;
pub(crate) use retries::wait;
pub(super) use retries::{Retries, phases, waits_as};
pub(super) use stored::{select, stored};
pub(super) use validated::{range_min, validated};
