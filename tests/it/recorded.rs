//! Takes runs of the model, recorded and changed.
//! Gives what the verbs say that work on recordings: `judge`, `diff`, `known`.
//! Never needs a server: a recording is all these verbs see.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use zaqarcheck::judge::check_paths;
use zaqarcheck::protocol::{Deviations, Profile};
use zaqarcheck::runner::{Suite, run_on_model};

use crate::cli::{check_output, folder, root, shown, stderr, stdout, tail, zaqarcheck};

const PHASES: &str = "policy/every-phase-once";
const AS_ZAQAR: [&str; 2] = ["--profile", "zaqar-23.0.1"];
const ZAQAR_LEDGER: &str = "scenarios/known/zaqar-23.0.1.json";

#[test]
fn a_recorded_run_is_judged_as_it_was() {
    for profile in ["documented", "zaqar-23.0.1"] {
        for known in [&[][..], &["--known", ZAQAR_LEDGER]] {
            let place = folder();
            let (before, after) = (place.path().join("before.ndjson"), place.path().join("after.ndjson"));
            let report = |path: &Path| format!("ndjson={}", path.display());
            let run = ["run", "--profile", profile, "--report", &report(&before)];
            let code = zaqarcheck(&run).args(known).assert().get_output().status.code();
            let judge = ["judge", &shown(&before), "--report", &report(&after)];
            let again = zaqarcheck(&judge).args(known).assert();
            assert_eq!(again.get_output().status.code(), code, "{}", tail(&stdout(&again)));
            let (before, after) = (cases(&before), cases(&after));
            assert!(before.len() > 400, "only {} cases", before.len());
            for (before, after) in before.iter().zip(&after) {
                for key in ["id", "verdict", "reason", "checks", "deliveries", "exchanges", "attempts", "elapsed_s"] {
                    assert_eq!(before.get(key), after.get(key), "{profile}: {key} of {}", before["id"]);
                }
            }
            assert_eq!(before.len(), after.len());
        }
    }
}

#[test]
fn another_literal_gives_another_verdict() {
    let place = folder();
    let recording = record(place.path(), "r.ndjson", &[PHASES]);
    let suite = part_of_the_suite(place.path(), |text| text.replacen("15\n", "16\n", 1).replacen(", 15]", ", 16]", 1));
    let run = zaqarcheck(&["judge", &recording, "--suite", &suite]).assert().code(1);
    let text = stdout(&run);
    assert!(text.contains(&format!("FAIL    {PHASES}")), "{text}");
    assert!(text.contains("delays_s"), "{text}");
}

#[test]
fn what_the_recording_does_not_tell_is_an_error() {
    let place = folder();
    let recording = record(place.path(), "r.ndjson", &[PHASES]);
    // Another request than the recorded one.
    let suite = part_of_the_suite(place.path(), |text| text.replacen("orders", "parcels", 1));
    let text = stdout(&zaqarcheck(&["judge", &recording, "--suite", &suite]).assert().code(3));
    assert!(text.contains("steps[0] sends another request than it did when this was recorded"), "{text}");
    // Another script than the recorded one.
    let suite = part_of_the_suite(place.path(), |text| text.replacen("read_then_close", "reset", 1));
    let text = stdout(&zaqarcheck(&["judge", &recording, "--suite", &suite]).assert().code(3));
    assert!(text.contains("hook does not play read_then_close any more"), "{text}");
    // A case that was not recorded, and one that is no longer there.
    let text = stdout(&zaqarcheck(&["judge", &recording, "queues/create"]).assert().code(3));
    assert!(text.contains("the recording does not have it"), "{text}");
    let recording = record(place.path(), "r.ndjson", &[PHASES, "queues/create"]);
    let suite = part_of_the_suite(place.path(), str::to_owned);
    let run = zaqarcheck(&["judge", &recording, "--suite", &suite]).assert().code(0);
    assert_eq!(stderr(&run), "zaqarcheck: recorded, but no longer in the suite: queues/create\n");
}

