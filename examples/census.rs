//! Takes a number of seeds.
//! Gives for each planted deviation the first of them that finds it out, and how short the scenario is that shows it.
//! Never counts a file that does not tell the deviation from the documented model.
//!
//! ```text
//! cargo run --release --example census -- 10000
//! ```

#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::path::Path;

use rayon::prelude::*;
use zaqarcheck::explore::{Engine, Reduced, play_seed, reduce};
use zaqarcheck::protocol::{Deviation, Deviations};
use zaqarcheck::runner::{Suite, planted};
use zaqarcheck::scenario::Register;

/// More steps than this are not called short.
const STEPS_MAX: usize = 6;
/// How many failing seeds are cut down for one deviation before it counts as one that no short file shows.
const TRIES_MAX: usize = 5;

fn main() {
    let seeds: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/requirements.json");
    let register = Suite::read_register(&file).expect("the register is right");
    let deviations: Vec<Deviation> = planted().collect();
    let rows: Vec<(Option<u64>, Option<Reduced>)> =
        deviations.par_iter().map(|deviation| look(*deviation, seeds, &register)).collect();
    for (deviation, (first, reduced)) in deviations.iter().zip(&rows) {
        println!("{:40} {}", deviation.name(), described(*first, reduced.as_ref()));
    }
    let found = rows.iter().filter(|(first, _)| first.is_some()).count();
    let short = rows.iter().filter(|(_, reduced)| reduced.as_ref().is_some_and(is_short)).count();
    println!(
        "{} planted, {found} found within {seeds} seeds, {short} cut down to a file of at most {STEPS_MAX} steps",
        rows.len()
    );
}

/// The first seed that finds it, and the first of a few that a short file shows.
fn look(deviation: Deviation, seeds: u64, register: &Register) -> (Option<u64>, Option<Reduced>) {
    let on = Engine::Model(Deviations::NONE.with(deviation));
    let played = (0..seeds).map(|seed| play_seed(seed, &on).expect("the model always plays"));
    let mut failing = played.filter(|outcome| !outcome.violations.is_empty());
    let Some(first) = failing.next() else { return (None, None) };
    let seed = first.seed;
    let mut tries = std::iter::once(first).chain(failing).take(TRIES_MAX);
    let mut best = None;
    while !best.as_ref().is_some_and(is_short) {
        let Some(outcome) = tries.next() else { break };
        best = reduce(&outcome, on, register).or(best);
    }
    (Some(seed), best)
}

fn is_short(reduced: &Reduced) -> bool {
    reduced.text.is_some() && reduced.case.steps.len() <= STEPS_MAX
}

fn described(first: Option<u64>, reduced: Option<&Reduced>) -> String {
    match (first, reduced) {
        (None, _) => "not found".into(),
        (Some(seed), None) => format!("seed {seed:x}, not cut down"),
        (Some(seed), Some(Reduced { case, violation, text, .. })) => {
            let file = if text.is_some() { "file" } else { "no file" };
            format!("seed {seed:x}, {} steps, {file}, {}", case.steps.len(), violation.invariant)
        }
    }
}
