//! Takes what the README says about exploring on many machines.
//! Gives nothing if the YAML is YAML, and if its shards, played as the scheduler would, come to what one run writes.
//! Never asks a scheduler: its variables are set as it sets them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use regex::Regex;
use serde_json::Value;
use tempfile::TempDir;

/// A commit, as both CI services name it.
const COMMIT: &str = "ef8631899e00000000000000000000000000abcd";

#[test]
fn the_shards_of_a_kubernetes_job_are_one_run() {
    let job = yaml("kind");
    let spec = &job["spec"];
    assert_eq!((&spec["completionMode"], &spec["completions"]), (&"Indexed".into(), &8.into()));
    let container = &spec["template"]["spec"]["containers"][0];
    assert_eq!(container["command"], serde_json::json!(["sh", "-c"]));
    let (total, folder) = (&container["env"][0], TempDir::new().expect("a temporary folder"));
    assert_eq!(total["value"].as_str().map(str::to_owned), spec["completions"].as_u64().map(|count| count.to_string()));
    let line = text(&container["args"][0]).replace("/shards/", "");
    let index = |number: usize| vec![("JOB_COMPLETION_INDEX", number.to_string()), pair(total)];
    check(folder.path(), &line, index);
    assert_eq!(merged(folder.path(), "zaqarcheck explore --merge shard-*.ndjson"), whole("0"));
}

fn pair(variable: &Value) -> (&'static str, String) {
    assert_eq!(text(&variable["name"]), "JOB_COMPLETIONS");
    ("JOB_COMPLETIONS", text(&variable["value"]))
}

