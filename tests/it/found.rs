//! Takes the first seeds and every planted deviation.
//! Gives nothing if the invariants find each of them but those that are named here, and each invariant finds one.
//! Never cuts anything down: the example `census` does, and its report tells of more seeds.

use std::collections::BTreeSet;

use rayon::prelude::*;
use zaqarcheck::explore::{Engine, INVARIANTS, play_seed};
use zaqarcheck::protocol::{Deviation, Deviations};
use zaqarcheck::runner::planted;

const SEEDS: u64 = 60;

/// Not looked for: what it takes to find them comes up more seldom, or is in no plan at all.
const MORE_SEEDS: [&str; 13] = [
    "confirmation-not-sent-again",
    "narrow-range-accepted",
    "negative-counts-refused",
    "options-merged-on-patch",
    "patched-subscriber-not-used",
    "patched-ttl-ignored",
    "policies-merged",
    "range-rule-ignores-defaults",
    "range-rule-nine",
    "signature-never-expires",
    "signature-not-checked",
    "strings-pass-as-integers",
    "subscription-patch-not-validated",
];

#[test]
fn a_few_seeds_find_nearly_every_planted_deviation() {
    let deviations: Vec<Deviation> = planted().filter(|deviation| !MORE_SEEDS.contains(&deviation.name())).collect();
    assert_eq!(deviations.len() + MORE_SEEDS.len(), planted().count(), "one that is not looked for does not exist");
    let found: Vec<(Deviation, BTreeSet<&str>)> =
        deviations.into_par_iter().map(|deviation| (deviation, broken_by(deviation))).collect();
    let missed: Vec<&str> =
        found.iter().filter(|(_, broken)| broken.is_empty()).map(|(deviation, _)| deviation.name()).collect();
    assert_eq!(missed, [""; 0], "found by none of {SEEDS} seeds");
    let used: BTreeSet<&str> = found.into_iter().flat_map(|(_, broken)| broken).collect();
    let idle: Vec<&str> = INVARIANTS.iter().map(|rule| rule.name).filter(|name| !used.contains(name)).collect();
    assert_eq!(idle, [""; 0], "no planted deviation breaks these");
}

/// What the first few seeds that find it out say is broken.
fn broken_by(deviation: Deviation) -> BTreeSet<&'static str> {
    let on = Engine::Model(Deviations::NONE.with(deviation));
    let played = (0..SEEDS).map(|seed| play_seed(seed, &on).expect("the model always plays"));
    let failing = played.map(|outcome| outcome.violations).filter(|violations| !violations.is_empty());
    failing.take(8).flatten().map(|violation| violation.invariant).collect()
}
