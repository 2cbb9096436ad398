//! Takes worlds, as the comparing verbs of `fleet` get them.
//! Gives what a user sees, and that it does not depend on how many threads there are.
//! Never searches more than a few policies: the whole grid is for benches.

use std::fs;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::cli::{folder, root, shown, stderr, stdout, zaqarcheck};

const OUTAGE: &str = "tests/fleet/outage.json";
const STEEP: &str = r#"steep={"retry_backoff_function": "geometric", "maximum_delay": 120}"#;
/// A grid of a few policies.
const GRID: [&str; 10] = [
    "--grid",
    "retries_with_no_delay=0,3",
    "--grid",
    "minimum_delay_retries=3",
    "--grid",
    "minimum_delay=5,10",
    "--grid",
    "maximum_delay=30,120",
    "--grid",
    "maximum_delay_retries=3,10",
];

fn check(name: &str, code: i32, arguments: &[&str]) {
    let run = zaqarcheck(&[&["fleet"], arguments].concat()).assert().code(code);
    insta::assert_snapshot!(name, format!("{}{}", stdout(&run), stderr(&run)));
}

fn json(arguments: &[&str]) -> Value {
    let run = zaqarcheck(&[&["fleet"], arguments, &["--format", "json"]].concat()).assert().code(0);
    serde_json::from_str(&stdout(&run)).expect("it is JSON")
}

fn search<'a>(rest: &[&'a str]) -> Vec<&'a str> {
    [&["search", OUTAGE], &GRID[..], rest].concat()
}

#[test]
fn policies_are_compared_with_the_same_messages() {
    check("fleet-compare", 0, &["compare", OUTAGE, "--policy", STEEP, "--width", "100", "--runs", "4"]);
    check("fleet-compare-once", 0, &["compare", OUTAGE, "--policy", STEEP, "--width", "80", "--runs", "1"]);
}