#[test]
fn the_shards_of_github_actions_are_one_run() {
    let jobs = &yaml("jobs")["jobs"];
    let shards = serde_json::json!([1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(jobs["explore"]["strategy"]["matrix"]["shard"], shards);
    let folder = TempDir::new().expect("a temporary folder");
    let line = text(&jobs["explore"]["steps"][2]["run"]).replace("${{ matrix.shard }}", "$SHARD");
    check(folder.path(), &line, |number| vec![("SHARD", (number + 1).to_string()), ("GITHUB_SHA", COMMIT.to_owned())]);
    assert_eq!(merged(folder.path(), &text(&jobs["merge"]["steps"][3]["run"])), whole(COMMIT));
}

#[test]
fn the_shards_of_gitlab_are_one_run() {
    let jobs = yaml("merge");
    assert_eq!(jobs["explore"]["parallel"], 8);
    let folder = TempDir::new().expect("a temporary folder");
    check(folder.path(), &text(&jobs["explore"]["script"][0]), |number| {
        let (index, total) = ((number + 1).to_string(), "8".to_owned());
        vec![("CI_NODE_INDEX", index), ("CI_NODE_TOTAL", total), ("CI_COMMIT_SHA", COMMIT.to_owned())]
    });
    assert_eq!(merged(folder.path(), &text(&jobs["merge"]["script"][0])), whole(COMMIT));
}

#[test]
fn the_shards_of_gnu_parallel_and_of_slurm_are_one_run() {
    let readme = readme();
    let line = |start: &str| readme.lines().find(|line| line.starts_with(start)).expect("the README has the line");
    let folder = TempDir::new().expect("a temporary folder");
    let parallel = line("parallel ").trim_start_matches("parallel ").replace("'>'", ">").replace("{}", "$NUMBER");
    let (command, numbers) = parallel.split_once(" ::: ").expect("parallel is told its arguments");
    assert_eq!(numbers, "1 2 3 4 5 6 7 8");
    check(folder.path(), command, |number| vec![("NUMBER", (number + 1).to_string())]);
    assert_eq!(merged(folder.path(), "zaqarcheck explore --merge shard-*.ndjson"), whole("0"));
    let folder = TempDir::new().expect("a temporary folder");
    let slurm = line("sbatch --array=0-7 --wrap '").split('\'').nth(1).expect("what sbatch wraps is quoted");
    check(folder.path(), slurm, |number| {
        let (id, count) = (number.to_string(), "8".to_owned());
        vec![("SLURM_ARRAY_TASK_ID", id), ("SLURM_ARRAY_TASK_COUNT", count), ("SLURM_ARRAY_TASK_MIN", "0".to_owned())]
    });
    assert_eq!(merged(folder.path(), line("zaqarcheck explore --merge")), whole("0"));
}

#[test]
fn a_share_that_no_scheduler_names_is_refused() {
    let folder = TempDir::new().expect("a temporary folder");
    let auto = |variables: &[(&'static str, String)]| {
        let output = shell(folder.path(), "zaqarcheck explore --seeds 8 --shard auto --format ndjson", variables);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let set = |name, value: &str| (name, value.to_owned());
    assert_eq!(auto(&[]).0, Some(2));
    // GitLab counts from 1, Kubernetes from 0.
    assert_eq!(auto(&[set("CI_NODE_INDEX", "0"), set("CI_NODE_TOTAL", "8")]).0, Some(2));
    assert_eq!(auto(&[set("CI_NODE_INDEX", "8"), set("CI_NODE_TOTAL", "8")]).0, Some(0));
    assert_eq!(auto(&[set("JOB_COMPLETION_INDEX", "8"), set("JOB_COMPLETIONS", "8")]).0, Some(2));
    assert_eq!(auto(&[set("JOB_COMPLETION_INDEX", "0"), set("JOB_COMPLETIONS", "8")]).0, Some(0));
    let (code, said) = auto(&[set("JOB_COMPLETION_INDEX", "0")]);
    assert!(code == Some(2) && said.contains("with their totals"), "{code:?}: {said}");
}

/// Plays all eight shards with what a scheduler would set for each.
#[track_caller]
fn check(folder: &Path, line: &str, variables: impl Fn(usize) -> Vec<(&'static str, String)>) {
    for number in 0..8 {
        let output = shell(folder, &few(line), &variables(number));
        assert_eq!(
            output.status.code(),
            Some(0),
            "{line}, shard {number}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert_eq!(fs::read_dir(folder).expect("the folder is there").count(), 8);
}

/// So few seeds that eight shards have unequal shares.
const SEEDS: &str = "--seeds 21";

fn few(line: &str) -> String {
    let seeds = Regex::new("--seeds [0-9]+").expect("it is right");
    match seeds.is_match(line) {
        true => seeds.replace(line, SEEDS).into_owned(),
        false => line.replace("explore ", &format!("explore {SEEDS} ")),
    }
}

fn merged(folder: &Path, line: &str) -> String {
    stdout(&shell(folder, &format!("{line} --format ndjson"), &[]))
}

fn whole(from: &str) -> String {
    let folder = TempDir::new().expect("a temporary folder");
    let written =
        stdout(&shell(folder.path(), &format!("zaqarcheck explore --from {from} {SEEDS} --format ndjson"), &[]));
    assert_eq!(written.lines().count(), 23, "a header, seeds, a summary");
    written
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the lines are UTF-8")
}

fn shell(folder: &Path, line: &str, variables: &[(&'static str, String)]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_zaqarcheck")).parent().expect("it is in a folder");
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(folder);
    for name in ["JOB_COMPLETION_INDEX", "CI_NODE_INDEX", "SLURM_ARRAY_TASK_ID"] {
        command.env_remove(name);
    }
    command
        .env("PATH", format!("{}:{}", program.display(), env!("PATH")))
        .env("ZAQARCHECK_SUITE", root().join("scenarios"));
    command.envs(variables.iter().map(|(name, value)| (name, value))).output().expect("there is a shell")
}

/// The block of the README whose document has this key.
pub(crate) fn yaml(key: &str) -> Value {
    let readme = readme();
    let blocks = readme.split("```yaml\n").skip(1).map(|rest| rest.split("\n```").next().unwrap_or_default());
    let documents = blocks.map(|block| {
        serde_saphyr::from_str::<Value>(block).unwrap_or_else(|error| panic!("not YAML: {error}\n{block}"))
    });
    documents.into_iter().find(|document| document.get(key).is_some()).expect("the README has such a document")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("the README is there")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
