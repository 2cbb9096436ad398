//! Takes jobs that find no place.
//! Gives them back in the order in which they came, but for those whose subscriber has as many places as it may.
//! Never more than one list where subscribers have no such limit.

use std::collections::BTreeSet;

use crate::fleet::scene::Job;

/// Who waits, and how many places each subscriber has.
#[derive(Debug)]
pub(super) struct Waiting {
    /// How many places a subscriber may have.
    each: Option<u32>,
    /// How many it has; empty without a limit.
    taken: Vec<u32>,
    /// Who waits, of each subscriber; of all together without a limit.
    rows: Vec<Row>,
    nodes: Nodes,
    /// The subscribers that may have another place, by the number of their first.
    ready: BTreeSet<(u64, u32)>,
    next: u64,
    len: u64,
}

/// The first and the last who wait.
type Row = Option<(u32, u32)>;

/// Rows of jobs, in blocks that never move.
#[derive(Debug, Default)]
struct Nodes {
    blocks: Vec<Vec<Node>>,
    spare: Option<u32>,
}

#[derive(Debug)]
struct Node {
    job: Job,
    next: Option<u32>,
}

const BLOCK: usize = 4096;

impl Waiting {
    pub(super) fn new(each: Option<u32>, subscribers: usize) -> Self {
        let (taken, rows) = if each.is_some() { (subscribers, subscribers) } else { (0, 1) };
        Self {
            each,
            taken: vec![0; taken],
            rows: vec![None; rows],
            nodes: Nodes::default(),
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

    /// A subscriber has one place more.
    pub(super) fn enter(&mut self, subscriber: u32) {
        if self.each.is_none() {
            return;
        }
        self.taken[subscriber as usize] += 1;
        if !self.admits(subscriber)
            && let Some(number) = self.first(subscriber as usize)
        {
            self.ready.remove(&(number, subscriber));
        }
    }

    /// A subscriber has one place less.
    pub(super) fn leave(&mut self, subscriber: u32) {
        if self.each.is_none() {
            return;
        }
        self.taken[subscriber as usize] -= 1;
        self.ready.extend(self.first(subscriber as usize).map(|number| (number, subscriber)));
    }

    /// A job's time is of no use while it waits; what counts is its number in the row.
    pub(super) fn push(&mut self, job: Job) {
        let job = Job { at: self.next, ..job };
        (self.next, self.len) = (self.next + 1, self.len + 1);
        let row = if self.each.is_some() { job.subscriber as usize } else { 0 };
        let first = self.rows[row].is_none();
        self.nodes.push(&mut self.rows[row], job);
        if first && self.each.is_some() && self.admits(job.subscriber) {
            self.ready.insert((job.at, job.subscriber));
        }
    }

    /// The first whose subscriber may have another place.
    pub(super) fn pop(&mut self) -> Option<Job> {
        let row = if self.each.is_some() { self.ready.pop_first()?.1 as usize } else { 0 };
        let job = self.nodes.pop(&mut self.rows[row])?;
        self.len -= 1;
        if self.each.is_some() {
            self.ready.extend(self.first(row).map(|number| (number, job.subscriber)));
        }
        Some(job)
    }

    /// All that still wait, subscriber by subscriber.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Job> {
        let (rows, nodes, mut row) = (&mut self.rows, &mut self.nodes, 0);
        std::iter::from_fn(move || {
            while let Some(waiting) = rows.get_mut(row) {
                match nodes.pop(waiting) {
                    None => row += 1,
                    job => return job,
                }
            }
            None
        })
    }

    fn first(&self, row: usize) -> Option<u64> {
        self.rows[row].map(|(first, _)| self.nodes.node(first).job.at)
    }
}

impl Nodes {
    fn push(&mut self, row: &mut Row, job: Job) {
        let new = self.place(Node { job, next: None });
        *row = match *row {
            None => Some((new, new)),
            Some((first, last)) => {
                self.node_mut(last).next = Some(new);
                Some((first, new))
            }
        };
    }

    fn pop(&mut self, row: &mut Row) -> Option<Job> {
        let (first, last) = (*row)?;
        let spare = self.spare.replace(first);
        let node = self.node_mut(first);
        let next = std::mem::replace(&mut node.next, spare);
        *row = next.map(|next| (next, last));
        Some(node.job)
    }

    fn place(&mut self, node: Node) -> u32 {
        if let Some(spare) = self.spare {
            let place = self.node_mut(spare);
            let next = std::mem::replace(place, node).next;
            self.spare = next;
            return spare;
        }
        if self.blocks.last().is_none_or(|block| block.len() == BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK));
        }
        let (full, block) = (self.blocks.len() - 1, self.blocks.last_mut().expect("there is one"));
        block.push(node);
        u32::try_from(full * BLOCK + block.len() - 1).expect("there are fewer jobs than that")
    }

    fn node(&self, index: u32) -> &Node {
        &self.blocks[index as usize / BLOCK][index as usize % BLOCK]
    }

    fn node_mut(&mut self, index: u32) -> &mut Node {
        &mut self.blocks[index as usize / BLOCK][index as usize % BLOCK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(delivery: u32, subscriber: u32) -> Job {
        Job::new(0, delivery, subscriber, 1)
    }

    #[test]
    fn a_subscriber_that_has_all_it_may_is_passed_over_until_it_gives_one_back() {
        let mut waiting = Waiting::new(Some(1), 3);
        waiting.enter(0);
        for (delivery, subscriber) in [(1, 0), (2, 0), (3, 2), (4, 1)] {
            waiting.push(job(delivery, subscriber));
        }
        let take = |waiting: &mut Waiting| {
            let job = waiting.pop()?;
            waiting.enter(job.subscriber);
            Some(job.delivery)
        };
        assert_eq!(take(&mut waiting), Some(3));
        waiting.leave(0);
        assert_eq!(take(&mut waiting), Some(1));
        assert_eq!(take(&mut waiting), Some(4));
        assert_eq!((take(&mut waiting), waiting.len()), (None, 1));
        assert_eq!(waiting.drain().map(|job| job.delivery).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn without_a_limit_the_first_is_the_first() {
        let mut waiting = Waiting::new(None, 0);
        for round in 0..3 {
            let numbers = round * 10_000..(round + 1) * 10_000;
            numbers.clone().for_each(|number| waiting.push(job(number, number % 7)));
            let popped: Vec<u32> = std::iter::from_fn(|| waiting.pop()).map(|job| job.delivery).collect();
            assert!(popped.into_iter().eq(numbers));
        }
        assert_eq!(waiting.nodes.blocks.len(), 3);
    }
}
