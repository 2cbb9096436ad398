//! Takes policies that are already JSON values.
//! Gives how long it takes to validate one, to select one of two, and to draw its retries.
//! Never counts text: `schedule` does.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use serde_json::{Value, json};
use zaqarcheck::policy::{Backoff, BackoffFunction, INTERVAL_S, Schedule, Selected, select, validate};
use zaqarcheck::protocol::{Deviations, Profile};

pub(crate) fn define(c: &mut Criterion) {
    let every_key = json!({
        "retries_with_no_delay": 3, "minimum_delay_retries": 3, "minimum_delay": 5, "maximum_delay": 30,
        "maximum_delay_retries": 3, "retry_backoff_function": "geometric", "ignore_subscription_override": false,
    });
    c.bench_function("policy/validate/7-keys", |bench| {
        bench.iter(|| assert_eq!(validate(black_box(&every_key), Deviations::NONE), Ok(())));
    });
    c.bench_function("policy/select/7-keys", |bench| {
        let queue = json!({});
        let expected = Selected::Policy(every_key.as_object().expect("it is an object").clone());
        bench.iter(|| assert_eq!(select(Some(&queue), Some(black_box(&every_key)), Deviations::NONE), expected));
    });
    draw(c, "policy/draw/default-14-retries", json!({}), 14);
    draw(c, "policy/draw/long-1009-retries", json!({"retries_with_no_delay": 997, "maximum_delay": 35}), 1009);
    backoff(c);
}

fn draw(c: &mut Criterion, id: &str, policy: Value, retries: usize) {
    let Value::Object(policy) = policy else { unreachable!("policies are objects") };
    c.bench_function(id, |bench| {
        bench.iter(|| {
            let schedule = Schedule::new(Selected::Policy(black_box(policy.clone())), Deviations::NONE);
            assert_eq!(schedule.filter(Result::is_ok).count(), retries);
        });
    });
}

fn backoff(c: &mut Criterion) {
    let mut group = c.benchmark_group("policy");
    group.throughput(Throughput::Elements(720));
    for profile in Profile::ALL {
        for function in BackoffFunction::ALL {
            group.bench_function(format!("{}-{}/720-delays", function.name(), profile.name()), |bench| {
                bench.iter(|| {
                    let delays = Backoff::new(function, black_box(5), 3605, INTERVAL_S, profile.deviations());
                    let delays = delays.expect("the range is long enough");
                    // The sum keeps every delay from being optimised away.
                    let (count, sum) = delays.fold((0, 0), |(count, sum), delay| (count + 1, sum + delay));
                    assert_eq!((count, sum > 0), (720, true));
                });
            });
        }
    }
    group.finish();
}
