//! Takes how posts are scheduled, the name of a workload, and a number of deliveries.
//! Gives what NeXosim counts of them, on one line.
//! Never more models than one: one for each delivery is slower still.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::EventSource;
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};

const SECOND: u64 = 1_000_000_000;

/// The default policy, retry by retry, in seconds.
const DELAYS: [u64; 14] = [0, 0, 0, 5, 5, 5, 5, 10, 15, 20, 25, 30, 30, 30];

#[derive(Debug, Default)]
struct Counts {
    attempts: AtomicU64,
    delivered: AtomicU64,
    latency: AtomicU64,
}

#[derive(Serialize, Deserialize)]
struct Sender {
    posts: u64,
    /// Over which time they are spread.
    spread: u64,
    /// Until when the subscriber is down.
    until: u64,
    #[serde(skip)]
    counts: Arc<Counts>,
}

#[Model]
impl Sender {
    /// Post `number` comes; the next one is put off until it does.
    #[nexosim(schedulable)]
    async fn post(&mut self, number: u64, cx: &Context<Self>) {
        let mut number = number;
        loop {
            let at = number * self.spread / self.posts;
            self.attempt((at, 0), cx).await;
            number += 1;
            if number == self.posts {
                return;
            }
            let next = number * self.spread / self.posts;
            if next > at {
                cx.schedule_event(Duration::from_nanos(next - at), schedulable!(Self::post), number).unwrap();
                return;
            }
        }
    }

    /// All posts are put off at once, each until it comes.
    #[nexosim(schedulable)]
    async fn post_all(&mut self, _: u64, cx: &Context<Self>) {
        for number in 0..self.posts {
            let at = number * self.spread / self.posts;
            if at == 0 {
                self.attempt((at, 0), cx).await;
            } else {
                cx.schedule_event(Duration::from_nanos(at), schedulable!(Self::attempt), (at, 0)).unwrap();
            }
        }
    }

    /// Zero delays are refused, so retries without one are made here.
    #[nexosim(schedulable)]
    async fn attempt(&mut self, delivery: (u64, u32), cx: &Context<Self>) {
        let (posted, mut retries) = delivery;
        let now = cx.time().duration_since(MonotonicTime::EPOCH).as_nanos() as u64;
        loop {
            self.counts.attempts.fetch_add(1, Ordering::Relaxed);
            if now >= self.until {
                self.counts.delivered.fetch_add(1, Ordering::Relaxed);
                self.counts.latency.fetch_add((now - posted) / 1000, Ordering::Relaxed);
                return;
            }
            let Some(delay) = DELAYS.get(retries as usize) else { return };
            retries += 1;
            if *delay > 0 {
                let delay = Duration::from_secs(*delay);
                cx.schedule_event(delay, schedulable!(Self::attempt), (posted, retries)).unwrap();
                return;
            }
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, how, workload, posts] = arguments.as_slice() else {
        panic!("nexosim-peer lazy|eager burst|spread|dead N")
    };
    let counts = Arc::new(Counts::default());
    let sender = Sender {
        posts: posts.parse().unwrap(),
        spread: if workload == "burst" { 0 } else { 60 * SECOND },
        until: if workload == "dead" { u64::MAX } else { 100 * SECOND },
        counts: Arc::clone(&counts),
    };
    let (mailbox, mut bench) = (Mailbox::new(), SimInit::with_num_threads(1));
    let post = match how.as_str() {
        "lazy" => EventSource::new().connect(Sender::post, &mailbox).register(&mut bench),
        "eager" => EventSource::new().connect(Sender::post_all, &mailbox).register(&mut bench),
        _ => panic!("no such way: {how}"),
    };
    let mut simulation = bench.add_model(sender, mailbox, "sender").init(MonotonicTime::EPOCH).unwrap();
    simulation.process_event(&post, 0).unwrap();
    simulation.run().unwrap();
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let delivered = of(&counts.delivered);
    let mean = of(&counts.latency) as f64 / delivered.max(1) as f64 / 1e6;
    println!("attempts={} delivered={delivered} latency={mean:.3}", of(&counts.attempts));
}
