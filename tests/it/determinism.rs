//! Takes the built program, run twice in two processes, on one thread and on sixteen.
//! Gives nothing if both runs wrote the same, byte for byte, apart from what they read off the machine's clock.
//! Never forgives another difference: the order of cases, identifiers and times are all part of the record.

use std::fs;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

#[test]
fn two_runs_in_virtual_time_write_the_same_bytes() {
    for (target, profile) in [("model", "documented"), ("model", "zaqar-23.0.1"), ("sim", "documented")] {
        let (one, many) = (run(target, profile, "1"), run(target, profile, "16"));
        assert!(one.record.len() > 1_000_000, "a record of {} bytes is none of the whole suite", one.record.len());
        assert!(one.record == many.record, "the records of {target} under {profile} differ");
        assert!(one.text == many.text, "the texts of {target} under {profile} differ:\n{}\n{}", one.text, many.text);
    }
}

/// What one run wrote, readings of the machine's clock taken out.
struct Written {
    record: String,
    text: String,
}

fn run(target: &str, profile: &str, jobs: &str) -> Written {
    let folder = TempDir::new().expect("a temporary folder");
    let record = folder.path().join("record.ndjson");
    let output = Command::new(env!("CARGO_BIN_EXE_zaqarcheck"))
        .args(["run", "--target", target, "--profile", profile, "--jobs", jobs, "--report"])
        .arg(format!("ndjson={}", record.display()))
        .output()
        .expect("the program starts");
    let record = fs::read_to_string(record).expect("the record was written");
    let text = String::from_utf8(output.stdout).expect("the text is UTF-8");
    Written { record: record.lines().map(without_wall).collect(), text: text.lines().map(without_duration).collect() }
}

/// A line without its `wall` object. The keys stay in their order: it is the bytes that are compared.
fn without_wall(line: &str) -> String {
    let value: Value = serde_json::from_str(line).expect("a line is JSON");
    let Some(wall) = value.get("wall") else { return format!("{line}\n") };
    let (start, end) = line.rsplit_once(r#""wall":{"#).expect("the object stands in the line");
    assert!(wall.get("elapsed_ms").is_some_and(Value::is_number), "{line}");
    let (_, rest) = end.split_once('}').expect("an object ends");
    format!("{start}{rest}\n")
}

/// The one line that says how long the run took on the machine, without that.
fn without_duration(line: &str) -> String {
    match line.split_once(" on the cases' own clocks, run in ") {
        Some((clocks, _)) => format!("{clocks} on the cases' own clocks\n"),
        None => format!("{line}\n"),
    }
}
