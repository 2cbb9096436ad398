//! Takes frames of a websocket and replies of the model.
//! Gives the protocol requests that the frames stand for, and the frames that answer them.
//! Never opens a socket, and never asks the model itself.

mod action;
mod answer;
mod envelope;
mod framing;
mod operation;
mod schema;

pub use answer::{Answer, Subscribed};
pub use envelope::{Asked, Incoming, Pending, read};
pub use framing::{Frame, Framing, notification};
