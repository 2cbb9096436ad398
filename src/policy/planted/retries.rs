//! Takes the retries of a schedule, one at a time.
//! Gives them as a server makes them that waits wrongly, stops early or goes on too long.
//! Never reads a policy.

use crate::policy::{Phase, Retry, Stop};
use crate::protocol::{Deviation, Deviations};
use crate::time::Duration;

/// The phases that are run, in the order in which they are.
pub(in crate::policy) fn phases(deviations: Deviations) -> Vec<Phase> {
    let [immediate, pre, backoff, post] = Phase::ALL;
    let mut phases = match () {
        () if deviations.has(Deviation::PostBackoffBeforeBackoff) => vec![immediate, pre, post, backoff],
        () if deviations.has(Deviation::PreBackoffAfterBackoff) => vec![immediate, backoff, pre, post],
        () if deviations.has(Deviation::RetriesStopAfterTheFirstPhase) => vec![immediate],
        () => Phase::ALL.to_vec(),
    };
    phases.retain(|phase| {
        !deviations.has(match phase {
            Phase::Immediate => Deviation::NoImmediatePhase,
            Phase::PreBackoff => Deviation::NoPreBackoffPhase,
            Phase::Backoff => Deviation::NoBackoffPhase,
            Phase::PostBackoff => Deviation::NoPostBackoffPhase,
        })
    });
    let times = if deviations.has(Deviation::ScheduleRunsTwice) { 2 } else { 1 };
    phases.repeat(times)
}

/// The phase whose delay is waited for in a phase.
pub(in crate::policy) fn waits_as(phase: Phase, deviations: Deviations) -> Phase {
    match phase {
        Phase::PreBackoff if deviations.has(Deviation::PreBackoffWaitsMaximum) => Phase::PostBackoff,
        Phase::PostBackoff if deviations.has(Deviation::PostBackoffWaitsMinimum) => Phase::PreBackoff,
        phase => phase,
    }
}

/// How long is waited before a retry.
pub(crate) fn wait(retry: Retry, deviations: Deviations) -> Duration {
    let delay = retry.delay();
    match () {
        () if deviations.has(Deviation::DelayHalved) => delay / 2,
        () if deviations.has(Deviation::DelayInMilliseconds) => delay / 1000,
        () if deviations.has(Deviation::DelayInMinutes) => delay.saturating_mul(60),
        () => delay,
    }
}

/// What has been drawn so far of one schedule.
#[derive(Clone, Debug)]
pub(in crate::policy) struct Retries {
    deviations: Deviations,
    drawn: usize,
    total_s: u64,
    /// A wait that was put off until after its retry.
    carried_s: u64,
    extra: bool,
}

impl Retries {
    pub(in crate::policy) fn new(deviations: Deviations) -> Self {
        let extra = deviations.has(Deviation::OneRetryExtra);
        Self { deviations, drawn: 0, total_s: 0, carried_s: 0, extra }
    }

    /// How many retries have been drawn.
    pub(in crate::policy) const fn drawn(&self) -> usize {
        self.drawn
    }

    /// What becomes of the next retry, or of the end.
    pub(in crate::policy) fn alter(&mut self, next: Option<Result<Retry, Stop>>) -> Option<Result<Retry, Stop>> {
        match next {
            None if std::mem::take(&mut self.extra) => Some(Ok(Retry { phase: Phase::PostBackoff, delay_s: 0 })),
            Some(Err(stop)) => {
                self.extra = false;
                Some(Err(stop))
            }
            Some(Ok(retry)) => {
                self.drawn += 1;
                self.total_s = self.total_s.saturating_add(retry.delay_s);
                Some(Ok(Retry { delay_s: self.delay_s(retry), ..retry }))
            }
            None => None,
        }
    }

    fn delay_s(&mut self, retry: Retry) -> u64 {
        let delay_s = retry.delay_s;
        let has = |deviation| self.deviations.has(deviation);
        match () {
            () if has(Deviation::DelayCappedAtTwenty) => delay_s.min(20),
            () if has(Deviation::DelayDoubled) => delay_s.saturating_mul(2),
            () if has(Deviation::DelayJitter) && delay_s > 0 => delay_s.saturating_add(self.drawn as u64 % 2),
            () if has(Deviation::DelayOneSecondEarly) => delay_s.saturating_sub(1),
            () if has(Deviation::DelayOneSecondLate) && delay_s > 0 => delay_s.saturating_add(1),
            () if has(Deviation::DelaysAddUp) => self.total_s,
            () if has(Deviation::ImmediateRetriesWaitOneSecond) && retry.phase == Phase::Immediate => 1,
            () if has(Deviation::PreBackoffTriesFirst) && retry.phase == Phase::PreBackoff => {
                std::mem::replace(&mut self.carried_s, delay_s)
            }
            () if has(Deviation::RetriesTryFirst) => std::mem::replace(&mut self.carried_s, delay_s),
            () => delay_s.saturating_add(std::mem::take(&mut self.carried_s)),
        }
    }
}
