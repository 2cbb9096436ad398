//! Takes a [`World`]: policies, arrivals, subscribers that fail in their ways, and a sender.
//! Gives what becomes of every delivery in it, as [`Figures`] and, for those who ask, attempt by attempt.
//! Never computes a delay of Zaqar's: `policy` does; never asks a clock or the system for randomness.

mod figures;
mod watch;
mod world;

pub use figures::{Figures, GroupFigures, Peak, Quantiles, Tally};
pub use watch::{Ended, Fate, Nothing, Tried, Watch};
pub use world::{
    Arrivals, Brownout, Capacity, Deal, Down, Fails, Jitter, Nanos, Pattern, Policy, SECOND, Sender, Slow, Subscriber,
    Window, World,
};
