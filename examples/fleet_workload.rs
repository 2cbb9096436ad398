//! Takes the name of an engine, that of a workload, and a number of deliveries.
//! Gives how many attempts there were, how many deliveries succeeded, and their mean latency, on one line.
//! Never measures itself: whoever compares it with another program looks at both in the same way.

#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use serde_json::Map;
use zaqarcheck::fleet::{
    self, Arrivals, Capacity, Deal, Down, Ended, Fails, Fate, Jitter, Nanos, Pattern, Policy, Prepared, SECOND, Sender,
    Subscriber, Tried, Watch, Window, World,
};
use zaqarcheck::policy::Selected;
use zaqarcheck::protocol::Deviations;

/// What all programs count.
#[derive(Debug, Default)]
struct Counts {
    attempts: u64,
    delivered: u64,
    latency: u128,
}

impl Watch for Counts {
    const ASLEEP: bool = false;

    fn tried(&mut self, _: &Tried) {
        self.attempts += 1;
    }

    fn ended(&mut self, ended: &Ended) {
        if ended.fate == Fate::Delivered {
            self.delivered += 1;
            self.latency += u128::from(ended.at - ended.posted);
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, engine, workload, posts] = arguments.as_slice() else {
        panic!("fleet_workload coupled|independent|outlook burst|spread|poisson|dead|crowd N")
    };
    let world = world(workload, posts.parse().expect("N is a number"));
    let mut counts = Counts::default();
    match engine.as_str() {
        "coupled" => fleet::run_coupled(&world, &mut counts).expect("the policy ends"),
        "independent" => fleet::run(&world, &mut counts).expect("the policy ends"),
        "outlook" => {
            let prepared = Prepared::new(&world).expect("the policy ends").expect("nothing is drawn");
            let outlook = prepared.outlook().expect("nothing is spread");
            counts = Counts {
                attempts: outlook.attempts,
                delivered: outlook.delivered,
                latency: (outlook.latency.mean * outlook.delivered as f64) as u128,
            };
        }
        _ => panic!("no such engine: {engine}"),
    }
    let mean = counts.latency as f64 / counts.delivered.max(1) as f64 / SECOND as f64;
    println!("attempts={} delivered={} latency={mean:.3}", counts.attempts, counts.delivered);
}

/// A subscriber that is down for the first 100 s, or for ever; posts all at once, or over the first minute: evenly, or
/// independent of each other, about so many.
/// In a crowd, besides: as many workers as deliveries, a capacity, and delays that are spread.
fn world(workload: &str, posts: u64) -> World {
    let until = if workload == "dead" { Nanos::MAX } else { 100 * SECOND };
    let crowd = workload == "crowd";
    let pattern = match workload {
        "burst" => Pattern::Burst { at: 0, posts },
        "poisson" => Pattern::Poisson { from: 0, until: 60 * SECOND, per_kilosecond: posts * 1000 / 60 },
        _ => Pattern::Even { from: 0, until: 60 * SECOND, posts },
    };
    let capacity = Capacity { per_second: (posts / 20).max(1) as u32, status: 503, cold: 0 };
    World {
        seed: 1,
        horizon: 3600 * SECOND,
        rules: Deviations::NONE,
        policies: vec![Policy {
            name: "default".into(),
            selected: Selected::Policy(Map::new()),
            jitter: if crowd { Jitter::MeanPreserving } else { Jitter::None },
        }],
        subscribers: vec![Subscriber {
            name: "subscriber".into(),
            count: 1,
            policy: 0,
            latency: if crowd { SECOND / 50 } else { 0 },
            down: vec![Down { window: Window::Between(0, until), fails: Fails::Refuse }],
            brownouts: Vec::new(),
            slow: Vec::new(),
            capacity: crowd.then_some(capacity),
        }],
        arrivals: vec![Arrivals { to: vec![0], deal: Deal::Each, batch: 1, pattern }],
        sender: Sender::Sleeping {
            workers: crowd.then_some(posts.try_into().expect("there are fewer workers than that")),
            per_subscriber: None,
            timeout: None,
        },
    }
}
