//! Takes jobs with the time at which they go on.
//! Gives them back in the order of time, and at one moment in the order in which they came.
//! Never knows what a job is about.
//!
//! A hierarchical timing wheel. Source: Varghese and Lauck, "Hashed and hierarchical timing wheels", 1987. It holds jobs
//! whole, 48 bytes, in chunks: a queue of references would fetch each job from a place of its own, and with a million
//! of them memory is what takes the time. Wheels that others wrote give no order within a tick, or keep
//! their entries one by one. `reports/fleet-benchmark.md` has what it makes of the whole engine, beside other simulators.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::chunks::{Chunks, List};
use crate::fleet::scene::Job;
use crate::fleet::world::Nanos;

/// What is to come.
#[derive(Debug)]
pub(super) struct Queue {
    chunks: Chunks,
    /// A slot of one is as long as a turn of the one before.
    wheels: Vec<Wheel>,
    /// The tick that the wheels stand at.
    tick: u64,
    /// Whether its jobs are in `run`; jobs for it that come later are in `soon` and `now`.
    open: bool,
    run: Run,
    soon: BinaryHeap<Reverse<Soon>>,
    next_soon: u64,
    now: List,
    moment: Nanos,
}

/// One round of slots.
#[derive(Debug)]
struct Wheel {
    slots: Vec<List>,
    /// Which of them hold something.
    filled: [u64; SLOTS / 64],
}

/// Where the jobs of the open tick are, in the order in which those of one moment came.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    Run,
    Soon,
    Now,
}

/// The jobs of one tick in their order.
#[derive(Debug, Default)]
struct Run {
    chunks: Vec<u32>,
    /// For each job the time within the tick, and where it is.
    order: Vec<u64>,
    next: usize,
    /// How many of those went that the next one stands for.
    gone: usize,
    /// Whether they came in the order of time, so that chunks are empty one after the other.
    sorted: bool,
}

/// A job that came in while its tick was open.
#[derive(Debug)]
struct Soon {
    number: u64,
    job: Job,
}

/// A tick is 2^24 nanoseconds, about 17 ms: long enough that a slot fills whole chunks.
const TICK_BITS: u32 = 24;
/// A turn of the first wheel is 137 s: most delays of most policies need no other.
const SLOT_BITS: u32 = 13;
const SLOTS: usize = 1 << SLOT_BITS;
/// Enough for all the times there are.
const WHEELS: u32 = (64 - TICK_BITS).div_ceil(SLOT_BITS);
/// How many bits of [`Run::order`] say where a job is.
const PLACE_BITS: u32 = 64 - TICK_BITS;

impl Queue {
    pub(super) fn new() -> Self {
        let wheel = || Wheel { slots: vec![List::default(); SLOTS], filled: [0; SLOTS / 64] };
        Self {
            chunks: Chunks::default(),
            wheels: (0..WHEELS).map(|_| wheel()).collect(),
            tick: 0,
            open: false,
            run: Run::default(),
            soon: BinaryHeap::new(),
            next_soon: 0,
            now: List::default(),
            moment: 0,
        }
    }

    /// A job may not come before the last one that went, or before the latest time that was asked for.
    #[inline(always)]
    pub(super) fn push(&mut self, job: Job) {
        let tick = job.at >> TICK_BITS;
        if tick > self.tick || !self.open {
            let level = (u64::BITS - (tick ^ self.tick).leading_zeros()).saturating_sub(1) / SLOT_BITS;
            let slot = (tick >> (level * SLOT_BITS)) as usize % SLOTS;
            let wheel = &mut self.wheels[level as usize];
            wheel.filled[slot / 64] |= 1 << (slot % 64);
            self.chunks.push(&mut wheel.slots[slot], job);
        } else if job.at == self.moment {
            self.chunks.push(&mut self.now, job);
        } else {
            self.soon.push(Reverse(Soon { number: self.next_soon, job }));
            self.next_soon += 1;
        }
    }

    /// Whether nothing else is due at `at`, which is now.
    pub(super) fn is_clear(&self, at: Nanos) -> bool {
        self.next().is_none_or(|(next, _)| next > at)
    }

    /// Finds the next one, unless it comes after `latest`.
    #[inline]
    pub(super) fn find(&mut self, latest: Nanos) -> Option<Place> {
        loop {
            if let Some((at, place)) = self.next() {
                if at > latest {
                    return None;
                }
                self.moment = at;
                return Some(place);
            }
            if !self.turn(latest) {
                return None;
            }
        }
    }

    /// Takes what was found there.
    #[inline(always)]
    pub(super) fn take(&mut self, place: Place) -> Job {
        let found = "it was found there";
        match place {
            Place::Run => self.run.pop(&mut self.chunks),
            Place::Soon => self.soon.pop().expect(found).0.job,
            Place::Now => self.chunks.pop(&mut self.now).expect(found),
        }
    }

    /// When the next job of the open tick goes on, and where it is: of those at one moment the first that came.
    #[inline(always)]
    fn next(&self) -> Option<(Nanos, Place)> {
        let mut next = self.run.next_at(self.tick).map(|at| (at, Place::Run));
        let mut offer = |at, place| {
            if next.is_none_or(|(earlier, _)| at < earlier) {
                next = Some((at, place));
            }
        };
        if let Some(Reverse(soon)) = self.soon.peek() {
            offer(soon.job.at, Place::Soon);
        }
        if !self.now.is_empty() {
            offer(self.moment, Place::Now);
        }
        next
    }

