//! Takes what came of each seed.
//! Gives it as lines of JSON, and lines of several shards put together as one run would have written them.
//! Never writes how long anything took: two runs write the same bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use super::range::{Explored, Shard};
use super::report::Reduced;

/// One line of a recorded exploration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Line {
    /// The first line.
    Header(Header),
    /// One for each seed.
    Seed(SeedLine),
    /// One for each failure that was cut down.
    Reduced(ReducedLine),
    /// The last line.
    Summary(Summary),
}

/// What was explored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of these lines.
    pub format: u32,
    /// `zaqarcheck` and its version.
    pub tool: String,
    /// `model` or `sim`.
    pub target: String,
    /// The profile and deviations of the model.
    pub profile: String,
    /// The first seed, in hex.
    pub from: String,
    /// How many seeds.
    pub seeds: u64,
    /// `2/8`, where this is a share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
}

/// What came of one seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedLine {
    /// The seed, in hex.
    pub seed: String,
    /// One number that stands for all that was drawn and seen, in hex.
    pub unseed: String,
    /// How many attempts reached subscribers.
    pub attempts: usize,
    /// Seconds on the plan's own clock.
    pub simulated_s: f64,
    /// Whether it came out otherwise when it was played again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub differs: bool,
    /// What is broken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<ViolationLine>,
}

/// One broken invariant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViolationLine {
    /// Its name.
    pub invariant: String,
    /// `safety` or `liveness`.
    pub nature: String,
    /// What was seen.
    pub text: String,
}

/// One failure, cut down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReducedLine {
    /// The seed, in hex.
    pub seed: String,
    /// What is broken.
    pub violation: ViolationLine,
    /// How many steps are left.
    pub steps: usize,
    /// How many cases were played for it.
    pub plays: usize,
    /// The scenario, where a file can show the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<serde_json::Value>,
}

/// What came of all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many seeds were played.
    pub seeds: u64,
    /// How many broke an invariant of safety.
    pub unsafe_seeds: u64,
    /// How many broke nothing but invariants of liveness.
    pub stuck_seeds: u64,
    /// How many came out otherwise when they were played again.
    pub undetermined_seeds: u64,
    /// How many attempts reached subscribers.
    pub attempts: u64,
    /// How often each thing was met.
    pub seen: BTreeMap<String, u64>,
}

impl SeedLine {
    /// The line of a seed.
    pub fn of(explored: &Explored) -> Self {
        let Outcome { seed, unseed, attempts, simulated, violations, .. } = &explored.outcome;
        Self {
            seed: format!("{seed:x}"),
            unseed: format!("{unseed:016x}"),
            attempts: *attempts,
            simulated_s: simulated.as_secs_f64(),
            differs: explored.differs,
            violations: violations.iter().map(ViolationLine::of).collect(),
        }
    }

    /// Whether an invariant is broken.
    pub fn fails(&self) -> bool {
        !self.violations.is_empty()
    }
}

impl ViolationLine {
    fn of(violation: &super::Violation) -> Self {
        let nature: &str = violation.nature.into();
        Self { invariant: violation.invariant.into(), nature: nature.into(), text: violation.text.clone() }
    }
}

impl ReducedLine {
    /// The line of a failure.
    pub fn of(reduced: &Reduced) -> Self {
        Self {
            seed: format!("{:x}", reduced.seed),
            violation: ViolationLine::of(&reduced.violation),
            steps: reduced.case.steps.len(),
            plays: reduced.plays,
            scenario: reduced.text.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        }
    }
}

impl Summary {
    /// Counts one seed.
    pub fn count(&mut self, line: &SeedLine) {
        self.seeds += 1;
        self.attempts += line.attempts as u64;
        self.undetermined_seeds += u64::from(line.differs);
        let unsafe_ = line.violations.iter().any(|violation| violation.nature == "safety");
        self.unsafe_seeds += u64::from(unsafe_);
        self.stuck_seeds += u64::from(line.fails() && !unsafe_);
    }

    /// Counts what one seed met.
    pub fn meet(&mut self, seen: &super::Seen) {
        for (sight, times) in seen {
            *self.seen.entry(sight.to_string()).or_default() += times;
        }
    }
}

/// Why recordings can't be put together.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// There is none, or one has no header or summary.
    #[error("merge: {0} is not a whole recording of an exploration")]
    Cut(String),
    /// They are of different runs.
    #[error("merge: {0} is of another exploration than the first")]
    Other(String),
    /// A share is missing or there twice.
    #[error("merge: shard {0} is there {1} times")]
    Shards(u64, usize),
}

/// Puts the recordings of all shards together, each with its name: the header, every seed in order, the summary.
///
/// # Errors
/// [`MergeError`].
pub fn merge(recordings: Vec<(String, Vec<Line>)>) -> Result<(Header, Vec<SeedLine>, Summary), MergeError> {
    let (mut whole, mut shares, mut total) = (None::<Header>, BTreeMap::new(), Summary::default());
    for (name, lines) in recordings {
        let Some((Line::Header(header), Line::Summary(summary))) = lines.first().zip(lines.last()) else {
            return Err(MergeError::Cut(name));
        };
        let shard = header.shard.as_deref().map_or(Some(Shard::WHOLE), Shard::parse);
        let shard = shard.ok_or_else(|| MergeError::Cut(name.clone()))?;
        let plain = Header { shard: None, ..header.clone() };
        if *whole.get_or_insert_with(|| plain.clone()) != plain {
            return Err(MergeError::Other(name));
        }
        summary.seen.iter().for_each(|(sight, times)| *total.seen.entry(sight.clone()).or_default() += times);
        let seeds: Vec<SeedLine> = lines.into_iter().filter_map(seed_line).collect();
        shares.entry(shard.of).or_insert_with(Vec::new).push((shard.number, seeds));
    }
    let whole = whole.ok_or_else(|| MergeError::Cut("nothing".into()))?;
    let seeds = in_order(shares)?;
    seeds.iter().for_each(|line| total.count(line));
    Ok((whole, seeds, total))
}

fn seed_line(line: Line) -> Option<SeedLine> {
    match line {
        Line::Seed(line) => Some(line),
        _ => None,
    }
}

/// Every seed in its place: the shares are dealt out in turn.
fn in_order(shares: BTreeMap<u64, Vec<(u64, Vec<SeedLine>)>>) -> Result<Vec<SeedLine>, MergeError> {
    let Some((of, mut shares)) = shares.into_iter().next_back() else { return Ok(Vec::new()) };
    for number in 1..=of {
        let times = shares.iter().filter(|(other, _)| *other == number).count();
        if times != 1 {
            return Err(MergeError::Shards(number, times));
        }
    }
    shares.sort_by_key(|(number, _)| *number);
    let mut rows: Vec<_> = shares.into_iter().map(|(_, lines)| lines.into_iter()).collect();
    let mut seeds = Vec::new();
    loop {
        let before = seeds.len();
        seeds.extend(rows.iter_mut().filter_map(Iterator::next));
        if seeds.len() == before {
            return Ok(seeds);
        }
    }
}
