//! Takes a queue's and a subscription's `_retry_policy`, as the JSON a user stored.
//! Gives what follows from them: whether they are accepted, which of the two counts, and every retry with its delay.
//! Never waits, sends, or keeps state beyond one schedule.
//!
//! The one implementation of the delivery policy: the model, `schedule` and `lint` all ask here. Which documents say
//! what is told at each function; where a release of Zaqar differs, a [`Deviation`](crate::protocol::Deviation) says so.

mod backoff;
mod planted;
mod schedule;
mod selection;
mod settings;
mod stop;
mod validation;

pub use backoff::{Backoff, BackoffFunction, INTERVAL_S, Undefined};
pub(crate) use planted::wait;
pub use schedule::{Phase, Retry, Schedule};
pub use selection::{Selected, select};
pub use stop::Stop;
pub use validation::{Refusal, validate};
pub(crate) use validation::{is_falsy, type_name};

/// The keys of `_retry_policy`, in the order in which they are validated. Source: guide, step 1.
pub const KEYS: [&str; 7] = [
    "retries_with_no_delay",
    "minimum_delay_retries",
    "minimum_delay",
    "maximum_delay",
    "maximum_delay_retries",
    "retry_backoff_function",
    "ignore_subscription_override",
];

/// The documented defaults. Source: guide, "default value to those keys".
pub(crate) mod default {
    pub(crate) const RETRIES_WITH_NO_DELAY: i64 = 3;
    pub(crate) const MINIMUM_DELAY_RETRIES: i64 = 3;
    pub(crate) const MINIMUM_DELAY_S: i64 = 5;
    pub(crate) const MAXIMUM_DELAY_S: i64 = 30;
    pub(crate) const MAXIMUM_DELAY_RETRIES: i64 = 3;
}
