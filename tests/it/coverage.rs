//! Takes small suites, and the real one.
//! Gives what `coverage` says about them, and its exit code.
//! Never plays a scenario.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

const CHECKED: &str = r#"{
    "id": "policy-defaults", "level": "must", "source": "guide", "locator": "list of defaults",
    "text": "An empty policy means the default of every key."
}"#;
const DECIDED: &str = r#"{
    "id": "redirect-not-followed", "level": "info", "source": "robust", "locator": "redirects",
    "text": "A redirect is not followed.", "decision": "No document speaks of it."
}"#;
const EXCLUDED: &str = r#"{
    "id": "webhooks-only", "level": "must", "source": "guide", "locator": "introduction",
    "text": "The policy is for webhooks.", "excluded": "Mail is not seen."
}"#;

#[test]
fn a_register_that_is_checked_or_excluded_is_complete() {
    let suite = suite(&[CHECKED, EXCLUDED, DECIDED], &["policy-defaults", "redirect-not-followed"]);
    let text = check(suite.path(), "text", 0);
    insta::assert_snapshot!("coverage-complete", text);
    insta::assert_snapshot!("coverage-complete-json", check(suite.path(), "json", 0));
}

#[test]
fn a_requirement_that_nobody_checks_is_a_gap() {
    let suite = suite(&[CHECKED, EXCLUDED, DECIDED], &["redirect-not-followed"]);
    insta::assert_snapshot!("coverage-gap", check(suite.path(), "text", 1));
    check(suite.path(), "json", 1);
}

#[test]
fn a_requirement_that_is_excluded_and_checked_contradicts_itself() {
    let suite = suite(&[CHECKED, EXCLUDED], &["policy-defaults", "webhooks-only"]);
    insta::assert_snapshot!("coverage-contradiction", check(suite.path(), "text", 1));
}

#[test]
fn a_suite_that_can_not_be_read_is_refused() {
    let suite = suite(&[CHECKED], &["policy-default"]);
    assert_eq!(check(suite.path(), "text", 2), "");
}

#[test]
fn every_requirement_of_the_suite_is_checked_or_excluded() {
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"), "text", 0);
}

/// A suite of this register and two scenarios that cite these requirements, the second only the first of them.
fn suite(register: &[&str], cited: &[&str]) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).expect("the folder is ours");
    write("requirements.json", format!("[{}]", register.join(", ")));
    for (name, cited) in [("all.json", cited), ("first.json", &cited[..1])] {
        let scenario = serde_json::json!({
            "format": 1, "title": "t", "requirements": cited, "steps": [{"put_queue": {"queue": "q"}}],
        });
        write(name, scenario.to_string());
    }
    folder
}

/// Standard output of `coverage`, which ends with this exit code.
#[track_caller]
fn check(suite: &Path, format: &str, code: i32) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zaqarcheck"));
    command.args(["coverage", "--format", format, "--suite"]).arg(suite).env("NO_COLOR", "1");
    let run = command.assert().code(code);
    String::from_utf8(run.get_output().stdout.clone()).expect("output is UTF-8")
}
