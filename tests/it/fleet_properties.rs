//! Takes worlds drawn at random.
//! Gives nothing if the engines tell the same of them, and what must hold in every world holds.
//! Never a world that takes long: a few hundred deliveries are enough to meet everything.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select as one_of;
use serde_json::json;
use zaqarcheck::fleet::{
    self, Arrivals, Brownout, Capacity, Course, Deal, Down, Fails, Fate, Figures, Jitter, Nanos, Outlook, Pattern,
    Policy, Prepared, SECOND, Sender, Slow, Subscriber, Tally, Tried, Watch, Window, World,
};
use zaqarcheck::policy::BackoffFunction;
use zaqarcheck::protocol::Profile;

use crate::fleet_engine::{Log, figures, policy};

proptest! {
    #[test]
    fn both_engines_tell_the_same_of_independent_deliveries(world in world(independent())) {
        let log = Log::of(&world);
        let mut coupled = Log::default();
        fleet::run_coupled(&world, &mut coupled).expect("the policies end");
        prop_assert!(coupled.tried.is_sorted_by_key(|tried| tried.began));
        coupled.tried.sort_by_key(|tried| (tried.delivery, tried.attempt));
        coupled.ended.sort_by_key(|ended| ended.delivery);
        prop_assert_eq!(log, coupled);
    }

    #[test]
    fn figures_do_not_depend_on_the_engine_or_the_number_of_threads(world in world(independent())) {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be had");
            pool.install(|| figures(&world))
        };
        let mut tally = Tally::new(&world);
        fleet::run_coupled(&world, &mut tally).expect("the policies end");
        // Only this engine has workers to count where there is no limit of them.
        prop_assert_eq!(&on(1), &on(4));
        prop_assert_eq!(&on(1), &tally.figures());
    }

    #[test]
    fn an_outlook_says_what_counting_says(mut world in world(independent())) {
        for arrivals in &mut world.arrivals {
            arrivals.batch = 1;
        }
        for policy in &mut world.policies {
            policy.jitter = Jitter::None;
        }
        for group in &mut world.subscribers {
            group.brownouts.clear();
            group.down.retain(|down| !matches!(down.window, Window::Random { .. }));
            group.slow.retain(|slow| !matches!(slow.window, Window::Random { .. }));
        }
        let prepared = Prepared::new(&world).expect("the policies end").expect("nothing is drawn");
        prop_assert_eq!(prepared.outlook().expect("nothing is spread"), counted(&world));
        let course = Course::new(&world.policies[0], world.rules, world.horizon).expect("it ends");
        for group in &mut world.subscribers {
            group.policy = 0;
        }
        prop_assert_eq!(prepared.outlook_of(&course).expect("nothing is spread"), counted(&world));
    }

    #[test]
    fn limits_hold_and_every_delivery_ends_once(world in world(limited())) {
        let (places, each) = match world.sender {
            Sender::Sleeping { workers: places, per_subscriber, .. }
            | Sender::Rescheduling { in_flight: places, per_subscriber, .. } => (places, per_subscriber),
        };
        let mut watch = (Log::default(), Pool::default());
        fleet::run_coupled(&world, &mut watch).expect("the policies end");
        let (log, pool) = watch;
        prop_assert!(pool.most <= places.unwrap_or(u32::MAX), "{} of {:?}", pool.most, places);
        let open = most_open(&log.tried);
        prop_assert!(open.values().all(|open| *open <= each.unwrap_or(u32::MAX)), "{:?} {:?}", open, each);
        let published = figures(&world).total.published;
        let mut deliveries: Vec<u64> = log.ended.iter().map(|ended| ended.delivery).collect();
        deliveries.sort_unstable();
        prop_assert!(deliveries.into_iter().eq(0..published));
        let mut unwatched = Log::default();
        fleet::run_coupled(&world, &mut unwatched).expect("the policies end");
        prop_assert_eq!(&log.tried, &unwatched.tried, "that somebody counts sleepers changes nothing");
    }

    #[test]
    fn a_policy_shifts_nobody_elses_numbers(world in world(independent())) {
        let mut other = world.clone();
        other.policies[0] = policy(&json!({"minimum_delay": 0, "maximum_delay": 10}), Jitter::Full);
        let of_others = |world: &World| {
            let mut log = Log::of(world);
            log.tried.retain(|tried| world.subscribers[tried.group as usize].policy != 0);
            log.tried
        };
        prop_assert_eq!(of_others(&world), of_others(&other));
        let posts = |world: &World| Log::of(world).ended.into_iter().map(|it| (it.delivery, it.member, it.posted)).collect::<Vec<_>>();
        prop_assert_eq!(posts(&world), posts(&other));
    }
}

