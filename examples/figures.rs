//! Takes the simulations.
//! Gives what they cost on one core, as Markdown: seeds, scenarios, simulated seconds, subscribers.
//! Never counts what other work does on the machine: it is the processor's time of this thread that is measured.
//!
//! ```text
//! cargo run --release --example figures > reports/simulation.md
//! ```

#![expect(clippy::print_stdout, reason = "an example prints")]

#[path = "../benches/crowd.rs"]
mod crowd;

use std::path::Path;
use std::sync::Arc;

use rustix::time::{ClockId, clock_gettime};
use zaqarcheck::explore::{Engine, play_seed};
use zaqarcheck::judge::{Clockwork, Observed, Outcome, judge};
use zaqarcheck::protocol::Deviations;
use zaqarcheck::runner::Suite;
use zaqarcheck::scenario::Case;
use zaqarcheck::sim::{SimTarget, TurmoilTarget};
use zaqarcheck::target::{Error, ModelTarget};

use crowd::{ATTEMPTS, crowd};

/// What plays a case: its name, and how.
type Player = (&'static str, fn(&Arc<Case>) -> Result<Observed, Error>);

const PLAYERS: [Player; 3] = [
    ("model", |case| ModelTarget { deviations: Deviations::NONE }.play_now(case)),
    ("sim", |case| SimTarget::new(Deviations::NONE).play_now(case)),
    ("turmoil", |case| TurmoilTarget::default().play_now(case)),
];

fn main() {
    println!("# What simulations cost\n");
    println!("Written by `cargo run --release --example figures` of zaqarcheck {}.", env!("CARGO_PKG_VERSION"));
    println!(
        "Machine: {}. Times are those of one thread on its processor, so that other work on the machine",
        machine()
    );
    println!("is not in them but for what it does to caches. The same on a clock: `cargo bench -- sim explore`.");
    seeds();
    scenario();
    subscribers();
}

/// From a seed's number to its verdict.
fn seeds() {
    println!("\n## Exploration\n");
    println!("| target | seeds | seeds a second | simulated seconds a second |\n|---|---:|---:|---:|");
    for (name, on, seeds) in
        [("model", Engine::Model(Deviations::NONE), 4000), ("sim", Engine::Sim(Deviations::NONE), 1000)]
    {
        let (spent, simulated) = measured(|| {
            let outcomes = (0..seeds).map(|seed| play_seed(seed, &on).expect("every seed can be played"));
            let sound = outcomes.inspect(|outcome| assert!(outcome.violations.is_empty(), "{outcome:?}"));
            sound.map(|outcome| outcome.simulated.as_secs_f64()).sum::<f64>()
        });
        println!("| {name} | {seeds} | {} | {} |", round(seeds as f64 / spent), round(simulated / spent));
    }
}

/// One delivery that the default policy retries to its end.
fn scenario() {
    let suite = Suite::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")).expect("the suite is right");
    let found = suite.scenarios.iter().find(|scenario| scenario.id == "defaults/empty-queue-policy");
    let case = Arc::clone(&found.expect("it is part of the suite").cases[0]);
    println!("\n## A whole scenario: `defaults/empty-queue-policy`, 15 attempts over 180 seconds, played and judged\n");
    println!("| target | times | scenarios a second | simulated seconds a second |\n|---|---:|---:|---:|");
    for ((name, play), times) in PLAYERS.into_iter().zip([20_000, 10_000, 5]) {
        let clockwork = if name == "turmoil" { Clockwork::Ticking } else { Clockwork::Virtual };
        let (spent, simulated) = measured(|| {
            let once = |_| {
                let observed = play(&case).expect("the schedule ends");
                assert_eq!(judge(&case, &observed, clockwork).outcome(), Outcome::Pass);
                observed.ended.since_start().as_secs_f64()
            };
            (0..times).map(once).sum::<f64>()
        });
        println!("| {name} | {times} | {} | {} |", round(f64::from(times) / spent), round(simulated / spent));
    }
}

/// One message that reaches none of so many.
fn subscribers() {
    println!("\n## Subscribers: one message, {ATTEMPTS} attempts at each of them, all in vain\n");
    println!("| target | subscribers | milliseconds | microseconds an attempt |\n|---|---:|---:|---:|");
    for (name, play) in PLAYERS {
        for subscribers in [1, 10, 100, 1000] {
            let case = crowd(subscribers);
            let times = if name == "turmoil" { 1 } else { (2000 / subscribers).max(5) };
            let (spent, attempts) = measured(|| {
                let once = |_| play(&case).expect("the schedule ends").attempts.len();
                (0..times).map(once).sum::<usize>()
            });
            assert_eq!(attempts, times * subscribers * ATTEMPTS);
            let (once, one) = (spent * 1e3 / times as f64, spent * 1e6 / attempts as f64);
            println!("| {name} | {subscribers} | {once:.2} | {one:.1} |");
        }
    }
}

/// Seconds of this thread on its processor, and what came of them.
fn measured<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let now = || {
        let read = clock_gettime(ClockId::ThreadCPUTime);
        read.tv_sec as f64 + read.tv_nsec as f64 / 1e9
    };
    let before = now();
    let came = work();
    (now() - before, came)
}

/// Three digits are more than such a figure is worth.
fn round(figure: f64) -> String {
    let unit = 10_f64.powf((figure.log10().floor() - 1.0).max(0.0));
    format!("{:.0}", (figure / unit).round() * unit)
}

fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |line: &str| line.split_once(':').map(|(_, value)| value.trim().to_owned());
    let name = text.lines().find(|line| line.starts_with("model name")).and_then(value);
    name.unwrap_or_else(|| std::env::consts::ARCH.into())
}
