//! Takes the suite, and names of what is wanted of it.
//! Gives what `list` and `show` tell of it, and what `--level` and `--tag` select.
//! Never plays more than one case.

use serde_json::Value;

use crate::cli::{stderr, stdout, zaqarcheck};

#[test]
fn list_has_a_line_for_each_case() {
    insta::assert_snapshot!("list", stdout(&zaqarcheck(&["list", "backoff/power*"]).assert().code(0)));
    let json = stdout(&zaqarcheck(&["list", "--format", "json"]).assert().code(0));
    let all: Vec<Value> = serde_json::from_str(&json).expect("it is JSON");
    assert!(all.len() > 400, "only {} cases", all.len());
    let keys: Vec<&String> = all[0].as_object().expect("an object for each case").keys().collect();
    assert_eq!(keys, ["id", "level", "forecast_s", "title", "file"]);
}

#[test]
fn level_and_tag_select() {
    let lines = |arguments: &[&str]| stdout(&zaqarcheck(&["list"]).args(arguments).assert().code(0)).lines().count();
    let all = lines(&[]);
    let (must, should) = (lines(&["--level", "must"]), lines(&["--level", "should"]));
    assert!(0 < must && must < should && should <= all, "{must}, {should}, {all}");
    assert_eq!(lines(&["--level", "info"]), all);
    let (backoff, queues) = (lines(&["--tag", "backoff"]), lines(&["--tag", "queues"]));
    assert_eq!(lines(&["--tag", "backoff", "--tag", "queues"]), backoff + queues);
    let text = stdout(&zaqarcheck(&["run", "--tag", "queues", "--level", "should"]).assert().code(0));
    assert!(text.contains("PASS    queues/"), "{text}");
    zaqarcheck(&["lint", "--tag", "queues"]).assert().code(0);
}

#[test]
fn nothing_selected_is_no_success() {
    for verb in ["list", "run", "lint"] {
        let run = zaqarcheck(&[verb, "--tag", "backof"]).assert().code(5);
        let expected = "zaqarcheck: cannot select anything: no id has a component backof; did you mean backoff?\n";
        assert_eq!(stderr(&run), expected, "{verb}");
    }
    zaqarcheck(&["list", "--level", "most"]).assert().code(2);
    zaqarcheck(&["list", "--suite", "no/such/folder"]).assert().code(2);
    zaqarcheck(&["list", "polizy/**"]).assert().code(5);
}

#[test]
fn show_tells_a_scenario_to_people() {
    insta::assert_snapshot!("show", stdout(&zaqarcheck(&["show", "policy/every-phase-once"]).assert().code(0)));
    let case = "validation/queue-patch-operation";
    insta::assert_snapshot!("show-answers", stdout(&zaqarcheck(&["show", case]).assert().code(0)));
    zaqarcheck(&["show", "policy/every-phase-onec"]).assert().code(5);
    zaqarcheck(&["show"]).assert().code(2);
}

#[test]
fn every_case_can_be_shown() {
    let text = stdout(&zaqarcheck(&["show", "**"]).assert().code(0));
    assert!(text.matches("\nThen silence for ").count() > 400, "a case is missing");
}
