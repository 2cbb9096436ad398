//! Takes jobs with the time at which they go on.
//! Gives them back in the order of time, and at one moment in the order in which they came.
//! Never knows what a job is about.
//!
//! A hierarchical timing wheel. Source: Varghese and Lauck, "Hashed and hierarchical timing wheels", 1987. It holds jobs
//! whole, in chunks: a queue of references would fetch each job from a place of its own, and with a million of them
//! memory is what takes the time. Wheels that others wrote give no order within a tick, or keep their entries one by
//! one. `reports/fleet-benchmark.md` has what it makes of the whole engine, beside other simulators.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::chunks::{Chunks, List};
use crate::fleet::scene::Job;
use crate::fleet::world::Nanos;

/// What is to come.
#[derive(Debug)]
pub(super) struct Queue {
    chunks: Chunks,
    /// A slot of one is as long as a turn of the one before.
    wheels: [Wheel; WHEELS],
    /// The tick that the wheels stand at.
    tick: u64,
    /// The first tick whose jobs belong into the wheels: the next one as soon as those of this one are in `run`.
    floor: u64,
    run: Run,
    /// Jobs that came while their tick was open.
    soon: Soon,
    /// Those of them for the moment at which they came.
    now: List,
    moment: Nanos,
}

/// One round of slots.
#[derive(Debug)]
struct Wheel {
    slots: Box<[List; SLOTS]>,
    /// Which of them hold something.
    filled: [u64; SLOTS / 64],
}

/// Where the jobs of the open tick are, in the order in which those of one moment came.
#[derive(Clone, Copy, Debug)]
enum Place {
    Run,
    Soon,
    Now,
}

/// The jobs of one tick in their order.
#[derive(Debug, Default)]
struct Run {
    list: List,
    /// When the tick begins.
    begins: Nanos,
    order: Vec<Entry>,
    next: usize,
    /// Whether they came in the order of time, so that chunks are empty one after the other.
    sorted: bool,
}

/// When within the tick a job goes on, where it is, and whether it stands for others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry(u64);

/// Jobs that came while their tick was open, for a later moment.
#[derive(Debug, Default)]
struct Soon {
    /// When each goes on, its number in the order in which they came, and where it is.
    order: BinaryHeap<Reverse<(Nanos, u64, usize)>>,
    next: u64,
    jobs: Vec<Job>,
    spare: Vec<usize>,
}

/// A tick is 2^24 nanoseconds, about 17 ms: long enough that a slot fills whole chunks.
const TICK_BITS: u32 = 24;
/// A turn of the first wheel is 275 s: most delays of most policies need no other.
const SLOT_BITS: u32 = 14;
const SLOTS: usize = 1 << SLOT_BITS;
/// Enough for all the times there are.
const WHEELS: usize = (64 - TICK_BITS).div_ceil(SLOT_BITS) as usize;

impl Queue {
    /// For about so many jobs.
    pub(super) fn new(jobs: u64) -> Self {
        Self {
            chunks: Chunks::new(jobs / SLOTS as u64),
            wheels: std::array::from_fn(|_| Wheel::new()),
            tick: 0,
            floor: 0,
            run: Run::default(),
            soon: Soon::default(),
            now: List::default(),
            moment: 0,
        }
    }

    /// A job may not come before the last one that went, or before the latest time that was asked for.
    #[inline(always)]
    pub(super) fn push(&mut self, job: Job) {
        *self.room(job.at) = job;
    }

    /// Room for a job that goes on at this moment. So a job has no address before it is there, and is in registers.
    #[inline(always)]
    fn room(&mut self, at: Nanos) -> &mut Job {
        let tick = at >> TICK_BITS;
        if tick < self.floor {
            return self.room_in_tick(at);
        }
        if (tick ^ self.tick) >> SLOT_BITS > 0 {
            return self.room_above(tick);
        }
        self.wheels[0].room(tick as usize % SLOTS, &mut self.chunks)
    }

