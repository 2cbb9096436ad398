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
    /// When the subscriber will have done with it unless the server hangs up.
    pub due: Instant,
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

impl Attempt {
    /// Whether the server hung up before the subscriber had done. The subscriber notices that only when the machine lets
    /// it; an end of its own it notes before it comes.
    pub fn is_hung_up(&self) -> bool {
        self.ended < self.due
    }
}

/// How often, at most, one attempt waits for the machine: the server learns of the end of the one before, sets its timer,
/// is woken, connects, is accepted and writes; the subscriber is woken and reads. On both sides a task is woken each time.
const WAITS: usize = 10;

impl Observed {
    /// How much of `late` the machine may be to blame for, where `attempts` attempts followed each other from `from` to
    /// `to` and the last came so late: the longest of its own delays, as many as they may have met. Only those near
    /// either end count, for one attempt loses its time there: in between a server sleeps.
    pub fn lateness(&self, from: Instant, to: Instant, late: Duration, attempts: usize) -> Duration {
        let near = |noise: &&Noise| {
            let began = Instant::after_start(noise.at.since_start().saturating_sub(noise.late));
            noise.at >= from && began <= to && (began <= from + late || noise.at + late >= to)
        };
        let mut delays: Vec<Duration> = self.noise.iter().filter(near).map(|noise| noise.late).collect();
        delays.sort_unstable_by(|one, other| other.cmp(one));
        let delayed: Duration = delays.iter().take(WAITS * attempts.max(1)).sum();
        delayed.max(self.noise.iter().filter(near).map(|noise| noise.stalled).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn check(noise: &[(u64, u64)], late: u64, expected: u64) {
        let at = |at| Instant::after_start(MS(at));
        let reading = |&(rang, late)| Noise { at: at(rang), late: MS(late), stalled: Duration::ZERO };
        let observed = Observed { noise: noise.iter().map(reading).collect(), ..Observed::default() };
        assert_eq!(observed.lateness(at(1000), at(9000), MS(late), 1), MS(expected), "{noise:?}");
    }

    #[test]
    fn the_machine_is_to_blame_only_near_the_ends_of_a_gap() {
        check(&[(900, 50), (1200, 50), (5000, 50), (8900, 50), (9020, 50), (9200, 50)], 1000, 150);
        check(&[(5000, 900)], 1000, 0);
        check(&[(5000, 900)], 4000, 900);
    }

    #[test]
    fn an_attempt_waits_for_the_machine_only_so_often() {
        let noise: Vec<(u64, u64)> = (0..100).map(|index| (1010 + index * 10, 5)).collect();
        check(&noise, 2000, 50);
    }
}
