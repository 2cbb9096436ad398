//! Takes a plan, and something that plays cases.
//! Gives what came of it: what is broken, what was met, and one number that stands for all that was seen.
//! Never draws anything: the plan holds every choice.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::invariant::{Nature, View, Violation, violations};
use super::plan::Plan;
use super::seen::{Seen, seen};
use crate::judge::{Attempt, Observed};
use crate::protocol::Deviations;
use crate::scenario::{Capability, Case};
use crate::sim::SimTarget;
use crate::target::{Error, ModelTarget, Target};
use crate::time::Duration;

/// Plays a case.
pub trait Play: Sync {
    /// What a plan may ask of it.
    fn able(&self) -> BTreeSet<Capability>;

    /// Everything that is seen.
    ///
    /// # Errors
    /// As [`Target::play`].
    fn play(&self, case: &Arc<Case>) -> Result<Observed, Error>;
}

/// What a plan is played on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The model in process.
    Model(Deviations),
    /// The model as a server on a simulated network.
    Sim(Deviations),
}

impl Play for Engine {
    fn able(&self) -> BTreeSet<Capability> {
        match self {
            Self::Model(deviations) => ModelTarget { deviations: *deviations }.capabilities(),
            Self::Sim(deviations) => SimTarget::new(*deviations).capabilities(),
        }
    }

    fn play(&self, case: &Arc<Case>) -> Result<Observed, Error> {
        match self {
            Self::Model(deviations) => ModelTarget { deviations: *deviations }.play_now(case),
            Self::Sim(deviations) => SimTarget::new(*deviations).play_now(case),
        }
    }
}

/// What came of one seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// What is broken, what explains most first.
    pub violations: Vec<Violation>,
    /// How many attempts reached subscribers.
    pub attempts: usize,
    /// How long it took on its own clock.
    pub simulated: Duration,
    /// The last number drawn, mixed with all that was seen: equal in two runs of one seed, or something is not determined.
    pub unseed: u64,
    /// What was met.
    pub seen: Seen,
}

/// Draws and plays a seed.
///
/// # Errors
/// If it can't be played to its end, other than because retries do not stop: that is a violation.
pub fn play_seed(seed: u64, on: &impl Play) -> Result<Outcome, Error> {
    let plan = Plan::draw(seed, &on.able());
    let case = Arc::new(plan.case);
    let observed = match on.play(&case) {
        Ok(observed) => observed,
        Err(error) => {
            let violations = vec![endless(error)?];
            let simulated = Duration::ZERO;
            return Ok(Outcome { seed, violations, attempts: 0, simulated, unseed: plan.last_draw, seen: Seen::new() });
        }
    };
    let view = View::new(&case, &observed);
    Ok(Outcome {
        seed,
        violations: violations(&view),
        attempts: observed.attempts.len(),
        simulated: observed.ended.since_start(),
        unseed: plan.last_draw ^ fingerprint(&observed),
        seen: seen(&view),
    })
}

/// What is broken when a case is played.
///
/// # Errors
/// As [`play_seed`].
pub fn broken(case: &Arc<Case>, on: &impl Play) -> Result<Vec<Violation>, Error> {
    match on.play(case) {
        Ok(observed) => Ok(violations(&View::new(case, &observed))),
        Err(error) => Ok(vec![endless(error)?]),
    }
}

fn endless(error: Error) -> Result<Violation, Error> {
    match error {
        Error::Endless(_) => {
            Ok(Violation { invariant: "comes-to-an-end", nature: Nature::Liveness, text: error.to_string() })
        }
        error => Err(error),
    }
}

/// Stands for everything that was seen: times, requests, answers.
fn fingerprint(observed: &Observed) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut take = |bytes: &[u8]| {
        hash = bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    };
    for exchange in &observed.exchanges {
        take(&exchange.sent.since_start().as_nanos().to_le_bytes());
        take(&exchange.response.status.to_le_bytes());
        take(&exchange.response.body);
    }
    for Attempt { subscriber, arrived, ended, request, .. } in &observed.attempts {
        take(subscriber.as_bytes());
        take(&arrived.since_start().as_nanos().to_le_bytes());
        take(&ended.since_start().as_nanos().to_le_bytes());
        request
            .headers
            .iter()
            .for_each(|(name, value)| [name, value].into_iter().for_each(|text| take(text.as_bytes())));
        take(&request.body);
    }
    hash
}
