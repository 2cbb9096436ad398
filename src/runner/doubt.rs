//! Takes records from a server as they come.
//! Gives those that are settled, and the cases to play again because lateness alone spoilt them.
//! Never plays a failure again that noise can't have made: an early attempt, a wrong answer, or a wrong count where the
//! subscriber's port was open all the time.

use std::collections::BTreeMap;

use super::event::{CheckOutcome, CheckRecord, ResultKind, RowVerdict, ScenarioFinished};
use super::plan::Planned;
use crate::scenario::{Behaviour, Script};

/// More late cases than this are not noise: the server is late, and playing them again would only take time.
const LATE_MAX: usize = 8;

/// Cases that are not settled yet.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    open: Vec<(Planned, ScenarioFinished)>,
    /// The attempts that were late every time so far.
    always_late: BTreeMap<String, Vec<LateRow>>,
}

/// A delivery and the number of the attempt in it, or a check and what was counted.
type LateRow = (String, usize);

impl Doubts {
    /// Settles a record, or keeps it as a doubt.
    pub(super) fn sort_out(
        &mut self,
        planned: Planned,
        record: ScenarioFinished,
        settle: &mut impl FnMut(ScenarioFinished),
    ) {
        let late = late_rows(&planned, &record);
        if !is_doubtful(&planned, &record) {
            return settle(record);
        }
        self.always_late
            .entry(record.id.clone())
            .and_modify(|always| always.retain(|row| late.contains(row)))
            .or_insert(late);
        self.open.push((planned, record));
    }

    /// The cases to play again. Failures are settled instead if there are too many of them for noise.
    pub(super) fn take(&mut self, settle: &mut impl FnMut(ScenarioFinished)) -> Vec<Planned> {
        let failures = self.open.iter().filter(|(_, record)| record.verdict != ResultKind::Inconclusive).count();
        let mut again = Vec::new();
        for (planned, record) in std::mem::take(&mut self.open) {
            if failures > LATE_MAX && record.verdict != ResultKind::Inconclusive {
                settle(record);
            } else {
                again.push(planned);
            }
        }
        again
    }

    /// Settles what is still open: an attempt that was late every time is late, anything else can't be told.
    pub(super) fn give_up(self, settle: &mut impl FnMut(ScenarioFinished)) {
        for (_, mut record) in self.open {
            if self.always_late.get(&record.id).is_none_or(Vec::is_empty) {
                record.verdict = ResultKind::Inconclusive;
            }
            settle(record);
        }
    }
}

/// Whether nothing but lateness stands between the record and what was expected of it.
pub(super) fn is_doubtful(planned: &Planned, record: &ScenarioFinished) -> bool {
    let late = late_rows(planned, record);
    let unexcused = |check: &&CheckRecord| check.outcome == CheckOutcome::Fail && check.known.is_empty();
    let of_time = |check: &CheckRecord| {
        let timed = [".delays_s", ".first_at_s"].iter().any(|name| check.check.ends_with(name));
        timed || wrong_count(check).is_some_and(|wrong| late.contains(&wrong))
    };
    let rows = || record.deliveries.iter().flat_map(|delivery| &delivery.rows);
    let early = rows().any(|row| row.verdict == RowVerdict::Early);
    match record.verdict {
        ResultKind::Inconclusive => true,
        ResultKind::Fail => !late.is_empty() && !early && record.checks.iter().filter(unexcused).all(of_time),
        ResultKind::Stale => !late.is_empty() && !early,
        _ => false,
    }
}

/// The attempts that were late, the first ones, which have a check of their own, and the counts that lateness makes
/// wrong: noise is not late at the same place every time.
fn late_rows(planned: &Planned, record: &ScenarioFinished) -> Vec<LateRow> {
    let late = |verdict| matches!(verdict, RowVerdict::Late | RowVerdict::Noisy);
    let rows = record.deliveries.iter().flat_map(|delivery| delivery.rows.iter().map(move |row| (delivery, row)));
    let rows = rows.filter(|(_, row)| late(row.verdict)).map(|(delivery, row)| (delivery.path.clone(), row.attempt));
    let first = |check: &&CheckRecord| check.outcome != CheckOutcome::Pass && check.check.ends_with(".first_at_s");
    let first = record.checks.iter().filter(first).map(|check| (check.check.clone(), 1));
    let counts = record.checks.iter().filter(|_| closes_its_port(planned)).filter_map(wrong_count);
    rows.chain(first).chain(counts).collect()
}

/// Whether a subscriber of the case closes its port for a time: an attempt that is late finds it open, and is counted.
fn closes_its_port(planned: &Planned) -> bool {
    let closes = |script: &Script| script.iter().any(|behaviour| matches!(behaviour, Behaviour::Refuse(_)));
    planned.case.subscribers.values().any(closes)
}

fn wrong_count(check: &CheckRecord) -> Option<LateRow> {
    let counted = check.observed.get("attempts")?.as_u64()?;
    (check.outcome == CheckOutcome::Fail).then(|| (check.check.clone(), usize::try_from(counted).unwrap_or(usize::MAX)))
}
