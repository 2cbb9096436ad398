//! Takes jobs with the time at which they go on.
//! Gives them back in the order of time, and at one moment in the order in which they came.
//! Never knows what a job is about.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::scene::Job;
use super::world::Nanos;

/// What is to come.
#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Entry>>,
    next: u64,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    job: Job,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn push(&mut self, job: Job) {
        self.heap.push(Reverse(Entry { number: self.next, job }));
        self.next += 1;
    }

    /// The next one, unless it comes after `latest`.
    pub(super) fn pop(&mut self, latest: Nanos) -> Option<Job> {
        self.heap.peek().filter(|Reverse(entry)| entry.job.at <= latest)?;
        self.heap.pop().map(|Reverse(entry)| entry.job)
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.job.at, self.number).cmp(&(other.job.at, other.number))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}
