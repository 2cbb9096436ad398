//! Takes jobs, and the lists that they belong to.
//! Gives them back list by list, first in first out.
//! Never moves a job for the sake of room: a chunk is made once, and is used again.

use crate::fleet::scene::Job;

/// Room for many lists of jobs.
#[derive(Debug)]
pub(super) struct Chunks {
    /// How many jobs a chunk holds, as a power of two.
    bits: u32,
    blocks: Vec<Block>,
    /// What is to be known of each chunk.
    notes: Vec<Note>,
    /// The first chunk that no list uses.
    spare: Option<u32>,
}

/// The jobs of some chunks, one after the other.
type Block = Box<[Job; BLOCK]>;

#[derive(Clone, Copy, Debug, Default)]
struct Note {
    /// How many deliveries follow that of the first job, each a job like it, which stands for all of them: they were
    /// posted at once and fared alike.
    more: u32,
    /// How many jobs are gone.
    gone: u32,
    /// The chunks before and after it in its list.
    before: Option<u32>,
    next: Option<u32>,
}

/// A list of jobs in [`Chunks`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct List {
    /// The first chunk.
    first: u32,
    /// The place after the last job, which is that of the next one unless it lies in another chunk; 0 without any job.
    end: u32,
}

/// How many places there are in a block.
const BLOCK: usize = 4096;
/// A short chunk leaves little room unused, a long one is fetched in one go.
const BITS: std::ops::RangeInclusive<u32> = 3..=6;

impl List {
    #[inline(always)]
    pub(super) const fn is_empty(&self) -> bool {
        self.end == 0
    }
}

impl Chunks {
    /// For lists of about so many jobs each; a chunk holds two to four times as many, within bounds.
    pub(super) fn new(jobs: u64) -> Self {
        let bits = jobs.max(1).ilog2() + 2;
        Self { bits: bits.clamp(*BITS.start(), *BITS.end()), blocks: Vec::new(), notes: Vec::new(), spare: None }
    }

    const fn len(&self) -> u32 {
        1 << self.bits
    }

    /// In which chunk a place is.
    pub(super) const fn chunk_of(&self, place: u32) -> u32 {
        place >> self.bits
    }

    /// Whether a place is the last one of its chunk.
    #[inline(always)]
    pub(super) const fn is_last(&self, place: u32) -> bool {
        (place + 1) & (self.len() - 1) == 0
    }

    /// The job at a place.
    #[inline(always)]
    pub(super) fn get(&self, place: u32) -> Job {
        self.blocks[place as usize / BLOCK][place as usize % BLOCK]
    }

    fn jobs(&self, chunk: u32) -> &[Job] {
        let from = (chunk << self.bits) as usize;
        &self.blocks[from / BLOCK][from % BLOCK..][..self.len() as usize]
    }

    /// The last chunk of a list, if there is one.
    fn last(&self, list: List) -> Option<u32> {
        Some(self.chunk_of(list.end.checked_sub(1)?))
    }

    /// How many jobs of a list are in a chunk.
    fn held(&self, list: List, chunk: u32) -> u32 {
        if self.last(list) == Some(chunk) { list.end - (chunk << self.bits) } else { self.len() }
    }

    /// Room for a job at the end of a list.
    #[inline(always)]
    pub(super) fn room(&mut self, list: &mut List) -> &mut Job {
        if list.end & (self.len() - 1) == 0 {
            self.extend(list);
        }
        let place = list.end as usize;
        list.end += 1;
        &mut self.blocks[place / BLOCK][place % BLOCK]
    }

    /// Makes room for some jobs at the end of a list whose last chunk is full, or that has none.
    #[inline(never)]
    fn extend(&mut self, list: &mut List) {
        let last = self.last(*list);
        let chunk = match last {
            Some(last) if self.folds(last) => last,
            _ => self.take(last),
        };
        if last.is_none() {
            list.first = chunk;
        }
        list.end = chunk << self.bits;
    }

