//! Takes a script and the requests that arrive.
//! Gives what the subscriber does with each; [`Subscriber`] decides, [`Reserved`] does it on a socket, [`attend`] on any port.
//! Never judges whether a request was expected.

mod script;
mod socket;

pub use script::Subscriber;
pub use socket::{Audience, Connection, Listener, Port, Reaction, Reserved, Ticket, attend, reserve};
