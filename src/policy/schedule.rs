//! Takes a selected policy.
//! Gives [`Schedule`]: every retry of one message, with its phase and delay, one at a time.
//! Never knows whether a retry succeeded; whoever draws the retries stops drawing.

use serde_json::Map;

use super::backoff::{Backoff, Bound, INTERVAL_S};
use super::planted;
use super::selection::Selected;
use super::settings::Settings;
use super::stop::Stop;
use crate::protocol::{Deviation, Deviations, Origin};
use crate::time::Duration;

/// The four phases of retrying, in their order. Source: guide (keys and their meaning), commit (names and order).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// `retries_with_no_delay` retries at once.
    Immediate,
    /// `minimum_delay_retries` retries, each after `minimum_delay`.
    PreBackoff,
    /// One retry after each delay of `retry_backoff_function`.
    Backoff,
    /// `maximum_delay_retries` retries, each after `maximum_delay`.
    PostBackoff,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 4] = [Self::Immediate, Self::PreBackoff, Self::Backoff, Self::PostBackoff];

    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::PreBackoff => "pre-backoff",
            Self::Backoff => "backoff",
            Self::PostBackoff => "post-backoff",
        }
    }
}

/// One retry: how long to wait since the previous attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The phase it belongs to.
    pub phase: Phase,
    /// Whole seconds, 0 or more.
    pub delay_s: u64,
}

impl Retry {
    /// The delay as a duration.
    pub const fn delay(self) -> Duration {
        Duration::from_secs(self.delay_s)
    }
}

/// The retries of one message, drawn one at a time; at most one [`Stop`], and nothing after it.
#[derive(Clone, Debug)]
pub struct Schedule {
    settings: Settings,
    unusable: bool,
    phases: std::vec::IntoIter<Phase>,
    current: Option<Running>,
    planted: planted::Retries,
    deviations: Deviations,
}

/// The rest of the phase under way.
#[derive(Clone, Debug)]
enum Running {
    Constant { phase: Phase, left: u64, delay: Result<Bound, Stop> },
    Backoff(Backoff),
    Planted(std::vec::IntoIter<i64>),
}

impl Schedule {
    /// The schedule of the selected policy; an empty one means the defaults.
    ///
    /// ```
    /// use zaqarcheck::policy::{Schedule, Selected};
    /// use zaqarcheck::protocol::Deviations;
    /// let schedule = Schedule::new(Selected::defaults(), Deviations::NONE);
    /// let delays: Vec<u64> = schedule.map(|retry| retry.unwrap().delay_s).collect();
    /// assert_eq!(delays, [0, 0, 0, 5, 5, 5, 5, 10, 15, 20, 25, 30, 30, 30]);
    /// ```
    pub fn new(selected: Selected, deviations: Deviations) -> Self {
        let (policy, unusable) = match selected {
            Selected::Policy(policy) => (policy, false),
            Selected::Unusable => (Map::new(), true),
        };
        Self {
            settings: Settings::new(policy, deviations),
            unusable,
            phases: planted::phases(deviations).into_iter(),
            current: None,
            planted: planted::Retries::new(deviations),
            deviations,
        }
    }

    fn begin(&self, phase: Phase) -> Result<Running, Stop> {
        let delay = self.delay_of(phase);
        let settings = &self.settings;
        Ok(match phase {
            Phase::Immediate => Running::Constant { phase, left: settings.retries_with_no_delay()?, delay },
            Phase::PreBackoff => Running::Constant { phase, left: settings.minimum_delay_retries()?, delay },
            Phase::Backoff => return self.begin_backoff(),
            Phase::PostBackoff => Running::Constant { phase, left: settings.maximum_delay_retries()?, delay },
        })
    }

    /// What each retry of a phase with one delay waits for.
    fn delay_of(&self, phase: Phase) -> Result<Bound, Stop> {
        match planted::waits_as(phase, self.deviations) {
            Phase::Immediate => Ok(Bound { seconds: 0, float: false }),
            Phase::PreBackoff | Phase::Backoff => self.settings.minimum_delay(),
            Phase::PostBackoff => self.settings.maximum_delay(),
        }
    }

    fn begin_backoff(&self) -> Result<Running, Stop> {
        let function = self.settings.retry_backoff_function()?;
        let (minimum, maximum) = (self.settings.minimum_delay()?, self.settings.maximum_delay()?);
        if let Some(delays) = planted::backoff(function, minimum.seconds, maximum.seconds, self.deviations) {
            return Ok(Running::Planted(delays.into_iter()));
        }
        match Backoff::between(function, minimum, maximum, INTERVAL_S, self.deviations) {
            Ok(backoff) => Ok(Running::Backoff(backoff)),
            Err(undefined) if self.deviations.has(Deviation::UndefinedBackoffStopsSchedule) => {
                Err(Stop::Undefined(undefined))
            }
            // The documents leave it open; a phase without delays keeps the promise of the phases that follow.
            Err(_) => Ok(Running::Constant { phase: Phase::Backoff, left: 0, delay: Ok(minimum) }),
        }
    }

