//! Takes a range of seeds, or a share of it.
//! Gives the outcome of each in the order of seeds, on every core, a part of them played twice.
//! Never lets the number of threads or of shards be seen in what comes out.

use rayon::prelude::*;

use super::outcome::{Outcome, Play, play_seed};
use crate::rng::fnv1a;
use crate::target::Error;

/// One seed in so many is played twice: what differs then is not determined by its seed.
pub const CHECKED_ONE_IN: u64 = 20;
/// How many seeds are played before what came of them is told.
const CHUNK: u64 = 512;

/// One of several equal shares of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one, counted from 1.
    pub number: u64,
    /// Of how many.
    pub of: u64,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// Reads `2/8`.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, of) = text.split_once('/')?;
        let shard = Self { number: number.parse().ok()?, of: of.parse().ok()? };
        (1..=shard.of).contains(&shard.number).then_some(shard)
    }
}

impl Shard {
    /// Whether what is called `id` belongs to this share: the hash of the id decides, so that a new scenario moves no other.
    pub fn has(self, id: &str) -> bool {
        fnv1a(id.as_bytes()) % self.of == self.number - 1
    }
}

/// Seeds that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// Which of them.
    pub shard: Shard,
}

impl Range {
    /// The positions in the range that are this share's.
    fn positions(self) -> impl Iterator<Item = u64> {
        let Shard { number, of } = self.shard;
        (number - 1..self.seeds).step_by(usize::try_from(of).unwrap_or(usize::MAX))
    }
}

/// What came of one seed, and whether a second time the same.
#[derive(Clone, Debug)]
pub struct Explored {
    /// What came of it.
    pub outcome: Outcome,
    /// Whether it came out otherwise when it was played again.
    pub differs: bool,
}

/// Plays a range, and hands each outcome to `tell` in the order of seeds.
///
/// # Errors
/// The first of [`play_seed`], or of `tell`.
pub fn explore<E: From<Error> + Send>(
    range: Range,
    on: &impl Play,
    mut tell: impl FnMut(Explored) -> Result<(), E>,
) -> Result<(), E> {
    let positions: Vec<u64> = range.positions().collect();
    for chunk in positions.chunks(CHUNK as usize) {
        let played: Vec<Result<Explored, Error>> =
            chunk.par_iter().map(|position| play_checked(range.from, *position, on)).collect();
        for explored in played {
            tell(explored?)?;
        }
    }
    Ok(())
}

fn play_checked(from: u64, position: u64, on: &impl Play) -> Result<Explored, Error> {
    let seed = from.wrapping_add(position);
    let outcome = play_seed(seed, on)?;
    let differs = position.is_multiple_of(CHECKED_ONE_IN) && play_seed(seed, on)? != outcome;
    Ok(Explored { outcome, differs })
}
