//! Takes a script, the times of arrivals and ends, and the time of the first post.
//! Gives the behaviour for each arrival, and whether the port is closed.
//! Never keeps what arrived.

use crate::scenario::{Behaviour, Script};
use crate::time::Instant;

/// A subscriber as it plays its script: one behaviour per attempt, the last one repeating.
#[derive(Clone, Debug)]
pub struct Subscriber {
    script: Script,
    position: usize,
    /// The end of the previous attempt, or the first post.
    since: Option<Instant>,
}

impl Subscriber {
    /// A subscriber at the start of its script.
    pub const fn new(script: Script) -> Self {
        Self { script, position: 0, since: None }
    }

    /// Takes in that a message was posted: a port that is closed from the start counts from the first post.
    pub fn handle_post(&mut self, now: Instant) {
        self.since.get_or_insert(now);
    }

    /// Whether connections are refused now, and until when if that is known: before the first post it is not.
    pub fn closed(&mut self, now: Instant) -> Option<Option<Instant>> {
        while let Behaviour::Refuse(duration) = self.script.at(self.position) {
            let Some(since) = self.since else { return Some(None) };
            let until = since + *duration;
            if now < until {
                return Some(Some(until));
            }
            (self.position, self.since) = (self.position + 1, Some(until));
        }
        None
    }

    /// What to do with the request that has arrived; `None` refuses it.
    pub fn handle_arrival(&mut self, now: Instant) -> Option<Behaviour> {
        if self.closed(now).is_some() {
            return None;
        }
        let behaviour = self.script.at(self.position).clone();
        self.position += 1;
        Some(behaviour)
    }

    /// Takes in that an attempt has ended.
    pub fn handle_end(&mut self, now: Instant) {
        self.since = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    fn at(seconds: u64) -> Instant {
        Instant::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn the_last_behaviour_repeats() {
        let script = Script::new(vec![Behaviour::Reset, Behaviour::ReadThenClose]);
        let mut subscriber = Subscriber::new(script);
        assert_eq!(subscriber.handle_arrival(at(0)), Some(Behaviour::Reset));
        assert_eq!(subscriber.handle_arrival(at(1)), Some(Behaviour::ReadThenClose));
        assert_eq!(subscriber.handle_arrival(at(2)), Some(Behaviour::ReadThenClose));
    }

    #[test]
    fn a_closed_port_opens_when_its_time_since_the_first_post_is_over() {
        let script = Script::new(vec![Behaviour::Refuse(Duration::from_secs(12)), Behaviour::Reset]);
        let mut subscriber = Subscriber::new(script);
        assert_eq!(subscriber.closed(at(100)), Some(None));
        subscriber.handle_post(at(100));
        assert_eq!(subscriber.closed(at(111)), Some(Some(at(112))));
        assert_eq!(subscriber.handle_arrival(at(112)), Some(Behaviour::Reset));
    }
}
