//! Takes a policy and a horizon.
//! Gives [`Course`]: the delay before each retry, computed once for all the deliveries that follow the policy.
//! Never holds more than can happen before the horizon: a policy may ask for 2^63 retries, 2^31 seconds apart.

use crate::fleet::world::{Jitter, Nanos, Policy};
use crate::policy::{self, Phase, Schedule};
use crate::protocol::Deviations;
use crate::schedule::RETRIES_MAX;

/// A world that is too large to be played to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Endless {
    /// A post of more messages than are counted.
    #[error("a post holds {0} messages; at most {BATCH_MAX} can be simulated")]
    Batch(u32),
    /// More deliveries than are numbered.
    #[error("there are about {0} deliveries; at most {DELIVERIES_MAX} can be simulated")]
    Deliveries(u64),
    /// A policy that makes more retries at one moment than can be simulated.
    #[error("policy `{policy}` makes {retries} retries without any delay; at most {RETRIES_MAX} can be simulated")]
    Retries {
        /// The name of the policy.
        policy: String,
        /// How many retries it makes at once, or how many were counted before counting was given up.
        retries: u64,
    },
    /// More subscribers than are kept.
    #[error("there are {0} subscribers; at most {SUBSCRIBERS_MAX} can be simulated")]
    Subscribers(u64),
}

/// The most messages of a post.
pub(super) const BATCH_MAX: u32 = 65_535;

/// The most deliveries of a world.
pub(super) const DELIVERIES_MAX: u64 = 4_000_000_000;

/// The most subscribers of a world.
pub(super) const SUBSCRIBERS_MAX: u64 = 100_000_000;

/// The retries of one policy as numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// The first attempts, one by one: what nearly every look-up finds.
    head: Vec<Step>,
    runs: Vec<Run>,
    /// How many retries there are.
    count: u64,
    /// Whether the schedule breaks off after them. Observed: zaqar 23.0.1.
    broken: bool,
    /// The longest delay.
    longest: Nanos,
    jitter: Jitter,
}

/// What a policy says about one attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::fleet) struct Step {
    /// The phase it belongs to; none for the first one.
    pub(in crate::fleet) phase: Option<Phase>,
    /// Whether there is none after it.
    pub(in crate::fleet) last: bool,
    /// The nominal delay before the next one.
    pub(in crate::fleet) delay: Nanos,
}

/// Retries one after the other with the same delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// How many retries there are before and in it.
    until: u64,
    delay: Nanos,
    phase: Phase,
}

impl Course {
    /// Draws the schedule of a policy as far as it can matter before `horizon`.
    ///
    /// # Errors
    /// [`Endless::Retries`], with the number, if more than [`RETRIES_MAX`] retries follow each other without a delay.
    pub fn new(policy: &Policy, rules: Deviations, horizon: Nanos) -> Result<Self, Endless> {
        let mut schedule = Schedule::new(policy.selected.clone(), rules);
        let (head, runs) = (Vec::new(), Vec::new());
        let mut course = Self { head, runs, count: 0, broken: false, longest: 0, jitter: policy.jitter };
        let (mut span, mut at_once) = (0, 0_u64);
        while !course.outlasts(span, horizon) {
            let (retry, count) = match schedule.next_run() {
                None => break,
                Some(Err(_)) => {
                    course.broken = true;
                    break;
                }
                Some(Ok(run)) => run,
            };
            let delay = Nanos::try_from(policy::wait(retry, rules).as_nanos()).unwrap_or(Nanos::MAX);
            at_once = if delay == 0 { at_once.saturating_add(count) } else { 0 };
            if at_once > RETRIES_MAX as u64 {
                return Err(Endless::Retries { policy: policy.name.clone(), retries: at_once });
            }
            span = span.saturating_add(delay.saturating_mul(count));
            course.push(Run { until: course.count.saturating_add(count), delay, phase: retry.phase });
        }
        course.begin();
        Ok(course)
    }

    fn push(&mut self, run: Run) {
        self.count = run.until;
        self.longest = self.longest.max(run.delay);
        self.runs.push(run);
    }

    /// Lists the first attempts, all of them if there are few. What comes after the last one of a schedule that breaks
    /// off is not the policy's to say.
    fn begin(&mut self) {
        let (mut phase, mut before) = (None, 0);
        for run in &self.runs {
            let room = HEAD_MAX - self.head.len();
            let count = usize::try_from(run.until - before).map_or(room, |count| count.min(room));
            let delay = run.delay;
            self.head.extend((0..count).map(|_| Step { phase: phase.replace(run.phase), last: false, delay }));
            before = run.until;
        }
        if !self.broken && self.head.len() as u64 == self.count {
            self.head.push(Step { phase, last: true, delay: 0 });
        }
    }

    /// Whether no retry that is still to be drawn can begin before the horizon, `span` being the sum of the delays.
    ///
    /// Where a delay may shrink to nothing no sum says so; what is left then are schedules of more than a million
    /// different delays, each five seconds longer than the one before.
    fn outlasts(&self, span: Nanos, horizon: Nanos) -> bool {
        let shortest = match self.jitter {
            Jitter::None => span,
            Jitter::Equal | Jitter::MeanPreserving => span / 2,
            Jitter::Percent(percent) => span / 100 * u64::from(100_u8.saturating_sub(percent)),
            Jitter::Decorrelated => span.min(self.longest),
            Jitter::Full => 0,
        };
        shortest > horizon || self.runs.len() >= RUNS_MAX
    }

    /// What it says about an attempt, counted from 0, if that is one of the first.
    #[inline]
    pub(super) fn step(&self, attempt: u64) -> Option<Step> {
        self.head.get(usize::try_from(attempt).ok()?).copied()
    }

