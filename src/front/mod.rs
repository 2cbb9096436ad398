//! Takes HTTP requests and websockets of clients over streams of bytes.
//! Gives the answers of a [`Model`](crate::model::Model), and makes its deliveries, on a clock that may run fast.
//! Never decides what Zaqar does: it owns sockets, tasks and the clock, and nothing else.

mod connection;
mod deliver;
mod dispatch;
mod engine;
mod listen;
mod mail;
mod metrics;
mod tls;
mod websocket;

use crate::model::Settings;
pub use connection::serve_connection;
pub use engine::{Front, start};
pub use listen::{serve, serve_both};
pub use tls::Tls;

/// How a model is put on a network.
#[derive(Clone, Debug)]
pub struct FrontOptions {
    /// The model's own settings.
    pub settings: Settings,
    /// How many times faster than the machine's the server's clock runs.
    pub time_scale: u32,
    /// The most deliveries that may be under way or wait for a retry. A post that would start more is answered 503,
    /// and none of its messages is stored or sent.
    pub deliveries_max: usize,
    /// The most messages that may be stored. A post that would store more is answered 503.
    pub messages_max: usize,
    /// The most bytes that the bodies of stored messages may have together. A post that would go beyond is answered 503.
    pub bytes_max: usize,
    /// The most sockets open to subscribers. Deliveries wait for one.
    pub sockets_max: usize,
    /// The most sockets open to one subscriber, so that one who hangs leaves some to the others.
    pub subscriber_sockets_max: usize,
    /// The most clients connected at a time. Further ones wait to be accepted.
    pub connections_max: usize,
    /// How subscribers at `https://` are reached. Without it they can't be.
    pub tls: Option<Tls>,
}

impl FrontOptions {
    /// These settings, on the machine's own clock, with bounds that a laptop can bear.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            time_scale: 1,
            deliveries_max: 20_000,
            messages_max: 2_000_000,
            bytes_max: 1 << 31,
            sockets_max: 4096,
            subscriber_sockets_max: 256,
            connections_max: 4096,
            tls: None,
        }
    }
}
