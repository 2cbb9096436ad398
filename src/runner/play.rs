//! Takes planned cases and a target.
//! Gives their records: of the model in the order of the plan, of a server as they finish.
//! Never lets one case influence another.

use std::cell::Cell;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use rayon::prelude::*;
use tokio::task::JoinSet;

use super::doubt::Doubts;
use super::event::{ScenarioFinished, Wall};
use super::plan::Planned;
use super::{Ledger, run_case};
use crate::clock::Clock;
use crate::protocol::Deviations;
use crate::target::{ModelTarget, ServerTarget, Target};
use crate::time::Duration;

/// What a run puts up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// After how many cases that make the run fail it is cut short.
    pub failures_max: usize,
    /// How often a case is played again on a server when the machine may have been too noisy to tell.
    pub retries: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self { failures_max: usize::MAX, retries: 2 }
    }
}

/// Plays every case on the model: [`run_at_once`].
///
/// # Panics
/// If the system gives no threads.
pub fn run_on_model(
    plan: &[Planned],
    deviations: Deviations,
    ledger: Option<&Ledger>,
    jobs: usize,
) -> Vec<ScenarioFinished> {
    run_at_once(plan, &ModelTarget { deviations }, ledger, jobs)
}

/// Plays every case on a target that has no use for the machine's clock: the model, or a simulation of it. It does so on
/// as many threads as `jobs` says; the records are in the order of the plan, so the number of threads can't be seen in
/// them.
///
/// # Panics
/// If the system gives no threads, or the target waits.
pub fn run_at_once<T: Target>(
    plan: &[Planned],
    target: &T,
    ledger: Option<&Ledger>,
    jobs: usize,
) -> Vec<ScenarioFinished> {
    let wall = Clock::start(1);
    let play = |planned: &Planned| ready(timed(wall, run_case(planned, target, ledger)));
    if jobs == 1 {
        return plan.iter().map(play).collect();
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().expect("threads");
    pool.install(|| plan.par_iter().map(play).collect())
}

/// Plays every case on a server, the longest first, all at once as far as the target's workers allow; tells each record
/// to `tell` as it is final. Cases that a noisy machine may have spoilt are played again at the end.
///
/// Cut short by `stop` or by too many failures, it returns what is known so far, and `true`.
pub async fn run_on_server(
    plan: Vec<Planned>,
    target: Arc<ServerTarget>,
    ledger: Option<Arc<Ledger>>,
    patience: Patience,
    stop: impl Future<Output = ()>,
    mut tell: impl FnMut(&ScenarioFinished),
) -> (Vec<ScenarioFinished>, bool) {
    let mut finished = Vec::new();
    let failures = Cell::new(0);
    let impatient = || failures.get() >= patience.failures_max;
    let wall = Clock::start(1);
    let round = async |plan: Vec<Planned>, doubtful: &mut dyn FnMut(Planned, ScenarioFinished)| {
        let mut running = JoinSet::new();
        for planned in longest_first(plan) {
            let (target, ledger) = (Arc::clone(&target), ledger.clone());
            running.spawn(async move {
                let record = timed(wall, run_case(&planned, &*target, ledger.as_deref())).await;
                (planned, record)
            });
        }
        while let Some(joined) = running.join_next().await {
            let (planned, record) = joined.expect("a case neither panics nor is cancelled");
            doubtful(planned, record);
            if impatient() {
                break;
            }
        }
    };
    let all = async {
        let mut settle = |record: ScenarioFinished| {
            tell(&record);
            failures.set(failures.get() + usize::from(record.is_red()));
            finished.push(record);
        };
        let mut doubts = Doubts::default();
        round(plan, &mut |planned, record| doubts.sort_out(planned, record, &mut settle)).await;
        for _ in 0..patience.retries {
            if impatient() {
                break;
            }
            let again = doubts.take(&mut settle);
            round(again, &mut |planned, record| doubts.sort_out(planned, record, &mut settle)).await;
        }
        doubts.give_up(&mut settle);
    };
    let interrupted = tokio::select! {
        biased;
        () = stop => true,
        () = all => false,
    };
    let interrupted = interrupted || impatient();
    (finished, interrupted)
}

/// The records up to the one with which patience ends, and whether any are left out: in virtual time all are there before
/// the first one is told, and the order of the plan is the order in which they count.
pub fn cut_short(mut finished: Vec<ScenarioFinished>, patience: Patience) -> (Vec<ScenarioFinished>, bool) {
    let red = finished.iter().enumerate().filter(|(_, record)| record.is_red()).map(|(index, _)| index);
    let last = patience.failures_max.checked_sub(1).and_then(|before| { red }.nth(before));
    let kept = last.map_or(finished.len(), |index| index + 1);
    let cut = kept < finished.len();
    finished.truncate(kept);
    (finished, cut)
}

/// The longest case alone decides how long the run takes if nothing waits behind it.
fn longest_first(mut plan: Vec<Planned>) -> Vec<Planned> {
    plan.sort_by_key(|planned| std::cmp::Reverse(planned.case.forecast()));
    plan
}

/// Notes when a case began and how long it took, on the machine's clock.
async fn timed(wall: Clock, case: impl Future<Output = ScenarioFinished>) -> ScenarioFinished {
    let started = wall.now();
    let record = case.await;
    let milliseconds = |duration: Duration| duration.as_micros() as f64 / 1000.0;
    let (started_ms, elapsed_ms) = (milliseconds(started.since_start()), milliseconds(wall.now().since(started)));
    ScenarioFinished { wall: Wall { started_ms, elapsed_ms, ..record.wall }, ..record }
}

/// The result of a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("a target in virtual time never waits"),
    }
}
