//! Takes one scenario that a default policy retries to its end.
//! Gives how long its 15 attempts and 180 seconds take over real HTTP in the network in memory, the whole suite so, and a
//! message to more and more subscribers.
//! Never counts a case that does not pass.

use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput};
use zaqarcheck::judge::{Clockwork, Outcome, judge};
use zaqarcheck::protocol::Deviations;
use zaqarcheck::runner::{ResultKind, Suite, run_at_once};
use zaqarcheck::sim::SimTarget;

use crate::crowd::{ATTEMPTS, crowd};

pub(crate) fn define(c: &mut Criterion) {
    let suite = Suite::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")).expect("the suite is right");
    let scenario = suite.scenarios.iter().find(|scenario| scenario.id == "defaults/empty-queue-policy");
    let case = Arc::clone(&scenario.expect("it is part of the suite").cases[0]);
    let target = SimTarget::new(Deviations::NONE);
    let mut group = c.benchmark_group("sim");
    group.throughput(Throughput::Elements(1));
    group.bench_function("play-and-judge/15-attempts", |bench| {
        bench.iter(|| {
            let observed = target.play_now(&case).expect("the schedule ends");
            assert_eq!(observed.attempts.len(), 15);
            assert_eq!(judge(&case, &observed, Clockwork::Virtual).outcome(), Outcome::Pass);
        });
    });
    for subscribers in [1, 10, 100, 1000] {
        let case = crowd(subscribers);
        group.throughput(Throughput::Elements((subscribers * ATTEMPTS) as u64)).sample_size(10);
        group.bench_function(format!("subscribers/{subscribers}"), |bench| {
            bench.iter(|| {
                let observed = target.play_now(&case).expect("the schedule ends");
                assert_eq!(observed.attempts.len(), subscribers * ATTEMPTS);
            });
        });
    }
    let plan = suite.plan();
    group.throughput(Throughput::Elements(plan.len() as u64));
    group.bench_function(format!("one-core/{}-cases", plan.len()), |bench| {
        bench.iter(|| {
            let finished = run_at_once(&plan, &target, None, 1);
            assert!(finished.iter().all(|case| case.verdict == ResultKind::Pass));
        });
    });
    group.finish();
}
