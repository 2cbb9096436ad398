//! Takes one scenario that a default policy retries to its end.
//! Gives how long the model, the stage and the judge need for its 15 attempts.
//! Never reads a file while it measures.

use std::path::Path;
use std::sync::Arc;

use criterion::Criterion;
use zaqarcheck::judge::{Clockwork, Outcome, judge};
use zaqarcheck::protocol::Deviations;
use zaqarcheck::runner::Suite;
use zaqarcheck::target::ModelTarget;

pub(crate) fn define(c: &mut Criterion) {
    let suite = Suite::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")).expect("the suite is right");
    let scenario = suite.scenarios.iter().find(|scenario| scenario.id == "defaults/empty-queue-policy");
    let case = Arc::clone(&scenario.expect("it is part of the suite").cases[0]);
    let target = ModelTarget { deviations: Deviations::NONE };
    c.bench_function("model/play-and-judge/15-attempts", |bench| {
        bench.iter(|| {
            let observed = target.play_now(&case).expect("the schedule ends");
            assert_eq!(observed.attempts.len(), 15);
            let verdict = judge(&case, &observed, Clockwork::Virtual);
            assert_eq!(verdict.outcome(), Outcome::Pass);
        });
    });
}
