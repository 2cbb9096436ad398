//! Takes worlds that queueing theory knows.
//! Gives nothing if the simulated ones keep its laws, within what their length lets expect.
//! Never another seed than the one that is written here: nothing fails by chance.

use serde_json::json;
use zaqarcheck::fleet::{self, Ended, Fails, Jitter, Nanos, Pattern, SECOND, Sender, Tried, Watch, World};

use crate::fleet_engine::{arrivals, down, figures, policy, subscriber, world};

/// How long messages waited for a worker, and how many did at once.
#[derive(Debug, Default)]
struct Row {
    messages: u64,
    waited: u128,
    taken: u128,
    at: Nanos,
    waiting: u64,
    workers: u32,
    waiting_area: u128,
    workers_area: u128,
}

impl Watch for Row {
    const ASLEEP: bool = false;

    fn tried(&mut self, _: &Tried) {}

    fn ended(&mut self, ended: &Ended) {
        let began = ended.began.expect("the horizon is far away");
        self.messages += 1;
        self.waited += u128::from(began - ended.posted);
        self.taken += u128::from(ended.at - began);
    }

    fn pool(&mut self, at: Nanos, waiting: u64, taken: u32, _: u32) {
        let passed = u128::from(at - self.at);
        self.waiting_area += passed * u128::from(self.waiting);
        self.workers_area += passed * u128::from(self.workers);
        (self.at, self.waiting, self.workers) = (at, waiting, taken);
    }
}

fn poisson(per_kilosecond: u64, seconds: u64) -> Pattern {
    Pattern::Poisson { from: 0, until: seconds * SECOND, per_kilosecond }
}

fn workers(workers: u32) -> Sender {
    Sender::Sleeping { workers: Some(workers), per_subscriber: None, timeout: None }
}

/// Posts that take a second each.
fn seconds_of_work(workers_count: u32, per_kilosecond: u64) -> World {
    let posts = arrivals(0, poisson(per_kilosecond, 200_000));
    let mut world = world(vec![subscriber("steady", SECOND)], vec![posts], workers(workers_count));
    world.horizon = 1_000_000 * SECOND;
    world
}

#[track_caller]
fn check(observed: f64, expected: f64, tolerance: f64) {
    assert!((observed - expected).abs() <= tolerance * expected, "{observed}, not {expected}");
}

#[test]
fn utilisation_is_rate_times_hold_over_workers_until_all_are_taken() {
    for (per_kilosecond, expected) in [(20, 0.36), (40, 0.72), (56, 1.0), (100, 1.0)] {
        let dead = down(subscriber("dead", 0), Nanos::MAX, Fails::Refuse);
        let mut world = world(vec![dead], vec![arrivals(0, poisson(per_kilosecond, 200_000))], workers(10));
        world.horizon = 200_000 * SECOND;
        let figures = figures(&world);
        check(figures.occupancy.expect("there are ten"), expected, 0.03);
        check(figures.saturation_rate.expect("messages failed"), 10.0 / 180.0, 1e-12);
    }
}

/// Exact, because all is over in the end.
#[test]
fn as_many_wait_as_come_in_the_time_that_each_waits() {
    for spread in [Jitter::None, Jitter::MeanPreserving] {
        let flapping = down(subscriber("slow", SECOND / 2), 50_000 * SECOND, Fails::Refuse);
        let mut world = world(vec![flapping], vec![arrivals(0, poisson(50, 100_000))], workers(10));
        world.horizon = 10_000_000 * SECOND;
        world.policies = vec![policy(&json!({"maximum_delay": 60}), spread)];
        let mut row = Row::default();
        fleet::run(&world, &mut row).expect("the policy ends");
        assert!(row.waited > 0 && row.messages > 4000, "{row:?}");
        assert_eq!((row.waiting_area, row.workers_area), (row.waited, row.taken));
    }
}

/// Source: Pollaczek and Khinchine: s rho / 2(1 - rho).
#[test]
fn one_worker_keeps_posts_waiting_as_the_formula_for_fixed_service_times_says() {
    for (per_kilosecond, expected) in [(300, 0.214_286), (500, 0.5), (800, 2.0)] {
        check(mean_wait(1, per_kilosecond), expected, 0.05);
    }
}

/// Source: Erlang's formula for M/M/c and the correction of Cosmetatos, 1975, for fixed service times, which is said to
/// be good to a few per cent.
#[test]
fn ten_workers_keep_posts_waiting_as_the_approximation_says() {
    for per_kilosecond in [8_000, 9_000, 9_500] {
        let (c, load) = (10.0, per_kilosecond as f64 / 1e3);
        let rho = load / c;
        let term = |n: u32| (1..=n).fold(1.0, |product, i| product * load / f64::from(i));
        let all_taken = term(10) / (1.0 - rho);
        let erlang = all_taken / ((0..10).map(term).sum::<f64>() + all_taken);
        let correction = 1.0 + (1.0 - rho) * (c - 1.0) * ((4.0 + 5.0 * c).sqrt() - 2.0) / (16.0 * rho * c);
        check(mean_wait(10, per_kilosecond), 0.5 * correction * erlang / (c - load), 0.07);
    }
}

fn mean_wait(workers: u32, per_kilosecond: u64) -> f64 {
    let mut row = Row::default();
    fleet::run(&seconds_of_work(workers, per_kilosecond), &mut row).expect("the policy ends");
    row.waited as f64 / row.messages as f64 / SECOND as f64
}

#[test]
fn evenly_spaced_posts_wait_for_nobody_while_there_are_enough_workers() {
    let latency_max = |posts| {
        let mut world = seconds_of_work(10, 1);
        world.arrivals[0].pattern = Pattern::Even { from: 0, until: 1000 * SECOND, posts };
        figures(&world).total.latency.max
    };
    assert_eq!(latency_max(10_000), SECOND);
    assert!(latency_max(10_100) > 10 * SECOND);
}
