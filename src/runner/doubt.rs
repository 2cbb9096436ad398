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
    // An attempt that was late and found the port open shifts those after it: their gaps are those of their neighbours.
    let shifted = |path: &str| late.iter().any(|(check, _)| check.strip_suffix(".attempts") == Some(path));
    let unshifted = record.deliveries.iter().filter(|delivery| !shifted(&delivery.path));
    let early = unshifted.flat_map(|delivery| &delivery.rows).any(|row| row.verdict == RowVerdict::Early);
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::judge::{Clockwork, judge};
    use crate::protocol::Deviations;
    use crate::runner::catch::play;
    use crate::runner::{Suite, ledger, record};
    use crate::time::{Duration, Instant};

    /// Whether it is doubtful that the attempts of a case came at these seconds, on a clock that runs 20 times fast.
    fn check(slug: &str, arrived_s: &[f64], expected: bool) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let register = Suite::read_register(&root.join("requirements.json")).expect("it is in order");
        let suite = Suite::read_files(&root, &[root.join(format!("delivery/{slug}.json"))], register);
        let planned = suite.expect("it is in order").plan().remove(0);
        let mut observed = play(&planned.case, Deviations::NONE).expect("the model plays it");
        let attempt = observed.attempts.first().cloned().expect("there is one");
        let at = |arrived_s: &f64| {
            let arrived = Instant::after_start(Duration::from_secs_f64(*arrived_s));
            crate::judge::Attempt { arrived, ended: arrived, due: arrived, ..attempt.clone() }
        };
        observed.attempts = arrived_s.iter().map(at).collect();
        let clock = Clockwork::Real { scale: 20 };
        let verdict = judge(&planned.case, &observed, clock);
        let finding = ledger::compare(None, &planned, &verdict, clock);
        let record = record::finished(&planned, observed, verdict, finding);
        assert_eq!(is_doubtful(&planned, &record), expected, "{slug} {arrived_s:?}: {record:?}");
    }

    #[test]
    fn a_late_attempt_that_finds_the_port_open_shifts_the_others_and_proves_nothing() {
        let slug = "refused-connections-use-up-retries";
        check(slug, &[10.0, 20.0, 35.0], false); // As it should be.
        check(slug, &[7.2, 12.2, 22.2, 37.2], true);
        check(slug, &[10.0, 20.0, 37.0], true); // Late.
        check(slug, &[10.0, 18.0, 33.0], false); // Early.
        check("refused-connection-is-retried", &[12.1], true);
        check("refused-connection-is-retried", &[15.0], false);
    }

    #[test]
    fn where_no_port_closes_a_wrong_count_is_a_failure() {
        check("server-error-is-retried", &[0.0, 0.0, 0.0, 5.0], false);
    }
}