#[test]
fn a_stream_without_its_end_is_refused() {
    let place = folder();
    let recording = record(place.path(), "r.ndjson", &[PHASES]);
    let text = fs::read_to_string(&recording).expect("it was written");
    let (cut, _) = text.rsplit_once("{\"type\":\"summary\"").expect("it ends with a summary");
    let short = place.path().join("cut.ndjson");
    fs::write(&short, cut).expect("the folder is ours");
    let (short, gone) = (shown(&short), shown(&place.path().join("gone.ndjson")));
    for arguments in [&["judge", &short][..], &["diff", &recording, &short], &["known", "write", "l.json", &short]] {
        let run = zaqarcheck(arguments).assert().code(2);
        assert!(stderr(&run).contains("the run was cut off, its summary is missing"), "{}", stderr(&run));
    }
    zaqarcheck(&["diff", &recording, &gone]).assert().code(2);
    zaqarcheck(&["diff", &recording, &recording, "--tolerance", "-1"]).assert().code(2);
}

#[test]
fn a_run_does_not_differ_from_itself() {
    let place = folder();
    let names = [PHASES, "queues/list", "subscriptions/list"];
    let (one, other) = (record(place.path(), "a.ndjson", &names), record(place.path(), "b.ndjson", &names));
    let text = stdout(&zaqarcheck(&["diff", &one, &other]).assert().code(0));
    assert!(text.ends_with("zaqarcheck: 3 cases in both, 0 differ, 0 in one only; exit 0\n"), "{text}");
}

#[test]
fn a_difference_is_told_where_it_is() {
    let place = folder();
    let one = record(place.path(), "a.ndjson", &[PHASES]);
    let other = record(place.path(), "b.ndjson", &[PHASES, "queues/create", "--deviation", "delay-one-second-early"]);
    let run = zaqarcheck(&["diff", &one, &other]).assert().code(1);
    let text = stdout(&run).replace(&shown(place.path()), "[folder]");
    insta::assert_snapshot!("a-difference", text);
}

/// A recording of another server's: other identifiers, addresses, ages, client; a clock that is a little late.
#[test]
fn what_differs_from_run_to_run_does_not_count() {
    let place = folder();
    let names = [PHASES, "subscriptions/list", "queues/update-missing"];
    let one = record(place.path(), "a.ndjson", &names);
    let text = fs::read_to_string(&one).expect("it was written");
    let real = |late: f64| {
        let change = |line: &str| {
            let mut event: Value = serde_json::from_str(line).expect("a line is JSON");
            if event["type"] == "header" {
                event["clock"] = json!("real, 20 times fast");
                event["scale"] = json!(20);
            }
            for (index, attempt) in event["attempts"].as_array_mut().into_iter().flatten().enumerate() {
                for key in ["at_s", "ended_s"] {
                    attempt[key] = json!(attempt[key].as_f64().expect("a time") + late * index as f64);
                }
                attempt["headers"].as_array_mut().expect("headers").push(json!(["user-agent", "python-requests"]));
                attempt["body"] = json!(attempt["body"].as_str().expect("a text").replace(',', ", "));
            }
            event
                .to_string()
                .replace("http://hook.test/", "http://127.0.0.1:4711/hook")
                .replace("\"age\":0", "\"age\":1")
        };
        let path = place.path().join("real.ndjson");
        fs::write(&path, text.lines().map(|line| change(line) + "\n").collect::<String>()).expect("it is ours");
        shown(&path)
    };
    let late = real(0.5);
    zaqarcheck(&["diff", &one, &late]).assert().code(0);
    zaqarcheck(&["diff", &late, &one]).assert().code(0);
    zaqarcheck(&["diff", &late, &one, "--tolerance", "0.4"]).assert().code(1);
    let late = real(1.0);
    let text = stdout(&zaqarcheck(&["diff", &late, &one]).assert().code(1));
    assert!(text.contains("message 0 at hook: gap before attempt 2"), "{text}");
}

