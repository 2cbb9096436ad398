//! Takes worlds as values.
//! Gives nothing if what becomes of their deliveries is what was measured, or what queueing theory says.
//! Never compares an engine with itself alone: numbers come from real Zaqar, from formulas and from the model.

use serde_json::{Value, json};
use zaqarcheck::fleet::{
    self, Arrivals, Deal, Down, Ended, Fails, Fate, Figures, Jitter, Nanos, Pattern, Policy, SECOND, Sender,
    Subscriber, Tried, Watch, Window, World,
};
use zaqarcheck::policy::Selected;
use zaqarcheck::protocol::Profile;

/// Everything that was told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Log {
    pub(crate) tried: Vec<Tried>,
    pub(crate) ended: Vec<Ended>,
}

impl Watch for Log {
    const ASLEEP: bool = false;

    fn tried(&mut self, tried: &Tried) {
        self.tried.push(*tried);
    }

    fn ended(&mut self, ended: &Ended) {
        self.ended.push(*ended);
    }
}

impl Log {
    pub(crate) fn of(world: &World) -> Self {
        let mut log = Self::default();
        fleet::run(world, &mut log).expect("the policies end");
        log
    }

    fn seconds(&self) -> Vec<u64> {
        self.tried.iter().map(|tried| tried.began / SECOND).collect()
    }
}

pub(crate) fn policy(policy: &Value, jitter: Jitter) -> Policy {
    let selected = Selected::Policy(policy.as_object().expect("a policy is an object").clone());
    Policy { name: "policy".into(), selected, jitter }
}

pub(crate) fn subscriber(name: &str, latency: Nanos) -> Subscriber {
    let (down, brownouts, slow) = (Vec::new(), Vec::new(), Vec::new());
    Subscriber { name: name.into(), count: 1, policy: 0, latency, down, brownouts, slow, capacity: None }
}

pub(crate) fn down(mut subscriber: Subscriber, until: Nanos, fails: Fails) -> Subscriber {
    subscriber.down.push(Down { window: Window::Between(0, until), fails });
    subscriber
}

pub(crate) fn arrivals(to: usize, pattern: Pattern) -> Arrivals {
    Arrivals { to: vec![to], deal: Deal::Each, batch: 1, pattern }
}

pub(crate) const UNLIMITED: Sender = Sender::Sleeping { workers: None, per_subscriber: None, timeout: None };

pub(crate) fn world(subscribers: Vec<Subscriber>, arrivals: Vec<Arrivals>, sender: Sender) -> World {
    World {
        seed: 1,
        horizon: 3600 * SECOND,
        rules: Profile::Zaqar23.deviations(),
        policies: vec![policy(&json!({}), Jitter::None)],
        subscribers,
        arrivals,
        sender,
    }
}

pub(crate) fn figures(world: &World) -> Figures {
    let figures = fleet::figures(world).expect("the policies end");
    for group in figures.groups.iter().chain([&figures.total]) {
        let ended = group.delivered + group.rejected + group.lost + group.collateral_lost + group.unfinished;
        assert_eq!(ended, group.published, "{group:?}");
        assert_eq!(group.latency.count, group.delivered);
    }
    figures
}

const BURST: Pattern = Pattern::Burst { at: 0, posts: 1 };

const fn workers(workers: u32) -> Sender {
    Sender::Sleeping { workers: Some(workers), per_subscriber: None, timeout: None }
}

#[test]
fn the_default_policy_tries_fifteen_times_in_three_minutes() {
    let dead = down(subscriber("dead", 0), Nanos::MAX, Fails::Refuse);
    for sender in [UNLIMITED, workers(10)] {
        let log = Log::of(&world(vec![dead.clone()], vec![arrivals(0, BURST)], sender));
        assert_eq!(log.seconds(), [0, 0, 0, 0, 5, 10, 15, 20, 30, 45, 65, 90, 120, 150, 180]);
        assert_eq!((log.ended[0].fate, log.ended[0].at), (Fate::Lost, 180 * SECOND));
    }
}

#[test]
fn ten_refused_messages_keep_a_healthy_one_waiting_for_three_minutes() {
    let groups = vec![down(subscriber("dead", 0), Nanos::MAX, Fails::Refuse), subscriber("healthy", SECOND / 50)];
    let streams = vec![arrivals(0, Pattern::Burst { at: 0, posts: 10 }), arrivals(1, BURST)];
    let latency = |workers_count| {
        let figures = figures(&world(groups.clone(), streams.clone(), workers(workers_count)));
        (figures.groups[1].latency.max, figures.max_backlog)
    };
    assert_eq!(latency(10), (180 * SECOND + SECOND / 50, 1));
    assert_eq!(latency(11), (SECOND / 50, 0));
}

