//! Takes the text of a file that describes a world of deliveries.
//! Gives the [`World`], defaults filled in, or everything that is wrong with the text, each at its place.
//! Never opens a file: traces are asked for by name.

mod arrivals;
mod keys;
mod leaf;
mod limits;
#[cfg(test)]
mod messages;
mod page;
mod policies;
mod schema;
mod sender;
mod subscribers;
mod trace;
mod windows;
mod world;

pub use schema::schema;
pub use world::{Described, Flaws, read};

#[cfg(doc)]
use super::World;