    /// The same in a wheel above the first one.
    #[inline(never)]
    fn room_above(&mut self, tick: u64) -> &mut Job {
        let level = (tick ^ self.tick).ilog2() / SLOT_BITS;
        let slot = (tick >> (level * SLOT_BITS)) as usize % SLOTS;
        self.wheels[level as usize].room(slot, &mut self.chunks)
    }

    /// The same in the tick that is open.
    #[inline(never)]
    fn room_in_tick(&mut self, at: Nanos) -> &mut Job {
        if at == self.moment { self.chunks.room(&mut self.now) } else { self.soon.room(at) }
    }

    /// Whether nothing else is due at `at`, which is now.
    pub(super) fn is_clear(&self, at: Nanos) -> bool {
        self.next().is_none_or(|(next, _)| next > at)
    }

    /// The next one, if it is one of those that were there when their tick was opened, and comes not after `latest`.
    #[inline(always)]
    pub(super) fn find(&mut self, latest: Nanos) -> Option<Entry> {
        let entry = self.run.order.get(self.run.next)?;
        let at = self.run.begins | entry.within();
        if at > latest || !self.is_quiet() {
            return None;
        }
        self.moment = at;
        Some(*entry)
    }

    /// Takes what was found.
    #[inline(always)]
    pub(super) fn take(&mut self, entry: Entry) -> Job {
        self.run.take(entry, &mut self.chunks)
    }

    /// The job that was found and stands for others: the first that is left, and how many they are.
    pub(super) fn alike(&self, entry: Entry) -> (Job, u32) {
        let (gone, left) = self.chunks.rest(self.chunks.chunk_of(entry.place()), 1);
        (self.chunks.get(entry.place()).followed(gone), left)
    }

    /// Takes so many of these at once.
    pub(super) fn pass(&mut self, entry: Entry, count: u32) {
        self.run.pass(entry, count, &mut self.chunks);
    }

    /// Takes the next one, unless it comes after `latest`.
    #[inline(never)]
    pub(super) fn pop(&mut self, latest: Nanos) -> Option<Job> {
        loop {
            if let Some((at, place)) = self.next() {
                if at > latest {
                    return None;
                }
                self.moment = at;
                return match place {
                    Place::Run => Some(self.run.take(self.run.order[self.run.next], &mut self.chunks)),
                    Place::Soon => self.soon.pop(),
                    Place::Now => self.chunks.pop(&mut self.now),
                };
            }
            if !self.turn(latest) {
                return None;
            }
        }
    }

    /// When the next job of the open tick goes on, and where it is: of those at one moment the first that came.
    #[inline(always)]
    fn next(&self) -> Option<(Nanos, Place)> {
        let run = self.run.next_at().map(|at| (at, Place::Run));
        if self.is_quiet() { run } else { self.next_of_all(run) }
    }

    fn next_of_all(&self, run: Option<(Nanos, Place)>) -> Option<(Nanos, Place)> {
        let soon = self.soon.order.peek().map(|Reverse((at, _, _))| (*at, Place::Soon));
        let now = (!self.now.is_empty()).then_some((self.moment, Place::Now));
        [run, soon, now].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Whether no job came while its tick was open, but for those that went.
    #[inline(always)]
    fn is_quiet(&self) -> bool {
        self.now.is_empty() && self.soon.order.is_empty()
    }

    /// Turns the wheels to the next tick that has jobs, or towards it; says whether there is one not after `latest`.
    #[cold]
    fn turn(&mut self, latest: Nanos) -> bool {
        for (level, wheel) in (0..).zip(&mut self.wheels) {
            let shift = level * SLOT_BITS;
            let hand = (self.tick >> shift) as usize % SLOTS;
            let Some(slot) = wheel.first_filled(hand) else { continue };
            let above = shift + SLOT_BITS;
            let tick = (self.tick >> above) << above | (slot as u64) << shift;
            if tick << TICK_BITS > latest {
                return false;
            }
            let list = wheel.take(slot);
            (self.tick, self.floor) = (tick, tick + u64::from(level == 0));
            if level == 0 {
                self.run.fill(tick << TICK_BITS, list, &mut self.chunks);
            } else {
                self.scatter(list);
            }
            return true;
        }
        false
    }

    /// Puts the jobs of a slot into the wheels below.
    fn scatter(&mut self, mut list: List) {
        while let Some(job) = self.chunks.pop(&mut list) {
            self.push(job);
        }
    }
}

impl Wheel {
    fn new() -> Self {
        let slots = vec![List::default(); SLOTS].try_into().expect("it is as long as that");
        Self { slots, filled: [0; SLOTS / 64] }
    }

