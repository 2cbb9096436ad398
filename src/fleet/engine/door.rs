//! Takes the requests that reach subscribers with a capacity.
//! Gives whether there is room for each: a token bucket for every subscriber.
//! Never rounds: a token is a thousand million parts, and a capacity of one a second brings one part a nanosecond.

use crate::fleet::scene::Door;
use crate::fleet::world::{Capacity, Nanos, SECOND, World};

/// The buckets of all subscribers, or none if no subscriber has a capacity.
#[derive(Debug)]
pub(super) struct Buckets(Vec<Bucket>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// When it was looked at last.
    seen: Nanos,
    /// How many parts of tokens it held then.
    level: u64,
}

impl Buckets {
    pub(super) fn new(world: &World) -> Self {
        if world.subscribers.iter().all(|group| group.capacity.is_none()) {
            return Self(Vec::new());
        }
        let full = |capacity: Option<Capacity>| capacity.map_or(0, |it| u64::from(it.per_second) * SECOND);
        let buckets = world.subscribers.iter().flat_map(|group| {
            let bucket = Bucket { seen: 0, level: full(group.capacity) };
            std::iter::repeat_n(bucket, group.count as usize)
        });
        Self(buckets.collect())
    }
}

impl Door for Buckets {
    fn admits(&mut self, subscriber: u32, capacity: Capacity, at: Nanos, since: Option<Nanos>) -> bool {
        let bucket = &mut self.0[subscriber as usize];
        let rate = u64::from(capacity.per_second);
        match since.filter(|since| at - since < capacity.cold) {
            None => {
                // What came in while it was cold is not worth an account of its own: it is warm for a second by the
                // time it is full.
                let passed = (at - bucket.seen).min(SECOND);
                bucket.level = (bucket.level + passed * rate).min(rate * SECOND);
            }
            Some(since) => bucket.warm(rate, at, since, capacity.cold),
        }
        bucket.seen = at;
        let admitted = bucket.level >= SECOND;
        if admitted {
            bucket.level -= SECOND;
        }
        admitted
    }
}

impl Bucket {
    /// Fills it at a rate that has grown from nothing at `since` to `rate` `cold` later; it is as large as the rate.
    fn warm(&mut self, rate: u64, at: Nanos, since: Nanos, cold: Nanos) {
        let from = if self.seen < since { (0, 0) } else { (self.seen - since, self.level) };
        let filled = |warm: Nanos| u128::from(rate) * u128::from(warm) * u128::from(warm) / (2 * u128::from(cold));
        let size = u128::from(rate) * u128::from(at - since) * u128::from(SECOND) / u128::from(cold);
        let level = u128::from(from.1) + filled(at - since) - filled(from.0);
        self.level = level.min(size) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of `requests`, evenly spread over the time from the first moment to the second, are admitted.
    fn admitted(
        bucket: &mut Buckets,
        capacity: Capacity,
        since: Option<Nanos>,
        span: (Nanos, Nanos),
        requests: u64,
    ) -> u64 {
        let at = |number| span.0 + (span.1 - span.0) * number / requests;
        (0..requests).filter(|number| bucket.admits(0, capacity, at(*number), since)).count() as u64
    }

    #[test]
    fn a_second_of_requests_is_let_in_at_once_and_then_as_many_as_the_capacity() {
        let capacity = Capacity { per_second: 7, status: 503, cold: 0 };
        let mut buckets = Buckets(vec![Bucket { seen: 0, level: 7 * SECOND }]);
        assert_eq!(admitted(&mut buckets, capacity, None, (0, 1), 100), 7);
        assert_eq!(admitted(&mut buckets, capacity, None, (1, 3 * SECOND + 1), 1000), 3 * 7 - 1);
        assert_eq!(admitted(&mut buckets, capacity, None, (9 * SECOND, 9 * SECOND + 1), 100), 7);
    }

    #[test]
    fn a_capacity_that_is_cold_lets_in_half_as_many_while_it_warms_up() {
        let capacity = Capacity { per_second: 100, status: 503, cold: 10 * SECOND };
        let mut buckets = Buckets(vec![Bucket { seen: 0, level: 100 * SECOND }]);
        let since = Some(50 * SECOND);
        assert_eq!(admitted(&mut buckets, capacity, since, (50 * SECOND, 50 * SECOND + 1), 100), 0);
        let warming = admitted(&mut buckets, capacity, since, (50 * SECOND + 1, 60 * SECOND), 10_000);
        assert!((495..=500).contains(&warming), "{warming}");
        let warm = admitted(&mut buckets, capacity, since, (60 * SECOND, 70 * SECOND), 10_000);
        assert!((995..=1001).contains(&warm), "{warm}");
    }
}
