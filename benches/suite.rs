//! Takes the suite.
//! Gives how many of its cases one core plays on the model in a second, and how long reading it takes.
//! Never counts a case that does not pass.

use std::path::Path;

use criterion::{Criterion, Throughput};
use zaqarcheck::protocol::Deviations;
use zaqarcheck::runner::{ResultKind, Suite, run_on_model};

pub(crate) fn define(c: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let plan = Suite::read(&root).expect("the suite is right").plan();
    let mut group = c.benchmark_group("suite");
    group.throughput(Throughput::Elements(plan.len() as u64));
    group.bench_function(format!("one-core/{}-cases", plan.len()), |bench| {
        bench.iter(|| {
            let finished = run_on_model(&plan, Deviations::NONE, None, 1);
            assert!(finished.iter().all(|case| case.verdict == ResultKind::Pass));
        });
    });
    group.bench_function(format!("read/{}-cases", plan.len()), |bench| {
        bench.iter(|| assert_eq!(Suite::read(&root).expect("the suite is right").plan().len(), plan.len()));
    });
    group.finish();
}
