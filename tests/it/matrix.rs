//! Takes runs recorded on the model.
//! Gives what `zaqarcheck matrix` makes of them.
//! Never looks at the words of the table: the unit tests of the report do.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

/// One case that the profile of a release fails, and one that it passes.
const CASES: [&str; 2] = ["delivery/server-error-is-retried*", "policy/every-phase-once"];

#[test]
fn recordings_of_two_profiles_are_compared() {
    let folder = tempfile::tempdir().expect("there is room");
    record(&folder.path().join("documents.ndjson"), "documented", 0);
    record(&folder.path().join("zaqar.ndjson"), "zaqar-23.0.1", 1);
    let compare = || {
        let mut command = zaqarcheck(folder.path(), &["matrix", "zaqar=zaqar.ndjson", "documents=documents.ndjson"]);
        String::from_utf8(command.assert().code(0).get_output().stdout.clone()).expect("it is Markdown")
    };
    let table = compare();
    assert!(table.contains("| FAIL | PASS |"), "{table}");
    assert!(table.contains("### zaqar, against documents"), "{table}");
    assert!(!table.contains("policy/every-phase-once"), "the same everywhere, so only counted: {table}");
    assert_eq!(table, compare());
}

#[test]
fn what_is_no_recording_is_refused() {
    let folder = tempfile::tempdir().expect("there is room");
    fs::write(folder.path().join("report.xml"), "<testsuites/>\n").expect("the folder is ours");
    let check = |arguments: &[&str], expected: &str| {
        let run = zaqarcheck(folder.path(), arguments).assert().code(2);
        let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(said.contains(expected), "{said}");
    };
    check(&["matrix", "report.xml"], "cannot use report.xml:1:");
    check(&["matrix", "new=missing.ndjson"], "cannot read missing.ndjson: ");
    check(&["matrix"], "RUN.ndjson");
}

fn record(path: &Path, profile: &str, code: i32) {
    let report = format!("ndjson={}", path.display());
    let mut command = zaqarcheck(Path::new(env!("CARGO_MANIFEST_DIR")), &["run", "--profile", profile]);
    command.args(CASES).args(["--report", &report]).assert().code(code);
}

fn zaqarcheck(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zaqarcheck"));
    command.current_dir(folder).env("NO_COLOR", "1").args(arguments);
    command
}
