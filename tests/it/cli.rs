//! Takes command lines.
//! Gives what a user sees: the exit code, the output, the files.
//! Never looks at what a scenario means: one that exists in the suite, or one written here, stands for all.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// A scenario that every target can play at once, and one with every phase.
const QUICK: &str = "queues/create";
const PHASES: &str = "policy/every-phase-once";

#[test]
fn exit_0_everything_as_expected() {
    let run = zaqarcheck(&["run", PHASES]).assert().code(0);
    check_output("everything-as-expected", &run);
}

#[test]
fn exit_1_a_failure_nobody_knows_of() {
    let run = zaqarcheck(&["run", PHASES, "--deviation", "one-retry-extra"]).assert().code(1);
    check_output("a-failure", &run);
}

#[test]
fn exit_1_a_ledger_entry_that_passes() {
    let folder = folder();
    let ledger = ledger(folder.path(), PHASES);
    let run = zaqarcheck(&["run", PHASES, "--known", &ledger]).current_dir(root()).assert().code(1);
    let text = stdout(&run);
    assert!(text.contains(&format!("STALE   {PHASES}")), "{text}");
    assert!(text.contains("is known to fail and passes"), "{text}");
}

#[test]
fn exit_1_a_ledger_entry_of_no_scenario() {
    let folder = folder();
    let ledger = ledger(folder.path(), "gone/away");
    let text = stdout(&zaqarcheck(&["run", "--known", &ledger]).assert().code(1));
    assert!(text.contains("gone/away") && !text.contains("FAIL"), "{}", tail(&text));
    // A part of the suite says nothing about entries of the rest.
    zaqarcheck(&["run", QUICK, "--known", &ledger]).assert().code(0);
}

#[test]
fn exit_2_usage() {
    check_refused("bad-flag", 2, &["run", "--no-such-flag"]);
    check_refused("bad-deviation", 2, &["run", "--deviation", "one-retry-extr"]);
    check_refused("bad-target", 2, &["run", "--target", "ftp://somewhere"]);
    check_refused("accelerate-without-command", 2, &["run", "--accelerate", "20"]);
    check_refused("no-suite", 2, &["run", "--suite", "no/such/folder"]);
}

#[test]
fn exit_2_an_invalid_scenario() {
    check_refused("invalid-scenario", 2, &["run", "tests/invalid/unknown-behaviour.json"]);
    check_refused("invalid-scenario", 2, &["lint", "tests/invalid/unknown-behaviour.json"]);
}

