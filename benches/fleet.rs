//! Takes populations of deliveries, coupled and independent.
//! Gives how many attempts a second each engine makes, how many policies a second are judged, and what memory it takes.
//! Never another number of attempts than the policy and the outage ask for.

use criterion::{Criterion, Throughput};
use serde_json::json;
use zaqarcheck::fleet::{
    self, Arrivals, Capacity, Course, Deal, Down, Ended, Fails, Jitter, Pattern, Policy, Prepared, SECOND, Sender,
    Subscriber, Tried, Watch, Window, World,
};
use zaqarcheck::policy::Selected;
use zaqarcheck::protocol::Deviations;

use crate::messages::peak_bytes;

#[expect(clippy::print_stderr, reason = "criterion has no figure for memory")]
pub(crate) fn define(c: &mut Criterion) {
    let posts = if std::env::args().any(|argument| argument == "--test") { 10_000 } else { 1_000_000 };
    let mut group = c.benchmark_group("fleet");
    group.sample_size(10);
    for (id, world) in [("burst", burst(posts)), ("spread", spread(posts)), ("crowd", crowd(posts))] {
        let attempts = attempts(&world);
        group.throughput(Throughput::Elements(attempts));
        group.bench_function(format!("coupled/{id}/{posts}"), |bench| {
            bench.iter(|| assert_eq!(count(|counted| fleet::run_coupled(&world, counted)), attempts));
        });
        if world.is_independent() {
            group.bench_function(format!("independent/{id}/{posts}"), |bench| {
                bench.iter(|| assert_eq!(count(|counted| fleet::run(&world, counted)), attempts));
            });
            group.bench_function(format!("outlook/{id}/{posts}"), |bench| {
                bench.iter(|| {
                    let prepared = Prepared::new(&world).expect("the policy ends").expect("nothing is drawn");
                    assert_eq!(prepared.outlook().expect("nothing is spread").attempts, attempts);
                });
            });
        }
        let (bytes, _) = peak_bytes(|| count(|counted| fleet::run_coupled(&world, counted)));
        let each = bytes as f64 / posts as f64;
        eprintln!("fleet: coupled/{id}/{posts} takes at most {each:.1} bytes for each delivery");
        // All are under way at once. A few of them take a chunk for every slot of the wheel, four million bytes at most.
        assert!(each <= (4e6 / posts as f64).max(64.0), "{id}: {each:.1} bytes for each delivery");
    }
    define_search(&mut group);
    group.finish();
}

/// Twenty posts a second for 650 s, of which 100 are an outage: 13,000 messages for each policy.
fn define_search(group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>) {
    let mut world = spread(13_000);
    world.arrivals[0].pattern = Pattern::Poisson { from: 0, until: 650 * SECOND, per_kilosecond: 20_000 };
    let prepared = Prepared::new(&world).expect("the policy ends").expect("nothing is drawn");
    let policies: Vec<Policy> = (1..=20).flat_map(|minimum| (1..=5).map(move |more| policy(minimum, more))).collect();
    group.throughput(Throughput::Elements(policies.len() as u64));
    group.bench_function("search/policies-on-13000-messages", |bench| {
        bench.iter(|| {
            for policy in &policies {
                let course = Course::new(policy, world.rules, world.horizon).expect("the policy ends");
                let outlook = prepared.outlook_of(&course).expect("nothing is spread");
                assert_eq!(outlook.delivered + outlook.lost, outlook.published);
            }
        });
    });
}

fn policy(minimum: u64, more: u64) -> Policy {
    let keys = json!({"minimum_delay": minimum, "maximum_delay": minimum + 10 * more, "retries_with_no_delay": more});
    let selected = Selected::Policy(keys.as_object().expect("it is one").clone());
    Policy { name: "policy".into(), selected, jitter: Jitter::None }
}

/// Counts attempts.
#[derive(Default)]
struct Counted(u64);

impl Watch for Counted {
    const ASLEEP: bool = false;

    fn tried(&mut self, _: &Tried) {
        self.0 += 1;
    }

    fn ended(&mut self, _: &Ended) {}
}

fn count(run: impl FnOnce(&mut Counted) -> Result<(), fleet::Endless>) -> u64 {
    let mut counted = Counted::default();
    run(&mut counted).expect("the policy ends");
    counted.0
}

fn attempts(world: &World) -> u64 {
    count(|counted| fleet::run(world, counted))
}

/// A subscriber that is down for the first 100 s, and posts all at once.
fn burst(posts: u64) -> World {
    World {
        seed: 1,
        horizon: 3600 * SECOND,
        rules: Deviations::NONE,
        policies: vec![Policy { name: "default".into(), selected: Selected::defaults(), jitter: Jitter::None }],
        subscribers: vec![Subscriber {
            name: "subscriber".into(),
            count: 1,
            policy: 0,
            latency: 0,
            down: vec![Down { window: Window::Between(0, 100 * SECOND), fails: Fails::Refuse }],
            brownouts: Vec::new(),
            slow: Vec::new(),
            capacity: None,
        }],
        arrivals: vec![Arrivals { to: vec![0], deal: Deal::Each, batch: 1, pattern: Pattern::Burst { at: 0, posts } }],
        sender: Sender::Sleeping { workers: None, per_subscriber: None, timeout: None },
    }
}

/// The same, the posts spread over a minute.
fn spread(posts: u64) -> World {
    let mut world = burst(posts);
    world.arrivals[0].pattern = Pattern::Even { from: 0, until: 60 * SECOND, posts };
    world
}

/// The same with as many workers as deliveries, a capacity, and delays that are spread.
fn crowd(posts: u64) -> World {
    let mut world = spread(posts);
    world.policies[0].jitter = Jitter::MeanPreserving;
    world.subscribers[0].latency = SECOND / 50;
    world.subscribers[0].capacity = Some(Capacity { per_second: (posts / 20) as u32, status: 503, cold: 0 });
    let workers = u32::try_from(posts).ok();
    world.sender = Sender::Sleeping { workers, per_subscriber: None, timeout: None };
    world
}
