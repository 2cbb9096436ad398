//! Takes worlds, and policies or fields to vary in them.
//! Gives which does better, and how sure that is.
//! Never plays anything itself: the engines and the outlook do.

pub(super) mod compare;
pub(super) mod field;
pub(super) mod front;
pub(super) mod grid;
pub(super) mod interval;
pub(super) mod limit;
pub(super) mod metric;
pub(super) mod search;
pub(super) mod shape;
pub(super) mod sweep;
pub(super) mod trial;
pub(super) mod vary;
