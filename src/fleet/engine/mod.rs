//! Takes a scene.
//! Gives every attempt and every end to a watch, in one of two ways that agree.
//! Never decides what a request meets: the scene does.

pub(super) mod chunks;
pub(super) mod coupled;
pub(super) mod door;
pub(super) mod independent;
pub(super) mod queue;
pub(super) mod told;
pub(super) mod waiting;
