//! Takes the program in a folder where nothing of this project lies.
//! Gives what somebody sees who has just installed it.
//! Never depends on the folder that the tests run in.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

use crate::cli::{VARIABLES, folder, root, shown, stderr, stdout, zaqarcheck};

/// The program in another folder.
pub(crate) fn elsewhere(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = zaqarcheck(arguments);
    command.current_dir(folder);
    command
}

/// A command as a user types it: its exit code, and everything that it writes.
pub(crate) fn in_shell(folder: &Path, command: &str) -> (Option<i32>, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_zaqarcheck")).parent().expect("it is in a folder");
    let path = format!("{}:{}", program.display(), env!("PATH"));
    let script = format!("{command} 2>&1");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).env("PATH", path).current_dir(folder);
    for name in VARIABLES {
        shell.env_remove(name);
    }
    let output = shell.output().expect("there is a shell");
    (output.status.code(), String::from_utf8(output.stdout).expect("output is UTF-8"))
}

#[test]
fn the_suite_is_in_the_program() {
    let empty = folder();
    let text = |arguments: &[&str]| stdout(&elsewhere(empty.path(), arguments).assert().code(0));
    for verb in [&["list"][..], &["coverage"], &["show", "delivery/timeout-is-retried"]] {
        let here = stdout(&zaqarcheck(verb).assert().code(0)).replace("scenarios/", "builtin:");
        assert_eq!(text(verb), here, "{verb:?}");
    }
    assert!(text(&["show", "delivery/timeout-is-retried"]).contains("; builtin:delivery/timeout-is-retried.json\n"));
    let whole = |text: &str| text.lines().last().map(str::to_owned);
    let (here, there) = (stdout(&zaqarcheck(&["run"]).assert().code(0)), text(&["run"]));
    assert_eq!(whole(&there), whole(&here));
    assert!(text(&["lint", "--tag", "queues"]).contains("nothing to complain about"));
    assert!(text(&["mutants", "signature-never-expires"]).contains("confirmation/link-expires"));
    assert!(text(&["known", "check", "builtin:known/zaqar-23.0.1.json"]).contains(" 0 mistakes"));
    assert!(text(&["replay", "builtin:queues/create.json"]).contains("queues/create"));
    assert!(fs::read_dir(empty.path()).expect("it is there").next().is_none(), "nothing was written");
}

#[test]
fn a_case_is_repeated_from_the_same_suite() {
    let empty = folder();
    let failing = ["run", "policy/every-phase-once", "--deviation", "one-retry-extra"];
    let text = stdout(&elsewhere(empty.path(), &failing).assert().code(1));
    let rerun = text.lines().find_map(|line| line.trim().strip_prefix("rerun ")).unwrap_or_else(|| panic!("{text}"));
    assert!(!rerun.contains("--suite"), "{rerun}");
    assert_eq!(in_shell(empty.path(), rerun).0, Some(1), "{rerun}");
    let named = stdout(&zaqarcheck(&[&failing[..], &["--suite", "builtin:"]].concat()).assert().code(1));
    assert!(named.contains("--suite builtin:"), "{named}");
}

#[test]
fn what_is_not_in_the_program_is_said_to_be_missing() {
    let empty = folder();
    let refused = elsewhere(empty.path(), &["run", "builtin:queues/creat.json"]).assert().code(2);
    assert!(stderr(&refused).contains("cannot read builtin:queues/creat.json: "), "{}", stderr(&refused));
    let refused = elsewhere(empty.path(), &["run", "queues/creat"]).assert().code(5);
    assert!(stderr(&refused).contains("did you mean queues/create?"), "{}", stderr(&refused));
}

#[test]
fn an_exported_suite_is_the_suite() {
    let empty = folder();
    let export = |arguments: &[&str]| elsewhere(empty.path(), &[&["scenarios", "export"], arguments].concat());
    let said = stdout(&export(&["scenarios"]).assert().code(0));
    let folder = empty.path().join("scenarios");
    let text = stdout(&elsewhere(empty.path(), &["run"]).assert().code(0));
    assert_eq!(text.lines().last(), stdout(&zaqarcheck(&["run"]).assert().code(0)).lines().last());
    assert!(
        stdout(&elsewhere(empty.path(), &["list", "--format", "json"]).assert().code(0)).contains("scenarios/queues")
    );
    // The same once more is nothing new; what somebody has changed stays, and so does all the rest.
    assert_eq!(stdout(&export(&["scenarios"]).assert().code(0)), said);
    let (mine, other) = (folder.join("queues/create.json"), folder.join("queues/delete.json"));
    fs::write(&mine, "mine").expect("the folder is ours");
    fs::remove_file(&other).expect("the folder is ours");
    let refused = export(&["scenarios"]).assert().code(2);
    assert!(
        stderr(&refused).contains("scenarios/queues/create.json is there and differs, 1 such"),
        "{}",
        stderr(&refused)
    );
    assert_eq!(fs::read_to_string(&mine).expect("it is there"), "mine");
    assert!(!other.exists(), "all or nothing");
    export(&["scenarios", "--force"]).assert().code(0);
    assert_ne!(fs::read_to_string(&mine).expect("it is there"), "mine");
    elsewhere(empty.path(), &["lint", "--tag", "queues"]).assert().code(0);
}

/// Editors find the schema of an exported scenario where the scenario says it is.
#[test]
fn an_exported_scenario_names_its_schema() {
    let exported = folder();
    zaqarcheck(&["scenarios", "export", &shown(exported.path())]).assert().code(0);
    let scenario = exported.path().join("queues/create.json");
    let text = fs::read_to_string(&scenario).expect("it was written");
    let value: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    let schema = scenario.parent().expect("it has one").join(value["$schema"].as_str().expect("it names one"));
    let here = root().join("src/scenario/scenario.schema.json");
    assert_eq!(fs::read(schema).expect("it was written"), fs::read(here).expect("it is there"));
}