/// The figures of an outlook, by counting.
fn counted(world: &World) -> Outlook {
    let Figures { total, .. } = figures(world);
    let held = Log::of(world)
        .ended
        .into_iter()
        .filter(|ended| ended.fate != Fate::Unfinished && (ended.attempts > 1 || ended.fate == Fate::Lost));
    let held: Vec<Nanos> = held.map(|ended| ended.at - ended.began.expect("there was an attempt")).collect();
    let sum = held.iter().map(|held| u128::from(*held)).sum::<u128>();
    Outlook {
        published: total.published,
        delivered: total.delivered,
        rejected: total.rejected,
        lost: total.lost,
        unfinished: total.unfinished,
        attempts: total.attempts,
        wasted: total.wasted,
        latency: total.latency,
        recovery_lag: total.recovery_lag,
        peak_1s: total.peak_1s,
        peak_10s: total.peak_10s,
        hold: (!held.is_empty()).then(|| sum as f64 / held.len() as f64),
    }
}

/// The most workers taken at once.
#[derive(Debug, Default)]
struct Pool {
    most: u32,
}

impl Watch for Pool {
    fn tried(&mut self, _: &Tried) {}
    fn ended(&mut self, _: &fleet::Ended) {}
    fn pool(&mut self, _: Nanos, _: u64, taken: u32, asleep: u32) {
        assert!(asleep <= taken, "{asleep} of {taken} sleep");
        self.most = self.most.max(taken);
    }
}

/// For each subscriber the most requests open at once; one that ends when another begins is not open any more.
fn most_open(tried: &[Tried]) -> BTreeMap<(u32, u32), u32> {
    let mut changes: BTreeMap<(u32, u32), Vec<(Nanos, i32)>> = BTreeMap::new();
    for tried in tried.iter().filter(|tried| tried.ended > tried.began) {
        let changes = changes.entry((tried.group, tried.member)).or_default();
        changes.extend([(tried.began, 1), (tried.ended, -1)]);
    }
    let most = |mut changes: Vec<(Nanos, i32)>| {
        changes.sort_unstable();
        let open = changes.into_iter().scan(0, |open, (_, change)| {
            *open += change;
            Some(*open)
        });
        open.max().unwrap_or(0).cast_unsigned()
    };
    changes.into_iter().map(|(subscriber, changes)| (subscriber, most(changes))).collect()
}

fn world(sender: impl Strategy<Value = (Sender, bool)>) -> impl Strategy<Value = World> {
    let parts = (
        prop::collection::vec(policies(), 2),
        prop::collection::vec(subscribers(), 1..4),
        prop::collection::vec(arrivals(), 1..4),
        sender,
        one_of(&Profile::ALL[..]),
        (any::<u64>(), 20_u64..400),
    );
    parts.prop_map(|(policies, mut subscribers, mut arrivals, (sender, limited), profile, (seed, horizon_s))| {
        if !limited {
            subscribers.iter_mut().for_each(|group| group.capacity = None);
        }
        for arrivals in &mut arrivals {
            arrivals.to.retain(|group| *group < subscribers.len());
            if arrivals.to.is_empty() {
                arrivals.to.push(0);
            }
        }
        let horizon = horizon_s * SECOND;
        World { seed, horizon, rules: profile.deviations(), policies, subscribers, arrivals, sender }
    })
}

fn independent() -> impl Strategy<Value = (Sender, bool)> {
    (any::<bool>(), timeout()).prop_map(|(sleeping, timeout)| {
        let sender = if sleeping {
            Sender::Sleeping { workers: None, per_subscriber: None, timeout }
        } else {
            Sender::Rescheduling { in_flight: None, per_subscriber: None, timeout }
        };
        (sender, false)
    })
}

fn limited() -> impl Strategy<Value = (Sender, bool)> {
    let few = || prop::option::of(1_u32..6);
    (any::<bool>(), few(), few(), timeout()).prop_map(|(sleeping, places, per_subscriber, timeout)| {
        let sender = if sleeping {
            Sender::Sleeping { workers: places, per_subscriber, timeout }
        } else {
            Sender::Rescheduling { in_flight: places, per_subscriber, timeout }
        };
        (sender, true)
    })
}

