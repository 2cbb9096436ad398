//! Takes jobs, and the lists that they belong to.
//! Gives them back list by list, first in first out.
//! Never moves many jobs for the sake of room: a chunk grows to its size once, and is used again.

use crate::fleet::scene::Job;

/// Room for many lists of jobs.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    chunks: Vec<Chunk>,
    /// The first chunk that no list uses.
    spare: Option<u32>,
}

/// Some jobs of a list, or one that stands for any number: deliveries that were posted at once and fared alike.
#[derive(Debug)]
struct Chunk {
    jobs: Vec<Job>,
    /// How many deliveries follow that of the only job, each a job like it.
    more: u32,
    next: Option<u32>,
}

/// A list of jobs in [`Chunks`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct List {
    /// The first and the last chunk.
    ends: Option<(u32, u32)>,
    /// How many jobs of the first chunk are gone.
    gone: u32,
}

impl List {
    pub(super) const fn is_empty(&self) -> bool {
        self.ends.is_none()
    }

    /// The first chunk.
    pub(super) fn first(&self) -> Option<u32> {
        self.ends.map(|(first, _)| first)
    }
}

impl Chunks {
    /// How many jobs a chunk holds.
    pub(super) const LEN: usize = 64;

    #[inline(always)]
    pub(super) fn push(&mut self, list: &mut List, job: Job) {
        if let Some((_, last)) = list.ends
            && self.chunks[last as usize].takes(job)
        {
            return;
        }
        let new = self.take();
        self.chunks[new as usize].jobs.push(job);
        list.ends = match list.ends {
            None => Some((new, new)),
            Some((first, last)) => {
                self.chunks[last as usize].next = Some(new);
                Some((first, new))
            }
        };
    }

    pub(super) fn pop(&mut self, list: &mut List) -> Option<Job> {
        let (first, last) = list.ends?;
        let job = self.get(first, list.gone as usize);
        list.gone += 1;
        if list.gone as usize == self.len(first) {
            let next = self.free(first);
            *list = List { ends: next.map(|next| (next, last)), gone: 0 };
        }
        Some(job)
    }

    fn take(&mut self) -> u32 {
        match self.spare {
            Some(spare) => {
                self.spare = self.chunks[spare as usize].next.take();
                spare
            }
            None => {
                self.chunks.push(Chunk { jobs: Vec::new(), more: 0, next: None });
                u32::try_from(self.chunks.len() - 1).expect("there are fewer chunks than that")
            }
        }
    }

    /// Gives a chunk back and says which one came after it.
    pub(super) fn free(&mut self, chunk: u32) -> Option<u32> {
        let spare = self.spare.replace(chunk);
        let chunk = &mut self.chunks[chunk as usize];
        chunk.jobs.clear();
        chunk.more = 0;
        std::mem::replace(&mut chunk.next, spare)
    }

    pub(super) fn next(&self, chunk: u32) -> Option<u32> {
        self.chunks[chunk as usize].next
    }

    /// How many jobs a chunk stands for.
    pub(super) fn len(&self, chunk: u32) -> usize {
        let chunk = &self.chunks[chunk as usize];
        chunk.jobs.len() + chunk.more as usize
    }

    /// The jobs that it holds, each at its place; if there is one, all that it stands for come after it.
    pub(super) fn jobs(&self, chunk: u32) -> &[Job] {
        &self.chunks[chunk as usize].jobs
    }

    #[inline(always)]
    pub(super) fn get(&self, chunk: u32, place: usize) -> Job {
        let chunk = &self.chunks[chunk as usize];
        if chunk.more > 0 { chunk.jobs[0].followed(place as u32) } else { chunk.jobs[place] }
    }
}

impl Chunk {
    /// Takes one job more if there is room.
    #[inline(always)]
    fn takes(&mut self, job: Job) -> bool {
        if self.more > 0 {
            let follows = self.jobs[0].followed(self.more + 1) == job;
            self.more += u32::from(follows);
            return follows;
        }
        if self.jobs.len() == Chunks::LEN {
            return false;
        }
        self.jobs.push(job);
        if self.jobs.len() == Chunks::LEN {
            self.fold();
        }
        true
    }

    /// A chunk full of jobs that are alike is one job.
    fn fold(&mut self) {
        let first = self.jobs[0];
        if (0..).zip(&self.jobs).all(|(place, job)| first.followed(place) == *job) {
            self.more = self.jobs.len() as u32 - 1;
            self.jobs.truncate(1);
        }
    }
}