    #[inline(always)]
    fn room<'a>(&mut self, slot: usize, chunks: &'a mut Chunks) -> &'a mut Job {
        let list = &mut self.slots[slot];
        if list.is_empty() {
            self.filled[slot / 64] |= 1 << (slot % 64);
        }
        chunks.room(list)
    }

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
    /// Begins anew with the jobs of a tick, all those before having gone.
    fn fill(&mut self, begins: Nanos, list: List, chunks: &mut Chunks) {
        chunks.free(self.list);
        self.order.clear();
        for (first, jobs, folded) in chunks.all(list) {
            let entries = (first..).zip(jobs).map(|(place, job)| Entry::new(job.at - begins, place, folded));
            self.order.extend(entries);
        }
        (self.list, self.begins, self.next) = (list, begins, 0);
        self.sorted = self.order.is_sorted_by_key(|entry| entry.within());
        if !self.sorted {
            // Jobs that waited equally long came in their order, so that whole stretches of the list are sorted.
            self.order.sort_by_key(|entry| entry.within());
        }
    }

    /// When the next job goes on.
    #[inline(always)]
    fn next_at(&self) -> Option<Nanos> {
        self.order.get(self.next).map(|entry| self.begins | entry.within())
    }

    /// Takes the next one.
    #[inline(always)]
    fn take(&mut self, entry: Entry, chunks: &mut Chunks) -> Job {
        let job = chunks.get(entry.place());
        if entry.is_folded() {
            return job.followed(self.pass(entry, 1, chunks));
        }
        self.next += 1;
        if self.sorted && chunks.is_last(entry.place()) {
            chunks.free_first(&mut self.list);
        }
        job
    }

    /// Goes past so many of those that one job stands for, and says how many went before.
    fn pass(&mut self, entry: Entry, count: u32, chunks: &mut Chunks) -> u32 {
        let chunk = chunks.chunk_of(entry.place());
        let (gone, left) = chunks.rest(chunk, 1);
        chunks.pass(chunk, count);
        if left == count {
            self.next += 1;
            if self.sorted {
                chunks.free_first(&mut self.list);
            }
        }
        gone
    }
}

impl Entry {
    fn new(within: Nanos, place: u32, folded: bool) -> Self {
        Self(within << (64 - TICK_BITS) | u64::from(folded) << u32::BITS | u64::from(place))
    }

    #[inline(always)]
    const fn within(self) -> Nanos {
        self.0 >> (64 - TICK_BITS)
    }

    #[inline(always)]
    const fn place(self) -> u32 {
        self.0 as u32
    }

    /// Whether the job stands for others too.
    #[inline(always)]
    pub(super) const fn is_folded(self) -> bool {
        self.0 >> u32::BITS & 1 == 1
    }
}

impl Soon {
    fn room(&mut self, at: Nanos) -> &mut Job {
        let place = self.spare.pop().unwrap_or_else(|| {
            self.jobs.push(Job::new(0, 0, 0, 0));
            self.jobs.len() - 1
        });
        self.order.push(Reverse((at, self.next, place)));
        self.next += 1;
        &mut self.jobs[place]
    }

    fn pop(&mut self) -> Option<Job> {
        let Reverse((_, _, place)) = self.order.pop()?;
        self.spare.push(place);
        Some(self.jobs[place])
    }
}

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
            let (mut queue, mut sorted, mut now, mut number) = (Queue::new(0), Sorted::default(), 0_u64, 0);
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
                    let (expected, observed) = (sorted.pop(latest), queue.pop(latest));
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
        prop_oneof![8 => Just(1), 1 => 60_u32..400]
    }
}