#[test]
fn a_batch_to_a_refusing_subscriber_gets_no_further_than_its_first_message_in_the_reference() {
    let dead = down(subscriber("dead", 0), Nanos::MAX, Fails::Refuse);
    let batch = Arrivals { batch: 3, ..arrivals(0, BURST) };
    let attempts = |profile: Profile| {
        let mut world = world(vec![dead.clone()], vec![batch.clone()], workers(10));
        world.rules = profile.deviations();
        let log = Log::of(&world);
        let attempts = log.ended.iter().map(|ended| (ended.attempts, ended.at / SECOND, ended.fate));
        attempts.collect::<Vec<_>>()
    };
    let collateral = (0, 180, Fate::Collateral);
    assert_eq!(attempts(Profile::Zaqar23), [(15, 180, Fate::Lost), collateral, collateral]);
    let documented = [180, 360, 540].map(|at| (15, at, Fate::Lost));
    assert_eq!(attempts(Profile::Documented), documented);
}

#[test]
fn an_error_answer_ends_a_delivery_at_first_and_fails_a_retry_in_the_reference() {
    let fate = |profile: Profile, first: Fails, then: Fails| {
        let mut group = down(subscriber("s", 0), SECOND, first);
        group.down.push(Down { window: Window::Between(SECOND, 50 * SECOND), fails: then });
        let mut world = world(vec![group], vec![arrivals(0, BURST)], UNLIMITED);
        world.rules = profile.deviations();
        let ended = Log::of(&world).ended[0];
        (ended.fate, ended.attempts, ended.at / SECOND)
    };
    let (down, gone) = (Fails::Status(503), Fails::Status(404));
    assert_eq!(fate(Profile::Zaqar23, down, down), (Fate::Rejected, 1, 0));
    assert_eq!(fate(Profile::Documented, down, down), (Fate::Delivered, 11, 65));
    assert_eq!(fate(Profile::Zaqar23, Fails::Refuse, gone), (Fate::Delivered, 11, 65));
    assert_eq!(fate(Profile::Documented, Fails::Refuse, gone), (Fate::Rejected, 5, 5));
}

#[test]
fn full_jitter_halves_the_span_and_loses_messages() {
    let of = |jitter| {
        let burst = arrivals(0, Pattern::Burst { at: 0, posts: 10_000 });
        let mut world = world(vec![down(subscriber("s", 0), 100 * SECOND, Fails::Refuse)], vec![burst], UNLIMITED);
        world.policies[0].jitter = jitter;
        let total = figures(&world).total;
        // Of those delivered at once when the outage is over, and of the immediate retries, which no jitter spreads.
        assert_eq!(total.peak_1s.at, 0);
        (total.lost, Log::of(&world), total)
    };
    let after_the_outage = |log: &Log| {
        let mut counts = vec![0_u32; 300];
        let late = log.tried.iter().filter(|tried| tried.began >= 100 * SECOND);
        late.for_each(|tried| counts[(tried.began / SECOND) as usize] += 1);
        counts.into_iter().max().unwrap_or_default()
    };
    let (lost, _, _) = of(Jitter::Full);
    assert!(lost.abs_diff(6_940) < 200, "{lost}");
    let (lost, log, _) = of(Jitter::MeanPreserving);
    assert_eq!(lost, 0);
    assert!(after_the_outage(&log).abs_diff(379) < 40, "{}", after_the_outage(&log));
    let (lost, log, total) = of(Jitter::None);
    assert_eq!((lost, after_the_outage(&log), total.recovery_lag.p50), (0, 10_000, 20 * SECOND));
}

/// Ten workers, a healthy subscriber with five posts a second at 20 ms, an hour, and so many failing posts a second.
/// Measured with another program, another stream of random numbers: within a factor.
#[test]
fn a_pool_fills_up_where_failing_posts_a_second_times_three_minutes_reach_its_workers() {
    let healthy = |per_kilosecond: u64| {
        let poisson = |rate| Pattern::Poisson { from: 0, until: 3600 * SECOND, per_kilosecond: rate };
        let groups = vec![subscriber("healthy", SECOND / 50), down(subscriber("dead", 0), Nanos::MAX, Fails::Refuse)];
        let mut streams = vec![arrivals(0, poisson(5000))];
        streams.extend((per_kilosecond > 0).then(|| arrivals(1, poisson(per_kilosecond))));
        let mut world = world(groups, streams, workers(10));
        // Whoever was posted in the hour is seen to the end.
        world.horizon = 1_000_000 * SECOND;
        let figures = figures(&world);
        (figures.groups[0].latency.p50 as f64 / 1e9, figures.groups[0].latency.p99 as f64 / 1e9)
    };
    for (rate, p50, p99) in [(0, 0.02, 0.02), (20, 0.02, 0.02), (100, 1563.0, 3003.0), (1000, 30_806.0, 60_207.0)] {
        let (observed_p50, observed_p99) = healthy(rate);
        let near = |observed: f64, expected: f64| (observed / expected - 1.0).abs() < 0.25;
        assert!(near(observed_p50, p50) && near(observed_p99, p99), "{rate}: {observed_p50} {observed_p99}");
    }
}