    /// Turns the wheels to the next tick that has jobs, or towards it; says whether there is one not after `latest`.
    #[cold]
    fn turn(&mut self, latest: Nanos) -> bool {
        for level in 0..WHEELS {
            let shift = level * SLOT_BITS;
            let hand = (self.tick >> shift) as usize % SLOTS;
            let Some(slot) = self.wheels[level as usize].first_filled(hand) else { continue };
            let above = shift + SLOT_BITS;
            let tick = (self.tick >> above) << above | (slot as u64) << shift;
            if tick << TICK_BITS > latest {
                return false;
            }
            (self.tick, self.open) = (tick, level == 0);
            let list = self.wheels[level as usize].take(slot);
            if level == 0 {
                self.run.fill(list, &self.chunks);
            } else {
                self.scatter(list);
            }
            return true;
        }
        false
    }

    /// Puts the jobs of a slot into the wheels below.
    fn scatter(&mut self, list: List) {
        let mut next = list.first();
        while let Some(chunk) = next {
            for place in 0..self.chunks.len(chunk) {
                self.push(self.chunks.get(chunk, place));
            }
            next = self.chunks.free(chunk);
        }
    }
}

impl Wheel {
    /// The first slot that holds something, from `hand` on.
    fn first_filled(&self, hand: usize) -> Option<usize> {
        let first = self.filled[hand / 64] & (u64::MAX << (hand % 64));
        let words = std::iter::once(first).chain(self.filled[hand / 64 + 1..].iter().copied());
        let (word, bits) = (hand / 64..).zip(words).find(|(_, bits)| *bits != 0)?;
        Some(word * 64 + bits.trailing_zeros() as usize)
    }

    fn take(&mut self, slot: usize) -> List {
        self.filled[slot / 64] &= !(1 << (slot % 64));
        std::mem::take(&mut self.slots[slot])
    }
}

impl Run {
    fn fill(&mut self, list: List, chunks: &Chunks) {
        self.chunks.clear();
        self.order.clear();
        self.next = 0;
        let mut next = list.first();
        while let Some(chunk) = next {
            let place = (self.chunks.len() * Chunks::LEN) as u64;
            for (place, job) in (place..).zip(chunks.jobs(chunk)) {
                let within = job.at & ((1 << TICK_BITS) - 1);
                self.order.push(within << PLACE_BITS | place);
            }
            self.chunks.push(chunk);
            next = chunks.next(chunk);
        }
        self.sorted = self.order.is_sorted();
        if !self.sorted {
            self.order.sort_unstable();
        }
    }

    /// When the next job goes on, `tick` being the one that is open.
    #[inline(always)]
    fn next_at(&self, tick: u64) -> Option<Nanos> {
        self.order.get(self.next).map(|entry| tick << TICK_BITS | entry >> PLACE_BITS)
    }

    #[inline(always)]
    fn pop(&mut self, chunks: &mut Chunks) -> Job {
        let place = (self.order[self.next] & ((1 << PLACE_BITS) - 1)) as usize;
        let (chunk, place) = (self.chunks[place / Chunks::LEN], place % Chunks::LEN);
        let job = chunks.get(chunk, place + self.gone);
        let held = chunks.jobs(chunk).len();
        if held == 1 && self.gone + 1 < chunks.len(chunk) {
            self.gone += 1;
            return job;
        }
        (self.next, self.gone) = (self.next + 1, 0);
        if self.sorted && place + 1 == held {
            chunks.free(chunk);
        } else if !self.sorted && self.next == self.order.len() {
            for chunk in &self.chunks {
                chunks.free(*chunk);
            }
        }
        job
    }
}

impl Ord for Soon {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.job.at, self.number).cmp(&(other.job.at, other.number))
    }
}

impl PartialOrd for Soon {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Soon {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Soon {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whatever is pushed comes back as a sorted list would give it.
    #[derive(Default)]
    struct Sorted(Vec<Job>);

    impl Sorted {
        fn pop(&mut self, latest: Nanos) -> Option<Job> {
            let (index, _) = self.0.iter().enumerate().min_by_key(|(index, job)| (job.at, *index))?;
            (self.0[index].at <= latest).then(|| self.0.remove(index))
        }
    }

    proptest! {
        #[test]
        fn jobs_come_in_the_order_of_time_and_then_as_they_were_pushed(
            steps in prop::collection::vec((0_u64..4, alike(), 0_u32..63, 0_usize..200, any::<u64>()), 1..150),
        ) {
            let (mut queue, mut sorted, mut now, mut number) = (Queue::new(), Sorted::default(), 0_u64, 0);
            for (pushes, alike, bits, pops, random) in steps {
                for push in 0..pushes {
                    // Nothing, or any number of so many bits.
                    let ahead = (random.rotate_left(push as u32 * 7) & ((1 << bits) - 1)) * u64::from(push != 1);
                    for _ in 0..alike {
                        let job = Job::new(now.saturating_add(ahead), number, 0, 1);
                        queue.push(job);
                        sorted.0.push(job);
                        number += 1;
                    }
                }
                let latest = now.saturating_add(random >> (63 - bits.min(62)));
                for _ in 0..pops {
                    let (expected, observed) = (sorted.pop(latest), queue.find(latest).map(|place| queue.take(place)));
                    prop_assert_eq!(observed, expected, "{} {}", now, latest);
                    now = expected.map_or(latest, |job| job.at);
                    if expected.is_none() {
                        break;
                    }
                }
            }
        }
    }

    /// How many jobs differ in their numbers alone: one mostly, and at times more than a chunk holds.
    fn alike() -> impl Strategy<Value = u32> {
        prop_oneof![8 => Just(1), 1 => 60_u32..200]
    }
}
