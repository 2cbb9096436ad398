//! Takes the rules of a sender.
//! Gives [`Verdicts`]: what an outcome means, looked up instead of asked for.
//! Never decides: `model::attempt_failed` was asked about every outcome before.

use crate::fleet::watch::Fate;
use crate::model::attempt_failed;
use crate::protocol::{DeliveryOutcome, Deviation, Deviations};

/// What becomes of a delivery by an outcome, for every outcome there is.
#[derive(Clone, Debug)]
pub(in crate::fleet) struct Verdicts {
    /// Whether a first attempt with each status failed, and whether a retry did; index 0 is no answer.
    failed: Vec<[bool; 2]>,
    /// Whether the rest of a batch is given up after an attempt without an answer.
    pub(super) batch_stops: bool,
    /// Whether a schedule that breaks off begins again, if what it began for was an answer.
    pub(super) restarts: bool,
}

impl Verdicts {
    pub(super) fn new(rules: Deviations) -> Self {
        let fails = |status| {
            let outcome = match status {
                0 => DeliveryOutcome::ConnectionError,
                status => DeliveryOutcome::Answered { status, location: None },
            };
            [false, true].map(|retrying| attempt_failed(&outcome, retrying, rules))
        };
        let failed = (0..1000).map(fails).collect();
        let batch_stops = rules.has(Deviation::BatchStopsAfterException);
        Self { failed, batch_stops, restarts: rules.has(Deviation::ScheduleRestartsAfterError) }
    }

    /// Whether a first attempt with this status, or without an answer, has failed, and whether a retry has.
    pub(super) fn failed(&self, status: Option<u16>) -> [bool; 2] {
        self.failed[usize::from(status.unwrap_or(0))]
    }
}

/// What a delivery that an answer ends has come to.
pub(in crate::fleet) const fn fate(status: Option<u16>) -> Fate {
    match status {
        Some(200..=399) => Fate::Delivered,
        _ => Fate::Rejected,
    }
}
