//! Takes small worlds drawn at random.
//! Gives nothing if the reference model, driven in virtual time, makes the same attempts at the same moments.
//! Never lets the two share what a subscriber does: here it is told to the model as an answer to each delivery.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select as one_of;
use serde_json::{Value, json};
use zaqarcheck::fleet::{Arrivals, Deal, Down, Fails, Jitter, Nanos, Pattern, Policy, SECOND, Sender, Window, World};
use zaqarcheck::policy::Selected;
use zaqarcheck::protocol::{Delivery, DeliveryId, DeliveryOutcome, Profile};
use zaqarcheck::time::{Duration, Instant};

use crate::drive::{Driven, answered, create_queue, post, subscribe};
use crate::fleet_engine::{Log, subscriber};
use crate::fleet_properties::policies;

/// For each subscriber and message the moments of the attempts.
type Attempts = BTreeMap<(u32, String), Vec<Nanos>>;

/// What a subscriber does from one moment until before another; otherwise it answers 200.
#[derive(Clone, Debug)]
struct Spell {
    from: Nanos,
    until: Nanos,
    status: Option<u16>,
}

#[derive(Clone, Debug)]
struct Small {
    profile: Profile,
    policies: Vec<Policy>,
    spells: Vec<Spell>,
    latency: Nanos,
    posts: Vec<Nanos>,
    batch: u32,
}

proptest! {
    #[test]
    fn the_model_makes_the_same_attempts(small in small()) {
        prop_assert_eq!(in_the_model(&small), in_the_fleet(&small));
    }
}

fn small() -> impl Strategy<Value = Small> {
    let status = one_of(vec![None, Some(100), Some(404), Some(503), Some(600)]);
    let second = |most: u64| (0..most).prop_map(|second| second * SECOND + SECOND / 4);
    let spell = (second(60), 1_u64..120, status).prop_map(|(from, lasting, status)| Spell {
        from,
        until: from + lasting * SECOND,
        status,
    });
    let parts = (
        one_of(&Profile::ALL[..]),
        prop::collection::vec(policies(), 2),
        prop::collection::vec(spell, 2),
        one_of(vec![0, SECOND / 50, SECOND]),
        prop::collection::vec(second(60), 1..4),
        1_u32..4,
    );
    parts.prop_map(|(profile, mut policies, spells, latency, mut posts, batch)| {
        policies.iter_mut().for_each(|policy| policy.jitter = Jitter::None);
        posts.sort_unstable();
        Small { profile, policies, spells, latency, posts, batch }
    })
}

fn in_the_fleet(small: &Small) -> Attempts {
    let mut subscribers = Vec::new();
    for (index, spell) in small.spells.iter().enumerate() {
        let mut group = subscriber("group", small.latency);
        let window = Window::Between(spell.from, spell.until);
        group.down.push(Down { window, fails: spell.status.map_or(Fails::Refuse, Fails::Status) });
        group.policy = index;
        subscribers.push(group);
    }
    let groups = subscribers.len() as u64;
    let pattern = Pattern::Trace(small.posts.clone());
    let log = Log::of(&World {
        seed: 0,
        horizon: 1_000_000 * SECOND,
        rules: small.profile.deviations(),
        policies: small.policies.clone(),
        subscribers,
        arrivals: vec![Arrivals { to: vec![0, 1], deal: Deal::Each, batch: small.batch, pattern }],
        sender: Sender::Sleeping { workers: None, per_subscriber: None, timeout: None },
    });
    let mut attempts = Attempts::new();
    for tried in log.tried {
        let batch = u64::from(small.batch);
        let (post, message) = (tried.delivery / (batch * groups), tried.delivery % batch);
        attempts.entry((tried.group, format!("{post}.{message}"))).or_default().push(tried.began);
    }
    attempts
}

fn in_the_model(small: &Small) -> Attempts {
    let mut driven = Driven::new(small.profile.deviations());
    driven.expect("p", create_queue("q", json!({})));
    for (index, policy) in small.policies.iter().enumerate() {
        let Selected::Policy(keys) = &policy.selected else { panic!("{policy:?} has no keys") };
        let options = json!({ "_retry_policy": Value::from(keys.clone()) });
        driven.expect("p", subscribe("q", json!({"subscriber": format!("http://s{index}.test/"), "options": options})));
    }
    let (mut attempts, mut posts) = (Attempts::new(), small.posts.iter().enumerate().peekable());
    let mut open: BTreeMap<(Instant, DeliveryId), DeliveryOutcome> = BTreeMap::new();
    loop {
        let next = [
            driven.model.poll_timeout(),
            open.first_key_value().map(|((at, _), _)| *at),
            posts.peek().map(|(_, at)| instant(**at)),
        ];
        let Some(now) = next.into_iter().flatten().min() else { return attempts };
        driven.now = now;
        driven.model.handle_timeout(now);
        while let Some(entry) = open.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((_, id), outcome) = entry.remove_entry();
            driven.model.handle_delivered(now, id, &outcome);
        }
        while let Some((number, _)) = posts.next_if(|(_, at)| instant(**at) <= now) {
            driven.expect("p", post("q", (0..small.batch).map(|message| format!("{number}.{message}"))));
        }
        while let Some(delivery) = driven.model.poll_delivery() {
            let at = now.since_start().as_nanos() as Nanos;
            let subscriber = u32::from(delivery.url.contains("s1"));
            attempts.entry((subscriber, message(&delivery))).or_default().push(at);
            let spell = &small.spells[subscriber as usize];
            let outcome = match spell.status {
                _ if at < spell.from || at >= spell.until => answered(200),
                None => DeliveryOutcome::ConnectionError,
                Some(status) => answered(status),
            };
            open.insert((instant(at + small.latency), delivery.id), outcome);
        }
    }
}

fn instant(at: Nanos) -> Instant {
    Instant::after_start(Duration::from_nanos(at))
}

fn message(delivery: &Delivery) -> String {
    let notification: Value = serde_json::from_slice(&delivery.body).expect("a notification is JSON");
    notification["body"].as_str().expect("it is a text").to_owned()
}
