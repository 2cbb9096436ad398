//! Takes seeds, on the documented model and on models with planted deviations.
//! Gives nothing if the documented one breaks no invariant, and the others are found out and cut down to short files.
//! Never counts a file that does not tell the two models apart.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;
use zaqarcheck::explore::{
    Detail, Engine, Explored, INVARIANTS, Nature, Plan, Play, Range, Shard, Violation, explore, write,
};
use zaqarcheck::judge::{Clockwork, Observed, Outcome, judge};
use zaqarcheck::protocol::Deviations;
use zaqarcheck::runner::Suite;
use zaqarcheck::scenario::{Capability, Case, Look, Register, parse, render};
use zaqarcheck::target::Error;
use zaqarcheck::time::{Duration, Instant};

#[test]
fn the_documented_model_breaks_no_invariant() {
    for (on, seeds) in [(Engine::Model(Deviations::NONE), 200), (Engine::Sim(Deviations::NONE), 40)] {
        for explored in all(seeds, &on) {
            assert_eq!(explored.outcome.violations, [], "{on:?}, seed {:x}", explored.outcome.seed);
            assert!(!explored.differs);
        }
    }
}

#[test]
fn a_deviation_is_found_and_cut_down_to_a_short_file_that_shows_it() {
    check("one-retry-extra", "no-attempt-too-many");
    check("delay-counts-from-the-start", "no-gap-too-short");
    check("headers-lost-on-retry", "same-on-every-attempt");
    check("batch-only-first", "every-message-attempted");
    check("error-title-wrong", "refusals-say-why");
}

/// Explores a deviation, and plays the file for `invariant` on the model with and without it.
#[track_caller]
fn check(deviation: &str, invariant: &str) {
    let folder = TempDir::new().expect("a temporary folder");
    let out = folder.path().display().to_string();
    let found =
        zaqarcheck(&["explore", "--seeds", "40", "--deviation", deviation, "--out", &out, "--format", "ndjson"]);
    assert!([1, 6].contains(&code(&found)), "{deviation}: {found:?}");
    let text = String::from_utf8(found.stdout).expect("the lines are UTF-8");
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a line is JSON"));
    let reduced =
        lines.filter(|line| line["type"] == "reduced").find(|line| line["violation"]["invariant"] == invariant);
    let reduced = reduced.unwrap_or_else(|| panic!("{deviation} breaks other invariants than {invariant}"));
    assert!(reduced["steps"].as_u64().is_some_and(|steps| steps <= 6), "{reduced}");
    let file = format!("{out}/seed-{}.json", reduced["seed"].as_str().expect("it has a seed"));
    assert_eq!(code(&zaqarcheck(&["run", &file])), 0, "{deviation}: the documented model fails the file");
    let deviating = zaqarcheck(&["run", &file, "--deviation", deviation]);
    assert_eq!(code(&deviating), 1, "{deviation}: {}", String::from_utf8_lossy(&deviating.stdout));
    assert_eq!(code(&zaqarcheck(&["fmt", "--check", &out])), 0, "{deviation}: files are written in another layout");
}

#[test]
fn two_processes_write_the_same_bytes_whatever_the_number_of_threads() {
    for (target, seeds) in [("model", "100"), ("sim", "20")] {
        let run = |jobs| {
            let arguments = ["explore", "--target", target, "--seeds", seeds, "--jobs", jobs, "--format", "ndjson"];
            zaqarcheck(&arguments).stdout
        };
        let one = run("1");
        assert!(one.len() > 2000, "{} bytes are no recording", one.len());
        assert!(one == run("7"), "two runs on {target} differ");
    }
}