#[test]
fn exit_2_an_invalid_ledger() {
    let folder = folder();
    let ledger = folder.path().join("ledger.json");
    fs::write(&ledger, r#"{"format": 1, "target": "model", "entrys": []}"#).expect("the folder is ours");
    let run = zaqarcheck(&["run", QUICK, "--known", &shown(&ledger)]).assert().code(2);
    assert!(stderr(&run).contains("entrys"), "{}", stderr(&run));
    assert_eq!(stdout(&run), "", "nothing is run");
}

#[test]
fn exit_3_a_target_that_nobody_reaches() {
    let run = zaqarcheck(&["run", QUICK, "--target", "http://127.0.0.1:1"]).assert().code(3);
    assert!(stderr(&run).contains("cannot reach 127.0.0.1:1"), "{}", stderr(&run));
}

#[test]
fn exit_3_a_report_that_can_not_be_written() {
    let folder = folder();
    let path = folder.path().join("missing/report.xml");
    let run = zaqarcheck(&["run", QUICK, "--report", &format!("junit={}", path.display())]).assert().code(3);
    assert!(stderr(&run).contains(&format!("cannot write {}", path.display())), "{}", stderr(&run));
    assert_eq!(stdout(&run), "", "nothing is run");
}

#[test]
fn exit_3_a_launched_command_that_ends() {
    check_refused("command-that-ends", 3, &["run", QUICK, "--", "sh", "-c", "exit 7", "{port}"]);
    check_refused("command-without-port", 3, &["run", QUICK, "--", "sh", "-c", "exit 7"]);
    check_refused("command-that-is-not-there", 3, &["run", QUICK, "--", "no-such-command", "{port}"]);
}

#[test]
fn exit_3_acceleration_without_its_library() {
    let mut command = zaqarcheck(&["run", QUICK, "--accelerate", "20", "--", "sh", "-c", "exit 7", "{port}"]);
    let run = command.env("ZAQARCHECK_FAKETIME", "/no/such/library.so").assert().code(3);
    check_errors("no-faketime", &run);
    assert!(stderr(&run).contains("apt-get install faketime"), "{}", stderr(&run));
}

#[test]
fn exit_5_nothing_selected() {
    check_refused("nothing-selected", 5, &["run", "policy/every-phase-onec"]);
    check_refused("nothing-selected-by-pattern", 5, &["run", "polizy/**"]);
}

#[test]
fn a_ledger_written_by_one_run_is_true_in_the_next() {
    let folder = folder();
    let ledger = shown(&folder.path().join("known/model.json"));
    let as_zaqar = ["run", "--profile", "zaqar-23.0.1"];
    zaqarcheck(&as_zaqar).assert().code(1);
    zaqarcheck(&as_zaqar).args(["--known", &ledger, "--update-known"]).assert().code(0);
    let text = stdout(&zaqarcheck(&as_zaqar).args(["--known", &ledger]).assert().code(0));
    assert!(text.contains("KNOWN") && !text.contains("STALE"), "{}", tail(&text));
    // Written again, it is the same; and the documents' model makes every entry stale.
    let before = fs::read(&ledger).expect("it was written");
    zaqarcheck(&as_zaqar).args(["--known", &ledger, "--update-known"]).assert().code(0);
    assert!(before == fs::read(&ledger).expect("it was written"), "the ledger changed");
    let text = stdout(&zaqarcheck(&["run", "--known", &ledger]).assert().code(1));
    assert!(text.contains("STALE") && !text.contains("KNOWN"), "{}", tail(&text));
}

#[test]
fn schedule_answers_line_by_line() {
    let lines = concat!(
        r#"{}"#,
        "\n",
        r#"{"function": "exponential", "minimum_delay": 1, "maximum_delay": 11}"#,
        "\n",
        r#"{"minimum_delay": 21}"#,
        "\n",
        "not JSON\n",
    );
    let answers = |profile: &str| {
        let mut command = zaqarcheck(&["schedule", "--format", "ndjson", "--profile", profile]);
        stdout(&command.write_stdin(lines).assert().code(0))
    };
    insta::assert_snapshot!("schedule-documented", answers("documented"));
    insta::assert_snapshot!("schedule-zaqar", answers("zaqar-23.0.1"));
}

/// As `zaqarcheck run | head -1` does.
#[test]
fn a_reader_that_has_left_is_no_reason_to_panic() {
    for arguments in [&["run"][..], &["schema"], &["schedule", "--format", "ndjson"]] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_zaqarcheck"));
        let command = command.args(arguments).current_dir(root());
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("the program starts");
        drop(child.stdout.take());
        // Enough to fill every buffer on the way out; a program that has ended takes no more, which is fine.
        let _ = child.stdin.take().expect("it is piped").write_all(&b"{}\n".repeat(2_000));
        let output = child.wait_with_output().expect("the program ends");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(errors, "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: what was asked for was not written");
    }
}

/// The command leaves a child behind that will not end when asked to. Standard error is inherited, so the output of the
/// program is complete only when the last of them is gone; a child that gets to its end leaves a mark.
#[test]
fn a_launched_command_is_ended_with_its_children() {
    let folder = folder();
    let started = folder.path().join("started");
    let command = r#"(trap "" TERM; sleep 20; : > "$0/survived") & : > "$0/started"; wait"#;

    let runtime = Runtime::new().expect("a runtime");
    let server = runtime.block_on(MockServer::start());
    // The server to judge is ours, so that it is there for certain; it answers once the command is under way.
    let answer = move |_: &wiremock::Request| ResponseTemplate::new(if started.exists() { 204 } else { 503 });
    runtime.block_on(Mock::given(wiremock::matchers::any()).respond_with(answer).mount(&server));

    let target = server.uri();
    let run = ["run", QUICK, "--target", &target, "--", "sh", "-c", command, &shown(folder.path())];
    let text = stdout(&zaqarcheck(&run).assert().code(1));
    assert!(text.contains(&format!("FAIL    {QUICK}")), "{text}");
    assert!(folder.path().join("started").exists(), "the command ran");
    assert!(!folder.path().join("survived").exists(), "a child of the command survived");
}

