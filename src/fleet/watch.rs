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
    /// When its outcome was known; the horizon or later if it was not, and [`Nanos::MAX`] if nothing ever comes.
    pub ended: Nanos,
    /// Its outcome: a status, or none for a connection error or a timeout, and where it was not known.
    pub status: Option<u16>,
    /// Whether it failed, so that another one follows while there are retries left; not where the outcome was not known.
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
    /// When its first attempt began, if there was one.
    pub began: Option<Nanos>,
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
///
/// Everything is told when it is decided, which is when an attempt begins: its outcome follows from the world. So
/// attempts are told in the order of `began`, and an end right after the last attempt even if it lies ahead; where
/// deliveries are independent, in the order of deliveries instead.
pub trait Watch {
    /// Whether [`Watch::pool`] is to be told how many workers are asleep. Costs an event for every attempt.
    const ASLEEP: bool = true;

    /// An attempt is made.
    fn tried(&mut self, tried: &Tried);
    /// A delivery is over, or is not over at the horizon. Told once of each.
    fn ended(&mut self, ended: &Ended);
    /// So many posts, or requests, wait for a place, and so many workers are taken, some of them asleep, from this moment
    /// on. Told in the order of time, where places are limited, or workers sleep and [`Watch::ASLEEP`] asks for it.
    fn pool(&mut self, _at: Nanos, _waiting: u64, _taken: u32, _asleep: u32) {}
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl Watch for Nothing {
    const ASLEEP: bool = false;

    fn tried(&mut self, _: &Tried) {}
    fn ended(&mut self, _: &Ended) {}
}

/// Both watch.
impl<A: Watch, B: Watch> Watch for (A, B) {
    const ASLEEP: bool = A::ASLEEP || B::ASLEEP;

    fn tried(&mut self, tried: &Tried) {
        self.0.tried(tried);
        self.1.tried(tried);
    }

    fn ended(&mut self, ended: &Ended) {
        self.0.ended(ended);
        self.1.ended(ended);
    }

    fn pool(&mut self, at: Nanos, waiting: u64, taken: u32, asleep: u32) {
        self.0.pool(at, waiting, taken, asleep);
        self.1.pool(at, waiting, taken, asleep);
    }
}

/// Somebody else's watch.
impl<W: Watch> Watch for &mut W {
    const ASLEEP: bool = W::ASLEEP;

    fn tried(&mut self, tried: &Tried) {
        (**self).tried(tried);
    }

    fn ended(&mut self, ended: &Ended) {
        (**self).ended(ended);
    }

    fn pool(&mut self, at: Nanos, waiting: u64, taken: u32, asleep: u32) {
        (**self).pool(at, waiting, taken, asleep);
    }
}