#[test]
fn a_ledger_is_written_from_a_recording_as_by_the_run() {
    let place = folder();
    let recording = record(place.path(), "r.ndjson", &AS_ZAQAR);
    let (by_run, by_verb) = (shown(&place.path().join("run.json")), shown(&place.path().join("verb.json")));
    zaqarcheck(&["run"]).args(AS_ZAQAR).args(["--known", &by_run, "--update-known"]).assert().code(0);
    zaqarcheck(&["known", "write", &by_verb, &recording]).assert().code(0);
    assert!(fs::read(&by_run).expect("written") == fs::read(&by_verb).expect("written"), "the ledgers differ");
    zaqarcheck(&["known", "check", &by_verb]).assert().code(0);

    // The same run drops nothing; one that passes everything drops all.
    let text = stdout(&zaqarcheck(&["known", "prune", &by_verb, &recording]).assert().code(0));
    assert!(text.starts_with("zaqarcheck: 0 entries dropped"), "{text}");
    let documented = record(place.path(), "d.ndjson", &[]);
    let text = stdout(&zaqarcheck(&["known", "prune", &by_verb, &documented]).assert().code(0));
    assert!(text.ends_with(" 0 kept\n") && text.contains("\npasses: "), "{}", tail(&text));
    zaqarcheck(&["known", "check", &by_verb]).assert().code(0);
}

#[test]
fn the_ledger_of_the_repository_is_in_order() {
    zaqarcheck(&["known", "check", ZAQAR_LEDGER]).assert().code(0);
}

#[test]
fn what_is_wrong_with_a_ledger_is_told_with_its_place() {
    let place = folder();
    let entry = |id: &str, check: &str, deviation: &str| json!({"id": id, "check": check, "seen": 1, "deviations": [deviation], "reason": "Made up."});
    let good = entry(PHASES, "expect.deliveries[0].attempts", "http-error-not-retried");
    let entries = [
        good.clone(),
        good,
        entry("policy/every-phase-onec", "steps[0]", "http-error-not-retried"),
        entry(PHASES, "expect.deliveries[1].attempts", "http-error-not-retryed"),
    ];
    let ledger = json!({"format": 1, "target": "model", "entries": entries});
    let path = place.path().join("ledger.json");
    fs::write(&path, format!("{ledger:#}")).expect("the folder is ours");
    let run = zaqarcheck(&["known", "check", &shown(&path)]).assert().code(1);
    insta::assert_snapshot!("a-wrong-ledger", stdout(&run).replace(&shown(place.path()), "[folder]"));
    zaqarcheck(&["known", "check", "no/such/ledger.json"]).assert().code(2);
    zaqarcheck(&["known", "check", ZAQAR_LEDGER, "--suite", "no/such/suite"]).assert().code(2);
}

#[test]
fn every_check_that_is_made_has_a_path_that_may_be_known() {
    let plan = Suite::read(&root().join("scenarios")).expect("the suite is right").plan();
    for deviations in [Deviations::NONE, Profile::Zaqar23.deviations()] {
        for (planned, record) in plan.iter().zip(run_on_model(&plan, deviations, None, 1)) {
            let paths = check_paths(&planned.case);
            let odd = record.checks.iter().find(|check| !paths.contains(&check.check));
            assert!(odd.is_none(), "{}: {odd:?} is not among {paths:?}", record.id);
        }
    }
}

#[test]
fn a_case_played_more_than_once_is_one_case() {
    let run = zaqarcheck(&["run", PHASES, "--repeat", "3"]).assert().code(0);
    check_output("everything-as-expected", &run);
    zaqarcheck(&["run", PHASES, "--repeat", "0"]).assert().code(2);
}

/// Records a run of the model; whatever it comes to.
fn record(place: &Path, name: &str, arguments: &[&str]) -> String {
    let path = shown(&place.join(name));
    let _ = zaqarcheck(&["run", "--report", &format!("ndjson={path}")]).args(arguments).assert();
    path
}

/// A suite of one scenario, changed.
fn part_of_the_suite(place: &Path, change: impl Fn(&str) -> String) -> String {
    let suite: PathBuf = TempDir::new_in(place).expect("a temporary folder").keep();
    fs::create_dir_all(suite.join("policy")).expect("the folder is ours");
    let file = format!("{PHASES}.json");
    let text = fs::read_to_string(root().join("scenarios").join(&file)).expect("it is in the suite");
    fs::write(suite.join(&file), change(&text)).expect("the folder is ours");
    fs::copy(root().join("scenarios/requirements.json"), suite.join("requirements.json")).expect("it is in the suite");
    shown(&suite)
}

fn cases(recording: &Path) -> Vec<Value> {
    let text = fs::read_to_string(recording).expect("it was written");
    let events = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"));
    events.filter(|event| event["type"] == "scenario").collect()
}