fn timeout() -> impl Strategy<Value = Option<Nanos>> {
    prop::option::of(one_of(vec![SECOND / 2, 3 * SECOND, 10 * SECOND]))
}

pub(crate) fn policies() -> impl Strategy<Value = Policy> {
    let jitters = vec![
        Jitter::None,
        Jitter::Full,
        Jitter::Equal,
        Jitter::Percent(20),
        Jitter::MeanPreserving,
        Jitter::Decorrelated,
    ];
    let counts = (0_u64..4, 0_u64..3, 0_u64..3);
    (counts, 0_u64..8, 10_u64..40, one_of(&BackoffFunction::ALL[..]), one_of(jitters)).prop_map(
        |((immediate, pre, post), minimum, span, function, jitter)| {
            let keys = json!({
                "retries_with_no_delay": immediate,
                "minimum_delay_retries": pre,
                "maximum_delay_retries": post,
                "minimum_delay": minimum,
                "maximum_delay": minimum + span,
                "retry_backoff_function": function.name(),
            });
            policy(&keys, jitter)
        },
    )
}

/// Whole seconds often, so that much happens at one moment.
fn moment(most_s: u64) -> impl Strategy<Value = Nanos> {
    prop_oneof![(0..=most_s).prop_map(|s| s * SECOND), 0..=most_s * SECOND]
}

fn window() -> impl Strategy<Value = Window> {
    prop_oneof![
        (moment(100), moment(100)).prop_map(|(from, lasting)| Window::Between(from, from + lasting)),
        (moment(50), 2_u64..40, 1_u64..40).prop_map(|(first, every, lasting)| {
            let lasting = lasting.min(every - 1);
            Window::Periodic { first, every: every * SECOND, lasting: lasting * SECOND }
        }),
        (1_u64..60, 1_u64..60).prop_map(|(up, down)| Window::Random { up: up * SECOND, down: down * SECOND }),
    ]
}

fn status() -> impl Strategy<Value = u16> {
    one_of(vec![100, 204, 302, 404, 429, 500, 503, 600])
}

fn subscribers() -> impl Strategy<Value = Subscriber> {
    let fails = prop_oneof![Just(Fails::Refuse), Just(Fails::Hang), status().prop_map(Fails::Status)];
    let down = (window(), fails).prop_map(|(window, fails)| Down { window, fails });
    let brownout = (window(), 1_u32..=1_000_000, status()).prop_map(|(window, parts_per_million, status)| Brownout {
        window,
        parts_per_million,
        status,
    });
    let slow = (window(), moment(5)).prop_map(|(window, latency)| Slow { window, latency });
    let capacity = (1_u32..20, status(), moment(30));
    let capacity = capacity.prop_map(|(per_second, status, cold)| Capacity { per_second, status, cold });
    (
        (1_u32..4, 0_usize..2),
        one_of(vec![0, 1, SECOND / 50, SECOND, 2 * SECOND]),
        prop::collection::vec(down, 0..3),
        prop::collection::vec(brownout, 0..2),
        prop::collection::vec(slow, 0..2),
        prop::option::of(capacity),
    )
        .prop_map(|((count, policy), latency, down, brownouts, slow, capacity)| Subscriber {
            name: "group".into(),
            count,
            policy,
            latency,
            down,
            brownouts,
            slow,
            capacity,
        })
}

fn arrivals() -> impl Strategy<Value = Arrivals> {
    let pattern = prop_oneof![
        (moment(100), 0_u64..20).prop_map(|(at, posts)| Pattern::Burst { at, posts }),
        (moment(50), moment(200), 0_u64..40).prop_map(|(from, lasting, posts)| Pattern::Even {
            from,
            until: from + lasting,
            posts,
        }),
        (moment(50), moment(100), 1_u64..400).prop_map(|(from, lasting, per_kilosecond)| Pattern::Poisson {
            from,
            until: from + lasting,
            per_kilosecond,
        }),
        prop::collection::vec(moment(200), 0..20).prop_map(|mut moments| {
            moments.sort_unstable();
            Pattern::Trace(moments)
        }),
    ];
    let to = prop::collection::vec(0_usize..3, 1..3);
    (to, any::<bool>(), 1_u32..4, pattern).prop_map(|(to, each, batch, pattern)| {
        let deal = if each { Deal::Each } else { Deal::One };
        Arrivals { to, deal, batch, pattern }
    })
}
