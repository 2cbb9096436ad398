//! Takes a socket for websockets, and connections to it.
//! Gives a client the answers to its frames, and the notifications of the queues it has subscribed itself to.
//! Never waits without limit: not for a handshake, not for a client that reads slowly or has gone silently.

mod connection;
mod handshake;
mod relay;

pub(super) use connection::serve_websocket;
pub(super) use relay::Relay;
