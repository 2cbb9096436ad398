//! Takes the records of cases that are played more than once.
//! Gives one record for each case: the worst, with how often it passed.
//! Never lets a pass hide a failure.

use std::collections::BTreeMap;

use super::event::{Repeats, ScenarioFinished};

/// Records by their case, until every repeat is there.
#[derive(Debug)]
pub struct Repeated {
    times: usize,
    open: BTreeMap<String, Vec<ScenarioFinished>>,
}

impl Repeated {
    /// Waits for so many records of each case.
    pub const fn new(times: usize) -> Self {
        Self { times, open: BTreeMap::new() }
    }

    /// Takes in a record; gives the case's one record when it was the last.
    pub fn take_in(&mut self, record: ScenarioFinished) -> Option<ScenarioFinished> {
        if self.times <= 1 {
            return Some(record);
        }
        let id = record.id.clone();
        let records = self.open.entry(id.clone()).or_default();
        records.push(record);
        if records.len() < self.times {
            return None;
        }
        self.open.remove(&id).and_then(worst)
    }

    /// The cases that a run cut short has played, but not as often as it was to.
    pub fn rest(self) -> Vec<ScenarioFinished> {
        self.open.into_values().filter_map(worst).collect()
    }
}

/// The first of the worst records.
fn worst(records: Vec<ScenarioFinished>) -> Option<ScenarioFinished> {
    let repeats = Repeats { passed: records.iter().filter(|record| record.passed()).count(), of: records.len() };
    let worst = records.into_iter().rev().max_by_key(|record| record.verdict)?;
    Some(ScenarioFinished { repeats: Some(repeats), ..worst })
}