    /// Looks whether the jobs of a full chunk are alike. If so, the first stands for them; but if the chunk before it is
    /// such a one and they are like that, it stands for them too, and this one may be filled anew.
    fn folds(&mut self, chunk: u32) -> bool {
        let jobs = self.jobs(chunk);
        let alike = |(later, job): (usize, &Job)| jobs[0].followed(later as u32) == *job;
        // The last one is the first that is not alike.
        if !jobs.iter().enumerate().rev().all(alike) {
            return false;
        }
        let before = self.notes[chunk as usize].before.filter(|before| {
            let more = self.notes[*before as usize].more;
            more > 0 && self.jobs(*before)[0].followed(more + 1) == jobs[0]
        });
        match before {
            Some(before) => self.notes[before as usize].more += self.len(),
            None => self.notes[chunk as usize].more = self.len() - 1,
        }
        before.is_some()
    }

    /// A chunk that comes after another one.
    fn take(&mut self, before: Option<u32>) -> u32 {
        let chunk = self.spare.unwrap_or_else(|| self.grow());
        self.spare = std::mem::replace(&mut self.notes[chunk as usize], Note { before, ..Note::default() }).next;
        if let Some(before) = before {
            self.notes[before as usize].next = Some(chunk);
        }
        chunk
    }

    /// Makes a block of chunks, each one leading to the next, and gives the first.
    #[cold]
    fn grow(&mut self) -> u32 {
        let first = self.notes.len() as u32;
        let end = first + (BLOCK as u32 >> self.bits);
        assert!(end <= u32::MAX >> self.bits, "there are fewer jobs than that");
        let leading_to = |next| Note { next: Some(next).filter(|next| *next < end), ..Note::default() };
        self.notes.extend((first + 1..=end).map(leading_to));
        self.blocks.push(vec![Job::new(0, 0, 0, 0); BLOCK].try_into().expect("it is as long as that"));
        first
    }

    /// Takes the first job of a list.
    pub(super) fn pop(&mut self, list: &mut List) -> Option<Job> {
        if list.is_empty() {
            return None;
        }
        let (chunk, from) = (list.first, list.first << self.bits);
        let (gone, left) = self.rest(chunk, self.held(*list, chunk));
        let folded = self.notes[chunk as usize].more > 0;
        let job = if folded { self.get(from).followed(gone) } else { self.get(from + gone) };
        self.pass(chunk, 1);
        if left == 1 {
            self.free_first(list);
        }
        Some(job)
    }

    /// How many jobs of a chunk of so many, or of the many that it stands for, are gone, and how many are left.
    pub(super) fn rest(&self, chunk: u32, held: u32) -> (u32, u32) {
        let Note { more, gone, .. } = self.notes[chunk as usize];
        (gone, held.max(more + 1) - gone)
    }

    /// So many more are gone.
    pub(super) fn pass(&mut self, chunk: u32, count: u32) {
        self.notes[chunk as usize].gone += count;
    }

    /// The jobs that the chunks of a list hold: the place of the first, all of them, and whether it stands for others.
    pub(super) fn all(&self, list: List) -> impl Iterator<Item = (u32, &[Job], bool)> {
        let first = Some(list.first).filter(|_| !list.is_empty());
        let chunks = std::iter::successors(first, |chunk| self.notes[*chunk as usize].next);
        chunks.map(move |chunk| {
            let folded = self.notes[chunk as usize].more > 0;
            let held = if folded { 1 } else { self.held(list, chunk) };
            (chunk << self.bits, &self.jobs(chunk)[..held as usize], folded)
        })
    }

    /// Gives the first chunk of a list back.
    pub(super) fn free_first(&mut self, list: &mut List) {
        let next = std::mem::replace(&mut self.notes[list.first as usize].next, self.spare);
        self.spare = Some(list.first);
        *list = match next {
            None => List::default(),
            Some(first) => {
                self.notes[first as usize].before = None;
                List { first, ..*list }
            }
        };
    }

    /// Gives all chunks of a list back.
    pub(super) fn free(&mut self, list: List) {
        if let Some(last) = self.last(list) {
            self.notes[last as usize].next = self.spare.replace(list.first);
        }
    }
}
