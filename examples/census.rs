//! Takes a number of seeds.
//! Gives for each planted deviation the first of them that finds it out, and how short the scenario is that shows it, as
//! Markdown.
//! Never counts a file that does not tell the deviation from the documented model.
//!
//! ```text
//! cargo run --release --example census -- 10000 > reports/explore-census.md
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

/// Why some can't be found, or not shown shortly.
const WHY: [(&str, &[&str]); 3] = [
    ("no plan moves a subscription to another address", &["patched-subscriber-not-used"]),
    (
        "no plan answers a confirmation by its link: plans are judged without a look at what has arrived before, and which \
         link a subscriber has depends on that",
        &["signature-never-expires", "signature-not-checked"],
    ),
    ("it takes eleven subscriptions to show it", &["subscribers-beyond-the-tenth-skipped"]),
];

/// What came of one deviation: the first seed that finds it, and the shortest case that a few failing seeds gave.
struct Row {
    deviation: Deviation,
    first: Option<u64>,
    reduced: Option<Reduced>,
}

fn main() {
    let seeds: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/requirements.json");
    let register = Suite::read_register(&file).expect("the register is right");
    let deviations: Vec<Deviation> = planted().collect();
    let rows: Vec<Row> = deviations.par_iter().map(|deviation| look(*deviation, seeds, &register)).collect();
    let found = rows.iter().filter(|row| row.first.is_some()).count();
    println!("# Which planted deviations an exploration finds\n");
    println!(
        "Written by `cargo run --release --example census -- {seeds}` of zaqarcheck {}.",
        env!("CARGO_PKG_VERSION")
    );
    println!(
        "Seeds 0 to {:x} are played on the model with one deviation each, and the first that breaks an",
        seeds - 1
    );
    println!(
        "invariant is cut down to a scenario file, which the documented model passes and the deviating one fails. Where"
    );
    println!("that file has more than {STEPS_MAX} steps the next failing seeds are tried, {TRIES_MAX} in all.");
    println!("`zaqarcheck explore --seed SEED --deviation NAME --out DIR` writes the file again.\n");
    println!(
        "Of {} deviations {found} are found, and {} of them are",
        rows.len(),
        rows.iter().filter(|row| row.is_short()).count()
    );
    println!("shown by a file of at most {STEPS_MAX} steps.\n");
    println!("| deviation | found by seed | shown by seed | invariant | steps | plays |\n|---|---|---|---|---:|---:|");
    rows.iter().filter(|row| row.is_short()).for_each(Row::print);
    println!("\n## Not found, or not shown shortly\n");
    println!("| deviation | found by seed | shown by seed | invariant | steps | plays |\n|---|---|---|---|---:|---:|");
    rows.iter().filter(|row| !row.is_short()).for_each(Row::print);
    println!();
    for (why, names) in WHY {
        let named: Vec<&str> = names.iter().copied().filter(|name| rows.iter().any(|row| row.is(name))).collect();
        if !named.is_empty() {
            println!("- {}: {why}.", named.join(", "));
        }
    }
    let explained = |row: &Row| WHY.iter().any(|(_, names)| names.contains(&row.deviation.name()));
    let others: Vec<&str> =
        rows.iter().filter(|row| !row.is_short() && !explained(row)).map(|row| row.deviation.name()).collect();
    if !others.is_empty() {
        println!("- {}: more seeds would find it.", others.join(", "));
    }
}

impl Row {
    fn is(&self, name: &str) -> bool {
        self.deviation.name() == name && !self.is_short()
    }

    fn is_short(&self) -> bool {
        self.reduced.as_ref().is_some_and(is_short)
    }

    fn print(&self) {
        let hex = |seed: Option<u64>| seed.map_or_else(|| "-".into(), |seed| format!("{seed:x}"));
        let name = self.deviation.name();
        match &self.reduced {
            None => println!("| {name} | {} | - | - | - | - |", hex(self.first)),
            Some(Reduced { seed, violation, case, plays, text }) => {
                let shown = hex(text.as_ref().map(|_| *seed));
                let (first, steps) = (hex(self.first), case.steps.len());
                println!("| {name} | {first} | {shown} | {} | {steps} | {plays} |", violation.invariant);
            }
        }
    }
}

/// The first seed that finds it, and the first of a few that a short file shows.
fn look(deviation: Deviation, seeds: u64, register: &Register) -> Row {
    let on = Engine::Model(Deviations::NONE.with(deviation));
    let played = (0..seeds).map(|seed| play_seed(seed, &on).expect("the model always plays"));
    let mut failing = played.filter(|outcome| !outcome.violations.is_empty()).take(TRIES_MAX);
    let (mut first, mut best) = (None, None);
    while !best.as_ref().is_some_and(is_short) {
        let Some(outcome) = failing.next() else { break };
        first = first.or(Some(outcome.seed));
        best = reduce(&outcome, on, register).or(best);
    }
    Row { deviation, first, reduced: best }
}

fn is_short(reduced: &Reduced) -> bool {
    reduced.text.is_some() && reduced.case.steps.len() <= STEPS_MAX
}
