//! Takes a stored policy.
//! Gives the value of each key, or the [`Stop`] that reading it causes in the reference implementation.
//! Never reads a key before its phase begins: earlier phases of a bad policy do run.

use serde_json::{Map, Value};

use super::backoff::Bound;
use super::stop::Stop;
use super::{BackoffFunction, default, planted};
use crate::protocol::{Deviation, Deviations};

/// A selected policy, read key by key.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    policy: Map<String, Value>,
    deviations: Deviations,
}

impl Settings {
    pub(super) fn new(policy: Map<String, Value>, deviations: Deviations) -> Self {
        Self { policy: planted::stored(policy, deviations), deviations }
    }

    pub(super) fn retries_with_no_delay(&self) -> Result<u64, Stop> {
        self.count("retries_with_no_delay", default::RETRIES_WITH_NO_DELAY)
    }

    pub(super) fn minimum_delay_retries(&self) -> Result<u64, Stop> {
        self.count("minimum_delay_retries", default::MINIMUM_DELAY_RETRIES)
    }

    pub(super) fn maximum_delay_retries(&self) -> Result<u64, Stop> {
        self.count("maximum_delay_retries", default::MAXIMUM_DELAY_RETRIES)
    }

    pub(super) fn minimum_delay(&self) -> Result<Bound, Stop> {
        self.delay("minimum_delay", default::MINIMUM_DELAY_S)
    }

    pub(super) fn maximum_delay(&self) -> Result<Bound, Stop> {
        self.delay("maximum_delay", default::MAXIMUM_DELAY_S)
    }

    pub(super) fn retry_backoff_function(&self) -> Result<BackoffFunction, Stop> {
        match self.policy.get("retry_backoff_function") {
            None => Ok(BackoffFunction::Linear),
            Some(Value::String(name)) if BackoffFunction::named(name).is_some() => {
                Ok(BackoffFunction::named(name).expect("just found"))
            }
            Some(_) if !self.deviations.has(Deviation::EmptyValueStopsSchedule) => Ok(BackoffFunction::Linear),
            Some(Value::Array(_) | Value::Object(_)) => Err(Stop::WrongType),
            Some(_) => Err(Stop::UnknownFunction),
        }
    }

    /// A count below 1 means none.
    fn count(&self, key: &str, default: i64) -> Result<u64, Stop> {
        let missing = if self.deviations.has(Deviation::PartialPolicyNotDefaulted) && !self.policy.is_empty() {
            0
        } else {
            default
        };
        let bound = self.number(key, missing, default)?;
        if bound.float && self.deviations.has(Deviation::EmptyValueStopsSchedule) {
            return Err(Stop::WrongType);
        }
        Ok(u64::try_from(bound.seconds).unwrap_or(0))
    }

    fn delay(&self, key: &str, default: i64) -> Result<Bound, Stop> {
        self.number(key, default, default)
    }

    /// The number at `key`; `missing` if the key is absent. What validation lets through under no profile but the
    /// reference's (null, "", [], {}) either stops the schedule, as it does there, or counts as absent.
    fn number(&self, key: &str, missing: i64, default: i64) -> Result<Bound, Stop> {
        let integer = |seconds| Ok(Bound { seconds, float: false });
        match self.policy.get(key) {
            None => integer(missing),
            Some(Value::Number(number))
                if number.as_i64() == Some(0) && self.deviations.has(Deviation::ZeroMeansDefault) =>
            {
                integer(default)
            }
            Some(Value::Number(number)) => match number.as_i64() {
                Some(seconds) => integer(seconds),
                None => Ok(Bound { seconds: number.as_f64().unwrap_or_default() as i64, float: true }),
            },
            Some(Value::Bool(flag)) if self.deviations.has(Deviation::BooleansPassAsIntegers) => {
                integer((*flag).into())
            }
            Some(_) if self.deviations.has(Deviation::EmptyValueStopsSchedule) => Err(Stop::WrongType),
            Some(_) => integer(default),
        }
    }
}
