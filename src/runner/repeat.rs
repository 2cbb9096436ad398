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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::{ResultKind, Wall};

    fn record(verdict: ResultKind, elapsed_s: f64) -> ScenarioFinished {
        ScenarioFinished {
            id: "a/b".into(),
            verdict,
            level: "must".into(),
            title: String::new(),
            file: String::new(),
            requirements: Vec::new(),
            reason: None,
            repeats: None,
            checks: Vec::new(),
            deliveries: Vec::new(),
            exchanges: Vec::new(),
            attempts: Vec::new(),
            elapsed_s,
            wall: Wall::default(),
        }
    }

    #[test]
    fn the_first_of_the_worst_counts() {
        let mut repeated = Repeated::new(4);
        for (verdict, elapsed_s) in [(ResultKind::Pass, 1.0), (ResultKind::Fail, 2.0), (ResultKind::Fail, 3.0)] {
            assert!(repeated.take_in(record(verdict, elapsed_s)).is_none());
        }
        let worst = repeated.take_in(record(ResultKind::Inconclusive, 4.0)).expect("it was the last");
        assert_eq!((worst.verdict, worst.elapsed_s), (ResultKind::Fail, 2.0));
        assert_eq!(worst.repeats, Some(Repeats { passed: 1, of: 4 }));
        assert!(repeated.rest().is_empty());
    }

    #[test]
    fn a_run_cut_short_tells_what_it_has() {
        let mut repeated = Repeated::new(2);
        assert!(repeated.take_in(record(ResultKind::Pass, 1.0)).is_none());
        let rest = repeated.rest();
        assert_eq!(rest.iter().map(|record| record.repeats).collect::<Vec<_>>(), [Some(Repeats { passed: 1, of: 1 })]);
        let single = Repeated::new(1).take_in(record(ResultKind::Pass, 1.0)).expect("it was the only one");
        assert_eq!(single.repeats, None);
    }
}