    fn delay_s(&self, seconds: i64) -> Result<u64, Stop> {
        match u64::try_from(seconds) {
            Ok(seconds) => Ok(seconds),
            Err(_) if self.deviations.has(Deviation::NegativeDelayStopsSchedule) => Err(Stop::NegativeDelay),
            Err(_) => Ok(0),
        }
    }

    /// The next retry of the phase under way, or nothing if it is over.
    fn draw(&mut self) -> Result<Option<Retry>, Stop> {
        let (phase, seconds) = match &mut self.current {
            None | Some(Running::Constant { left: 0, .. }) => return Ok(None),
            Some(Running::Constant { phase, left, delay }) => {
                *left -= 1;
                (*phase, (*delay)?.seconds)
            }
            Some(Running::Backoff(backoff)) => match backoff.next() {
                Some(seconds) => (Phase::Backoff, seconds),
                None => return Ok(None),
            },
            Some(Running::Planted(delays)) => match delays.next() {
                Some(seconds) => (Phase::Backoff, seconds),
                None => return Ok(None),
            },
        };
        Ok(Some(Retry { phase, delay_s: self.delay_s(seconds)? }))
    }

    fn advance(&mut self) -> Result<Option<Retry>, Stop> {
        if std::mem::take(&mut self.unusable) {
            return Err(Stop::NoPolicy);
        }
        loop {
            if let Some(retry) = self.draw()? {
                return Ok(Some(retry));
            }
            let Some(phase) = self.phases.next() else { return Ok(None) };
            self.current = Some(self.begin(phase)?);
        }
    }

    /// The next retry; what stops the schedule is told once.
    fn advance_or_stop(&mut self) -> Option<Result<Retry, Stop>> {
        let next = self.advance();
        if next.is_err() {
            (self.phases, self.current) = (Vec::new().into_iter(), None);
        }
        let last = || self.clone().advance().is_ok_and(|after| after.is_none());
        if self.deviations.has(Deviation::LastRetryMissing) && last() {
            return None;
        }
        next.transpose()
    }

    /// The next retry, and how many there are of it one after the other: a phase with one delay is drawn at once, since
    /// it may have 2^63 of them. One at a time where a planted deviation looks at each.
    pub(crate) fn next_run(&mut self) -> Option<Result<(Retry, u64), Stop>> {
        let retry = match self.next()? {
            Ok(retry) => retry,
            Err(stop) => return Some(Err(stop)),
        };
        let planted = self.deviations.iter().any(|deviation| deviation.origin() == Origin::Planted);
        let rest = match &mut self.current {
            Some(Running::Constant { left, .. }) if !planted => std::mem::take(left),
            _ => 0,
        };
        Some(Ok((retry, 1_u64.saturating_add(rest))))
    }

    /// The rest of another policy's schedule, as far as this one has come: a policy that is changed while a delivery is
    /// under way does that only under a deviation.
    pub(crate) fn resumed(&self, selected: Selected) -> Self {
        let mut resumed = Self::new(selected, self.deviations);
        resumed.by_ref().take(self.planted.drawn()).for_each(drop);
        resumed
    }
}

impl Iterator for Schedule {
    type Item = Result<Retry, Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance_or_stop();
        self.planted.alter(next)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::policy::Undefined;
    use crate::protocol::Profile;

    fn check(policy: &Value, profile: Profile, delays: &[u64], stop: Option<Stop>) {
        let policy = policy.as_object().unwrap().clone();
        let (mut drawn, mut stopped) = (Vec::new(), None);
        for retry in Schedule::new(Selected::Policy(policy.clone()), profile.deviations()) {
            match retry {
                Ok(retry) => drawn.push(retry.delay_s),
                Err(stop) => stopped = Some(stop),
            }
        }
        assert_eq!((drawn.as_slice(), stopped), (delays, stop), "{policy:?} {}", profile.name());
    }

    #[test]
    fn geometric_from_zero_breaks_off_only_in_the_reference() {
        let policy = json!({"minimum_delay": 0, "retry_backoff_function": "geometric"});
        check(&policy, Profile::Documented, &[0, 0, 0, 0, 0, 0, 30, 30, 30], None);
        let stop = Some(Stop::Undefined(Undefined::ZeroMinimum));
        check(&policy, Profile::Zaqar23, &[0, 0, 0, 0, 0, 0], stop);
    }

    #[test]
    fn negative_counts_skip_their_phase() {
        let policy = json!({"retries_with_no_delay": -1, "minimum_delay_retries": 0, "maximum_delay_retries": 1, "maximum_delay": 15});
        check(&policy, Profile::Documented, &[5, 10, 15], None);
        check(&policy, Profile::Zaqar23, &[5, 10, 15], None);
    }

    #[test]
    fn negative_delays_wait_nothing_where_the_reference_gives_up() {
        let policy = json!({"retries_with_no_delay": 1, "minimum_delay_retries": 1, "minimum_delay": -5, "maximum_delay": 5, "maximum_delay_retries": 1});
        check(&policy, Profile::Documented, &[0, 0, 0, 0, 5], None);
        check(&policy, Profile::Zaqar23, &[0], Some(Stop::NegativeDelay));
    }
}
