//! Takes HTTP requests of clients over streams of bytes.
//! Gives the answers of a [`Model`](crate::model::Model), and makes its deliveries, on a clock that may run fast.
//! Never decides what Zaqar does: it owns sockets, tasks and the clock, and nothing else.

mod connection;
mod deliver;
mod engine;
mod listen;

use crate::model::Settings;
pub use connection::serve_connection;
pub use engine::{Front, start};
pub use listen::serve;

/// How a model is put on a network.
#[derive(Clone, Debug)]
pub struct FrontOptions {
    /// The model's own settings.
    pub settings: Settings,
    /// How many times faster than the machine's the server's clock runs.
    pub time_scale: u32,
    /// The most deliveries that may be under way or wait for a retry. While there are as many, posts are answered 503;
    /// one post may go beyond it by the subscriptions of its queue.
    pub deliveries_max: usize,
    /// Told what an operator ought to know, in one line.
    pub note: fn(&str),
}

impl FrontOptions {
    /// These settings, on the machine's own clock, with room for 10,000 deliveries.
    pub fn new(settings: Settings) -> Self {
        Self { settings, time_scale: 1, deliveries_max: 10_000, note: |_| {} }
    }
}