#[test]
fn shards_put_together_are_what_one_run_writes() {
    let folder = TempDir::new().expect("a temporary folder");
    let common = ["explore", "--deviation", "one-retry-extra", "--format", "ndjson"];
    let seeds = ["--seeds", "100", "--from", "3"];
    let shard = |number: usize| {
        let share = format!("{number}/3");
        let path = folder.path().join(format!("{number}.ndjson"));
        let output = zaqarcheck(&[&common[..], &seeds, &["--shard", &share]].concat());
        fs::write(&path, output.stdout).expect("the shard is written");
        path.display().to_string()
    };
    let paths = [shard(3), shard(1), shard(2)];
    let whole = zaqarcheck(&[&common[..], &seeds].concat());
    let merged = zaqarcheck(&[&common[..], &["--merge", &paths[0], &paths[1], &paths[2]]].concat());
    assert!(String::from_utf8_lossy(&whole.stdout).contains(r#""type":"reduced""#));
    assert!(whole.stdout == merged.stdout, "the merged shards differ from one run");
    assert_eq!(code(&whole), code(&merged));
    assert_eq!(code(&zaqarcheck(&[&common[..], &["--merge", &paths[0], &paths[1]]].concat())), 2);
    assert_eq!(code(&zaqarcheck(&[&common[..], &["--merge", &paths[0], &paths[1], &paths[1]]].concat())), 2);
}

/// A recording is edited where no target that the program has would come to this.
#[test]
fn exit_codes_tell_wrong_stuck_undetermined_and_too_weak_apart() {
    let folder = TempDir::new().expect("a temporary folder");
    let explore = |more: &[&str]| zaqarcheck(&[&["explore", "--format", "ndjson", "--shrink", "0"], more].concat());
    let merged = |text: String| {
        let path = folder.path().join("edited.ndjson");
        fs::write(&path, text).expect("the recording is written");
        code(&explore(&["--merge", &path.display().to_string()]))
    };
    assert_eq!(code(&explore(&["--seeds", "20", "--deviation", "delay-doubled"])), 1, "something wrong happened");
    assert_eq!(code(&explore(&["--seeds", "20", "--deviation", "batch-only-first"])), 6, "something did not happen");
    let sound = explore(&["--seeds", "20"]);
    assert_eq!(code(&sound), 0);
    let sound = String::from_utf8(sound.stdout).expect("the lines are UTF-8");
    assert_eq!(merged(sound.clone()), 0);
    let first = sound.lines().nth(1).expect("a seed follows the header");
    let differing = first.replacen("\"attempts\"", "\"differs\":true,\"attempts\"", 1);
    assert_eq!(merged(sound.replacen(first, &differing, 1)), 7, "a seed came out in two ways");
    // As many seeds as an exploration must have to be judged by what it met, and nothing met.
    let (header, rest) = sound.split_once('\n').expect("there are lines");
    let seeds = rest.lines().filter(|line| line.contains("\"type\":\"seed\"")).cycle().take(2000);
    let summary = r#"{"type":"summary","seeds":2000,"unsafe_seeds":0,"stuck_seeds":0,"undetermined_seeds":0,"attempts":0,"seen":{}}"#;
    let weak: Vec<&str> = std::iter::once(header).chain(seeds).chain([summary]).collect();
    assert_eq!(merged(weak.join("\n")), 4, "too little was met");
    assert_eq!(merged([&weak[..1000], &[summary]].concat().join("\n")), 0, "too few seeds to ask for more");
}

/// A target that remembers how often it was asked, and lets it be seen.
struct Forgetful(AtomicU64);

impl Play for Forgetful {
    fn able(&self) -> BTreeSet<Capability> {
        BTreeSet::new()
    }

    fn play(&self, case: &Arc<Case>) -> Result<Observed, Error> {
        let observed = Engine::Model(Deviations::NONE).play(case)?;
        let times = Duration::from_nanos(self.0.fetch_add(1, Ordering::Relaxed));
        let exchanges = observed.exchanges.into_iter();
        let exchanges = exchanges.map(|mut exchange| {
            exchange.sent = Instant::after_start(exchange.sent.since_start() + times);
            exchange
        });
        Ok(Observed { exchanges: exchanges.collect(), ..observed })
    }
}

#[test]
fn a_target_that_is_not_determined_is_found_out() {
    let differing = all(100, &Forgetful(AtomicU64::new(0))).iter().filter(|explored| explored.differs).count();
    assert_eq!(differing, 5, "one seed in twenty is played twice");
}

/// But for confirmations: a file has one row for all that a subscriber is sent, and two subscriptions send two kinds.
#[test]
fn every_plan_without_confirmations_can_be_written_as_a_scenario_that_the_documented_model_passes() {
    let register = register();
    let on = Engine::Model(Deviations::NONE);
    let violation = Violation { invariant: "schedule-ends", nature: Nature::Safety, text: String::new() };
    for seed in 0..60 {
        let case = Arc::new(Plan::draw(seed, &BTreeSet::new()).case);
        let text = write(&case, &violation, &[], seed, Detail::Content).expect("the model plays it");
        let scenario = parse("explore/seed", "seed.json", &text, &register)
            .unwrap_or_else(|found| panic!("{}", render(&found, &text, Look::Plain)));
        let observed = on.play(&scenario.cases[0]).expect("the model plays it");
        let checks = judge(&scenario.cases[0], &observed, Clockwork::Virtual).checks;
        let failed: Vec<_> = checks.into_iter().filter(|check| check.outcome != Outcome::Pass).collect();
        assert_eq!(failed, [], "seed {seed:x}\n{text}");
    }
}

#[test]
fn every_invariant_stands_for_requirements_of_the_register() {
    let register = register();
    for id in INVARIANTS.iter().flat_map(|invariant| invariant.requirements) {
        assert!(register.get(id).is_some(), "{id}");
    }
}

fn all(seeds: u64, on: &impl Play) -> Vec<Explored> {
    let mut told = Vec::new();
    let range = Range { from: 0, seeds, shard: Shard::WHOLE };
    explore::<Error>(range, on, |explored| {
        told.push(explored);
        Ok(())
    })
    .expect("every seed can be played");
    told
}

fn register() -> Register {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/requirements.json");
    Suite::read_register(&file).expect("the register is right")
}

fn zaqarcheck(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_zaqarcheck")).args(arguments).output().expect("the program starts")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}
