//! Takes jobs that find no place.
//! Gives them back in the order in which they came, but for those whose subscriber has as many places as it may.
//! Never more than one list where subscribers have no such limit.

use std::collections::{BTreeSet, VecDeque};

use super::scene::Job;

/// Who waits, and how many places each subscriber has.
#[derive(Debug)]
pub(super) struct Waiting {
    /// How many places a subscriber may have.
    each: Option<u32>,
    /// How many it has; empty without a limit.
    taken: Vec<u32>,
    /// Who waits, of each subscriber; of all together without a limit.
    lists: Vec<VecDeque<Job>>,
    /// The subscribers that may have another place, by the number of their first.
    ready: BTreeSet<(u64, u32)>,
    next: u64,
    len: u64,
}

impl Waiting {
    pub(super) fn new(each: Option<u32>, subscribers: usize) -> Self {
        let lists = if each.is_some() { subscribers } else { 1 };
        let taken = if each.is_some() { subscribers } else { 0 };
        Self {
            each,
            taken: vec![0; taken],
            lists: (0..lists).map(|_| VecDeque::new()).collect(),
            ready: BTreeSet::new(),
            next: 0,
            len: 0,
        }
    }

    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// Whether a subscriber may have another place.
    pub(super) fn admits(&self, subscriber: u32) -> bool {
        self.each.is_none_or(|each| self.taken[subscriber as usize] < each)
    }

    pub(super) fn enter(&mut self, subscriber: u32) {
        if self.each.is_none() {
            return;
        }
        self.taken[subscriber as usize] += 1;
        if !self.admits(subscriber)
            && let Some(first) = self.lists[subscriber as usize].front()
        {
            self.ready.remove(&(first.at, subscriber));
        }
    }

    pub(super) fn leave(&mut self, subscriber: u32) {
        if self.each.is_none() {
            return;
        }
        self.taken[subscriber as usize] -= 1;
        if let Some(first) = self.lists[subscriber as usize].front() {
            self.ready.insert((first.at, subscriber));
        }
    }

    /// A job's time is of no use while it waits; what counts is its number in the row.
    pub(super) fn push(&mut self, job: Job) {
        let job = Job { at: self.next, ..job };
        (self.next, self.len) = (self.next + 1, self.len + 1);
        if self.each.is_none() {
            return self.lists[0].push_back(job);
        }
        let first = self.lists[job.subscriber as usize].is_empty();
        self.lists[job.subscriber as usize].push_back(job);
        if first && self.admits(job.subscriber) {
            self.ready.insert((job.at, job.subscriber));
        }
    }

    /// The first whose subscriber may have another place.
    pub(super) fn pop(&mut self) -> Option<Job> {
        let list = if self.each.is_some() { self.ready.pop_first()?.1 as usize } else { 0 };
        let job = self.lists[list].pop_front()?;
        self.len -= 1;
        if self.each.is_some()
            && let Some(first) = self.lists[list].front()
        {
            self.ready.insert((first.at, job.subscriber));
        }
        Some(job)
    }

    /// Any, in the order of subscribers.
    pub(super) fn pop_any(&mut self) -> Option<Job> {
        let list = self.lists.iter_mut().find(|list| !list.is_empty())?;
        list.pop_front()
    }
}