#[test]
fn mutants_names_who_catches_a_mistake_and_fails_for_one_that_nobody_catches() {
    let run = zaqarcheck(&["mutants", "signature-never-expires"]).assert().code(0);
    assert!(
        stdout(&run).contains("signature-never-expires       1  should  confirmation/link-expires\n"),
        "{}",
        stdout(&run)
    );

    let suite = folder();
    fs::create_dir(suite.path().join("queues")).expect("the folder is ours");
    for file in ["requirements.json", "queues/create.json"] {
        fs::copy(root().join("scenarios").join(file), suite.path().join(file)).expect("the folder is ours");
    }
    let arguments =
        ["mutants", "delay-doubled", "create-answers-ok", "--format", "ndjson", "--suite", &shown(suite.path())];
    let run = zaqarcheck(&arguments).assert().code(1);
    let lines = stdout(&run);
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    assert_eq!((&lines[0]["deviation"], &lines[0]["caught_by"]), (&"delay-doubled".into(), &serde_json::json!([])));
    assert_eq!(lines[1]["caught_by"], serde_json::json!(["queues/create"]));

    let refused = zaqarcheck(&["mutants", "delay-dubbled"]).assert().code(2);
    assert!(stderr(&refused).contains("did you mean delay-doubled?"), "{}", stderr(&refused));
}

/// What the program heeds, and a test must not inherit.
pub(crate) const VARIABLES: [&str; 5] =
    ["ZAQARCHECK_SUITE", "ZAQARCHECK_TARGET", "ZAQARCHECK_FAKETIME", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"];

pub(crate) fn zaqarcheck(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zaqarcheck"));
    command.args(arguments).current_dir(root()).env("NO_COLOR", "1");
    for name in VARIABLES {
        command.env_remove(name);
    }
    command
}

fn check_refused(name: &str, code: i32, arguments: &[&str]) {
    let run = zaqarcheck(arguments).assert().code(code);
    check_errors(name, &run);
}

/// Standard output, the one reading of the machine's clock replaced.
pub(crate) fn check_output(name: &str, run: &Assert) {
    insta::with_settings!({filters => [(r"run in [0-9.]+ s", "run in [wall] s")]}, {
        insta::assert_snapshot!(name, stdout(run));
    });
    assert_eq!(stderr(run), "");
}

fn check_errors(name: &str, run: &Assert) {
    insta::assert_snapshot!(name, stderr(run));
}

/// A ledger that says of one scenario that it makes no attempt.
fn ledger(folder: &Path, id: &str) -> String {
    let path = folder.join("ledger.json");
    let entry = serde_json::json!({
        "id": id, "check": "expect.deliveries[0].attempts", "seen": {"attempts": 0, "delays_s": []}, "deviations": [],
        "reason": "Made up.",
    });
    let ledger = serde_json::json!({"format": 1, "target": "model", "entries": [entry]});
    fs::write(&path, ledger.to_string()).expect("the folder is ours");
    shown(&path)
}

pub(crate) fn folder() -> TempDir {
    TempDir::new().expect("a temporary folder")
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}

pub(crate) fn stdout(run: &Assert) -> String {
    String::from_utf8(run.get_output().stdout.clone()).expect("output is UTF-8")
}

pub(crate) fn stderr(run: &Assert) -> String {
    String::from_utf8(run.get_output().stderr.clone()).expect("output is UTF-8")
}

/// The last lines of a long text.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
