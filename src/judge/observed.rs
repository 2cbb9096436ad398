//! Takes nothing.
//! Gives what a target saw while it played a case.
//! Never says whether that was right.

use crate::time::{Duration, Instant};
use crate::wire::{HttpRequest, HttpResponse};

/// Everything seen during one case; times count from its start.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The client's requests with their answers, in order.
    pub exchanges: Vec<Exchange>,
    /// The attempts that reached a subscriber, in order of arrival.
    pub attempts: Vec<Attempt>,
    /// How late the machine's own timer was, where a real clock ran.
    pub noise: Vec<Noise>,
    /// When the case was over.
    pub ended: Instant,
}

/// One request of the client with its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The step's position in the file.
    pub step: usize,
    /// When the request went out.
    pub sent: Instant,
    /// The request.
    pub request: HttpRequest,
    /// The answer.
    pub response: HttpResponse,
}

/// One request that reached a subscriber.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The subscriber's name.
    pub subscriber: String,
    /// When the request had arrived.
    pub arrived: Instant,
    /// When the subscriber had done with it: the moment before its last byte, or before it closed.
    pub ended: Instant,
    /// The request.
    pub request: HttpRequest,
    /// What the subscriber did, as written in the scenario.
    pub behaviour: String,
}

/// One reading of how late the machine was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// When it was read.
    pub at: Instant,
    /// How long after its time the timer rang, on the clock of the run.
    pub late: Duration,
    /// How long work had to wait for a processor since the reading before, on the clock of the run.
    pub stalled: Duration,
}

impl Observed {
    /// How much later the machine may have made what happened between two instants.
    pub fn lateness(&self, from: Instant, to: Instant) -> Duration {
        let inside = || self.noise.iter().filter(|noise| noise.at >= from && noise.at <= to + noise.late);
        let late = inside().map(|noise| noise.late).max().unwrap_or_default();
        late.max(inside().map(|noise| noise.stalled).sum())
    }
}
