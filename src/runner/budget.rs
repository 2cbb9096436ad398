//! Takes a plan, and how long a run may take.
//! Gives the cases that fit, the more important and then the shorter ones first, and those that don't.
//! Never measures anything: how long a case takes is known before it is played.

use std::cmp::Reverse;

use super::plan::Planned;
use crate::time::Duration;

/// What a server gives a run.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How many times fast its clock runs.
    pub scale: u32,
    /// How many deliveries it may have under way.
    pub jobs: u32,
    /// Whether cases are played one after the other, as where all of them share a project.
    pub one_by_one: bool,
}

/// The cases that can be played within `budget` of the machine's time, and those that can't, each in the order of ids.
/// A case takes its deliveries' workers for as long as it lasts without the silence at its end.
pub fn fitting(plan: Vec<Planned>, budget: Duration, pace: Pace) -> (Vec<Planned>, Vec<Planned>) {
    let mut ranked = plan;
    ranked.sort_by_key(|planned| (Reverse(planned.scenario.level), planned.case.forecast(), planned.case.id.clone()));
    let mut spent = Duration::ZERO;
    let (mut fit, mut left_out): (Vec<_>, Vec<_>) = ranked.into_iter().partition(|planned| {
        let alone = planned.case.forecast() / pace.scale;
        let with_it = spent + held(planned, pace);
        let fits = alone <= budget && with_it <= budget;
        spent = if fits { with_it } else { spent };
        fits
    });
    for part in [&mut fit, &mut left_out] {
        part.sort_by(|one, other| one.case.id.cmp(&other.case.id));
    }
    (fit, left_out)
}

/// Its share of the run: the time for which it holds workers, over all that there are; or all of its time, if the next
/// case waits for its end.
fn held(planned: &Planned, pace: Pace) -> Duration {
    let case = &planned.case;
    let busy = case.forecast().saturating_sub(case.expect.quiet()) / pace.scale;
    if pace.one_by_one {
        // Where nobody can be notified, no silence is waited for.
        let quiet = if case.subscribers.is_empty() { Duration::ZERO } else { case.expect.quiet() };
        return busy + quiet / pace.scale;
    }
    let workers = u32::try_from(case.workers()).unwrap_or(u32::MAX).min(pace.jobs);
    busy * workers / pace.jobs
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::runner::Suite;
    use crate::scenario::Level;

    fn check(plan: &[Planned], seconds: u64, scale: u32) -> (Vec<Planned>, Vec<Planned>) {
        check_paced(plan, seconds, Pace { scale, jobs: 8, one_by_one: false })
    }

    fn check_paced(plan: &[Planned], seconds: u64, pace: Pace) -> (Vec<Planned>, Vec<Planned>) {
        let scale = pace.scale;
        let (fit, left_out) = fitting(plan.to_vec(), Duration::from_secs(seconds), pace);
        assert_eq!(fit.len() + left_out.len(), plan.len(), "no case is lost");
        let spent: Duration = fit.iter().map(|planned| held(planned, pace)).sum();
        assert!(spent <= Duration::from_secs(seconds), "{spent:?}");
        assert!(fit.iter().all(|planned| planned.case.forecast() / scale <= Duration::from_secs(seconds)));
        (fit, left_out)
    }

    #[test]
    fn what_matters_more_comes_first_and_more_time_holds_more() {
        let plan = Suite::read(Path::new("scenarios")).expect("the suite is sound").plan();
        let (minute, _) = check(&plan, 60, 1);
        let (hour, left_out) = check(&plan, 3600, 1);
        assert!(!minute.is_empty() && minute.len() < hour.len() && left_out.is_empty());
        let (little, more) = check(&plan, 20, 20);
        let must = |plan: &[Planned]| plan.iter().any(|planned| planned.scenario.level == Level::Must);
        assert!(must(&little) && !more.is_empty());
        assert_eq!(check(&plan, 0, 1).0.iter().filter(|planned| planned.case.workers() > 0).count(), 0);
    }

    #[test]
    fn one_case_at_a_time_takes_as_long_as_all_of_them() {
        let plan = Suite::read(Path::new("scenarios")).expect("the suite is sound").plan();
        let pace = Pace { scale: 20, jobs: 8, one_by_one: true };
        let (fit, left_out) = check_paced(&plan, 60, pace);
        let (beside, _) = check_paced(&plan, 60, Pace { one_by_one: false, ..pace });
        assert!(!left_out.is_empty() && fit.len() < beside.len(), "{} and {}", fit.len(), beside.len());
        let notified = fit.iter().filter(|planned| !planned.case.subscribers.is_empty());
        let all: Duration = notified.map(|planned| planned.case.forecast() / 20).sum();
        assert!(all <= Duration::from_secs(60) && all > Duration::from_secs(50), "{all:?}");
        let asking = plan.iter().filter(|planned| planned.case.subscribers.is_empty());
        assert!(asking.map(|planned| held(planned, pace)).sum::<Duration>() < Duration::from_secs(30));
    }
}
