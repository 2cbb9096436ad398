//! Takes nothing.
//! Gives [`Watch`], to whom an engine tells every attempt and every end, in an order that the world alone decides.
//! Never steers: what watches can't change what happens.

use super::world::Nanos;
use crate::policy::Phase;

/// One attempt at one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The number of the delivery: one message for one subscriber, counted in the order of arrival.
    pub delivery: u64,
    /// The index of the subscriber's group.
    pub group: u32,
    /// Which of the group it is.
    pub member: u32,
    /// Its number, from 1.
    pub attempt: u32,
    /// The phase it belongs to; none for the first one.
    pub phase: Option<Phase>,
    /// When the message was posted.
    pub posted: Nanos,
    /// When the request was sent.
    pub began: Nanos,
    /// When its outcome was known; after the horizon if it was not.
    pub ended: Nanos,
    /// Its outcome: a status, or none for a connection error or a timeout.
    pub status: Option<u16>,
    /// Whether another attempt has to follow.
    pub failed: bool,
}

/// The end of one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The number of the delivery.
    pub delivery: u64,
    /// The index of the subscriber's group.
    pub group: u32,
    /// Which of the group it is.
    pub member: u32,
    /// When the message was posted.
    pub posted: Nanos,
    /// When it ended; the horizon if it did not.
    pub at: Nanos,
    /// How many attempts there were.
    pub attempts: u32,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// A success was answered.
    Delivered,
    /// An answer ended it that is no success: 400 to 499, and under `zaqar-23.0.1` also 500 and above at first.
    Rejected,
    /// Every attempt failed, or the schedule broke off.
    Lost,
    /// It was given up with another message of its batch, or after it. Observed: zaqar 23.0.1.
    Collateral,
    /// It was waiting or under way at the horizon.
    Unfinished,
}

/// Who is told what happens.
pub trait Watch {
    /// An attempt has its outcome. Told in the order of `ended`, or of deliveries where they are independent.
    fn tried(&mut self, tried: &Tried);
    /// A delivery is over.
    fn ended(&mut self, ended: &Ended);
    /// So many posts wait for a worker, and so many workers are taken and asleep, from this moment on.
    fn pool(&mut self, _at: Nanos, _waiting: u64, _busy: u32, _asleep: u32) {}
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Watch for Nothing {
    fn tried(&mut self, _: &Tried) {}
    fn ended(&mut self, _: &Ended) {}
}