#[test]
fn a_policy_differs_from_itself_by_exactly_nothing() {
    let compared = json(&["compare", OUTAGE, "--policy", "same={}", "--runs", "3"]);
    let figures = compared["compared"][1]["figures"].as_object().expect("an object");
    let mut seen = 0;
    for (name, figure) in figures.iter().filter(|(_, figure)| !figure["mean"].is_null()) {
        assert_eq!(
            (&figure["difference"]["mean"], &figure["difference"]["within"]),
            (&0.0.into(), &0.0.into()),
            "{name}"
        );
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn a_field_is_swept() {
    check("fleet-sweep-outage", 0, &["sweep", OUTAGE, "--values", "30s..16m*4"]);
    let figures = ["--figures", "lag_p99,healthy_p99,max_backlog"];
    let workers = ["sweep", OUTAGE, "--field", "sender.sleeping.workers", "--values", "5,20", "--policy", STEEP];
    check("fleet-sweep-workers", 0, &[&workers[..], &figures].concat());
}

#[test]
fn the_best_policies_are_found() {
    check("fleet-search", 0, &search(&["--rows", "5"]));
    check("fleet-search-unreachable", 1, &search(&["--limit", "undelivered=0", "--limit", "peak_x<=2"]));
}

#[test]
fn an_interrupted_search_writes_what_is_done() {
    let folder = folder();
    let csv = folder.path().join("all.csv");
    let all = |key: &str| format!("{key}={}", (1..=12).map(|value| value.to_string()).collect::<Vec<_>>().join(","));
    let grid = ["minimum_delay", "maximum_delay"].map(all);
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_zaqarcheck"));
    program.args(["fleet", "search", OUTAGE, "--limit", "undelivered=0", "--csv", &shown(&csv)]).current_dir(root());
    grid.iter().for_each(|values| _ = program.args(["--grid", values]));
    let mut child = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // A signal that nobody catches yet would end the program as if it had no answer.
    let catches = |status: &str| {
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("Linux tells");
        u64::from_str_radix(caught.trim(), 16).expect("it is a mask") & (1 << 1) != 0
    };
    let status = format!("/proc/{}/status", child.id());
    while !catches(&fs::read_to_string(&status).expect("it runs")) {
        assert_eq!(child.try_wait().expect("it is ours"), None, "it ends before anybody interrupts it");
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::INT).expect("it is ours");
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("interrupted") && csv.exists(), "{text}");
}

#[test]
fn what_is_wrong_is_said() {
    check("fleet-compare-alone", 2, &["compare", OUTAGE]);
    check("fleet-compare-both", 2, &["compare", OUTAGE, OUTAGE, "--policy", "{}"]);
    check("fleet-compare-bad-policy", 2, &["compare", OUTAGE, "--policy", r#"{"maximum_dely": 5}"#]);
    check("fleet-sweep-no-field", 2, &["sweep", OUTAGE, "--field", "sendr.workers", "--values", "1,2"]);
    check("fleet-sweep-bad-value", 2, &["sweep", OUTAGE, "--field", "sender.sleeping.workers", "--values", "0,1"]);
    check("fleet-sweep-bad-range", 2, &["sweep", OUTAGE, "--values", "5..1"]);
    check("fleet-search-bad-limit", 2, &["search", OUTAGE, "--limit", "peakx<=5"]);
    check("fleet-search-bad-grid", 2, &["search", OUTAGE, "--grid", "maximum_delay=soon"]);
    check("fleet-search-one-objective", 2, &["search", OUTAGE, "--objective", "lost"]);
    check("fleet-search-empty-grid", 2, &["search", OUTAGE, "--grid", "maximum_delay=1", "--grid", "minimum_delay=1"]);
}

#[test]
fn the_number_of_threads_can_not_be_seen() {
    let bytes = |jobs: &str| {
        let folder = folder();
        let path = |name: &str| shown(&folder.path().join(name));
        let mut said = String::new();
        for arguments in [
            search(&["--csv", &path("search.csv"), "--plot", &path("search.svg")]),
            vec!["compare", OUTAGE, "--policy", STEEP, "--runs", "3", "--csv", &path("compare.csv")],
            vec!["sweep", OUTAGE, "--values", "1m..4m*2", "--csv", &path("sweep.csv"), "--html", &path("sweep.html")],
        ] {
            let run = zaqarcheck(&[&["fleet"], &arguments[..], &["--jobs", jobs]].concat()).assert().code(0);
            said += &stdout(&run);
        }
        for name in ["search.csv", "search.svg", "compare.csv", "sweep.csv", "sweep.html"] {
            said += &fs::read_to_string(folder.path().join(name)).expect(name);
        }
        said
    };
    assert!(bytes("1") == bytes("4"));
}

#[test]
fn csv_and_json_hold_all_that_was_tried() {
    let folder = folder();
    let path = shown(&folder.path().join("tried.csv"));
    let found = json(&search(&["--csv", &path]));
    let csv = fs::read_to_string(&path).expect("it was written");
    let columns = csv.lines().next().expect("a head").split(',').count();
    assert!(columns > 30, "{columns}");
    assert_eq!(csv.lines().count() as u64, 1 + found["tried"].as_u64().expect("a number"));
    assert_eq!(
        csv.lines().filter(|line| line.contains(",true,true,")).count(),
        found["front"].as_array().expect("a list").len()
    );
    assert_eq!(found["worlds"].as_array().expect("a list").len(), 6, "never one");
    for name in ["knee", "fast", "gentle", "cheap"] {
        let pick = &found["picks"][name];
        assert!(found["front"].as_array().expect("a list").contains(pick), "{name}");
        assert_eq!(pick["worst"]["undelivered"], 0.0, "{name} keeps the limit");
    }
}

#[test]
fn nothing_long_begins_if_a_file_can_not_be_written() {
    for verb in [search(&[]), vec!["compare", OUTAGE, "--policy", "{}"], vec!["sweep", OUTAGE, "--values", "1m,2m"]] {
        for option in ["--csv", "--plot", "--html"] {
            let run =
                zaqarcheck(&[&["fleet"], &verb[..], &[option, "no/such/folder/file.svg"]].concat()).assert().code(3);
            assert_eq!(stdout(&run), "", "{option}");
        }
    }
}