    /// The delay before a retry, counted from 0, and its phase; none if there are no more.
    pub fn retry(&self, index: u64) -> Option<(Nanos, Phase)> {
        let run = self.runs.get(self.runs.partition_point(|run| run.until <= index))?;
        Some((run.delay, run.phase))
    }

    /// How many retries there are, as far as they can matter.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Whether the schedule breaks off after its retries, which is no end that the policy asked for.
    pub const fn is_broken(&self) -> bool {
        self.broken
    }

    /// How each delay is spread.
    pub const fn jitter(&self) -> Jitter {
        self.jitter
    }

    /// The longest delay.
    pub const fn longest(&self) -> Nanos {
        self.longest
    }
}

const HEAD_MAX: usize = 4096;

const RUNS_MAX: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fleet::SECOND;
    use crate::policy::Selected;
    use crate::protocol::Profile;

    fn course(policy: &Value, jitter: Jitter, profile: Profile) -> Result<Course, Endless> {
        let selected = Selected::Policy(policy.as_object().expect("a policy is an object").clone());
        let policy = Policy { name: "p".into(), selected, jitter };
        Course::new(&policy, profile.deviations(), 3600 * SECOND)
    }

    #[track_caller]
    fn check(policy: &Value, index: u64, expected: Option<(u64, Phase)>) {
        let course = course(policy, Jitter::None, Profile::Documented).expect("it ends");
        let retry = course.retry(index).map(|(delay, phase)| (delay / SECOND, phase));
        assert_eq!(retry, expected, "{policy} {index}");
        let Some(step) = course.step(index) else { return };
        let expected = (index.checked_sub(1).and_then(|before| course.retry(before)), course.retry(index));
        let delay = Some(step.delay).filter(|_| !step.last);
        assert_eq!((step.phase, delay), (expected.0.map(|it| it.1), expected.1.map(|it| it.0)), "{policy} {index}");
    }

    #[test]
    fn the_first_attempts_are_listed_and_the_last_one_unless_the_schedule_breaks_off() {
        let listed = |policy: &Value, profile| {
            let course = course(policy, Jitter::None, profile).expect("it ends");
            (0..).map_while(|attempt| course.step(attempt)).map(|step| step.last).collect::<Vec<_>>()
        };
        let defaults = listed(&json!({}), Profile::Documented);
        assert_eq!((defaults.len(), defaults.iter().position(|last| *last)), (15, Some(14)));
        let geometric = json!({"minimum_delay": 0, "retry_backoff_function": "geometric"});
        assert_eq!(listed(&geometric, Profile::Zaqar23), [false; 6]);
        let long = json!({"retries_with_no_delay": 5000});
        assert_eq!(listed(&long, Profile::Documented), [false; HEAD_MAX]);
    }

    #[test]
    fn every_retry_of_the_schedule_is_found() {
        let long = json!({"maximum_delay": 3600, "retries_with_no_delay": 5000});
        let selected = Selected::Policy(long.as_object().expect("it is one").clone());
        for (index, retry) in (0..).zip(Schedule::new(selected, Deviations::NONE).take(5040)) {
            let retry = retry.expect("the documents know no stop");
            check(&long, index, Some((retry.delay_s, retry.phase)));
        }
        check(&json!({}), 13, Some((30, Phase::PostBackoff)));
        check(&json!({}), 14, None);
    }

    #[test]
    fn what_has_no_end_is_kept_in_few_runs() {
        let endless = json!({"minimum_delay_retries": i64::MAX, "maximum_delay": 1 << 31});
        check(&endless, 2, Some((0, Phase::Immediate)));
        check(&endless, 1 << 62, Some((5, Phase::PreBackoff)));
        let course = course(&endless, Jitter::None, Profile::Documented).expect("it ends");
        assert_eq!(course.runs.len(), 2);
    }

    #[test]
    fn a_huge_backoff_is_drawn_up_to_the_horizon() {
        let huge = json!({"minimum_delay": 1, "maximum_delay": i64::from(i32::MAX)});
        let plain = course(&huge, Jitter::None, Profile::Documented).expect("it ends");
        // 1 + 6 + 11 + ... + 191 is the first sum above 3600 - 3.
        assert_eq!(plain.runs.len(), 2 + 39);
        let spread = course(&huge, Jitter::Full, Profile::Documented).expect("it ends");
        assert_eq!(spread.runs.len(), RUNS_MAX);
    }

    #[test]
    fn retries_without_delay_and_without_end_are_refused_with_their_number() {
        let endless = json!({"retries_with_no_delay": i64::MAX});
        let refused = course(&endless, Jitter::None, Profile::Documented).expect_err("they have no end");
        assert_eq!(refused, Endless::Retries { policy: "p".into(), retries: i64::MAX as u64 });
        let below = json!({"minimum_delay": -(1_i64 << 40), "maximum_delay": 5});
        let refused = course(&below, Jitter::None, Profile::Documented).expect_err("they have no end");
        assert_eq!(refused, Endless::Retries { policy: "p".into(), retries: RETRIES_MAX as u64 + 1 });
    }

    #[test]
    fn the_reference_breaks_off() {
        let geometric = json!({"minimum_delay": 0, "retry_backoff_function": "geometric"});
        for (profile, expected) in [(Profile::Documented, (9, false)), (Profile::Zaqar23, (6, true))] {
            let course = course(&geometric, Jitter::None, profile).expect("it ends");
            assert_eq!((course.count(), course.is_broken()), expected);
        }
    }
}
