//! Takes seeds.
//! Gives how long one takes from its number to its verdict, on the model and on the simulated network, on one core.
//! Never counts a seed that breaks an invariant.

use criterion::{Criterion, Throughput};
use zaqarcheck::explore::{Engine, play_seed};
use zaqarcheck::protocol::Deviations;

/// Seeds differ much; so many of them together do not.
const SEEDS: u64 = 100;

pub(crate) fn define(c: &mut Criterion) {
    let mut group = c.benchmark_group("explore");
    group.throughput(Throughput::Elements(SEEDS)).sample_size(10);
    for (name, on) in [("model", Engine::Model(Deviations::NONE)), ("sim", Engine::Sim(Deviations::NONE))] {
        group.bench_function(format!("{name}/{SEEDS}-seeds"), |bench| {
            bench.iter(|| {
                for seed in 0..SEEDS {
                    let outcome = play_seed(seed, &on).expect("every seed can be played");
                    assert!(outcome.violations.is_empty(), "{outcome:?}");
                }
            });
        });
    }
    group.finish();
}
