//! Takes the command lines of CI pipelines.
//! Gives which cases are played, what stops a run, and what a pipeline gets to see.
//! Never needs a pipeline: variables make one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use assert_cmd::assert::Assert;

use super::cli::{folder, root, shown, stderr, stdout, zaqarcheck};
use super::scale_out::yaml;

const DEVIATION: [&str; 2] = ["--deviation", "one-retry-extra"];

/// The cases that a run tells of.
fn told(run: &Assert) -> Vec<String> {
    let verdicts = ["PASS", "FAIL", "KNOWN", "N/A", "STALE", "ERROR", "UNSURE"];
    let lines = stdout(run);
    // The blocks of failures follow the list.
    let list = lines.lines().skip(1).take_while(|line| !line.is_empty());
    let named = list.filter(|line| verdicts.iter().any(|word| line.starts_with(word)));
    named.map(|line| line.split_whitespace().nth(1).expect("an id").trim_end_matches(':').to_owned()).collect()
}

#[test]
fn shares_of_a_suite_are_disjoint_and_whole() {
    let ids = |shard: &[&str]| -> Vec<String> {
        let list = zaqarcheck(&[&["list"], shard].concat()).assert().code(0);
        stdout(&list).lines().filter_map(|line| line.split_whitespace().nth(3)).map(str::to_owned).collect()
    };
    let whole: BTreeSet<String> = ids(&[]).into_iter().collect();
    let shares = ["1/4", "2/4", "3/4", "4/4"].map(|shard| ids(&["--shard", shard]));
    assert!(shares.iter().all(|share| share.len() > whole.len() / 8), "{:?}", shares.each_ref().map(Vec::len));
    let together: BTreeSet<String> = shares.iter().flatten().cloned().collect();
    assert_eq!((shares.iter().map(Vec::len).sum::<usize>(), together), (ids(&[]).len(), whole));
    let mut command = zaqarcheck(&["list", "--shard", "auto"]);
    let auto = stdout(&command.env("CI_NODE_INDEX", "2").env("CI_NODE_TOTAL", "4").assert().code(0));
    assert_eq!(auto, stdout(&zaqarcheck(&["list", "--shard", "2/4"]).assert()));
}

#[test]
fn too_many_failures_end_a_run() {
    let run = |limit: &[&str]| {
        zaqarcheck(&[&["run", "delivery/**", "--level", "should"], &DEVIATION[..], limit].concat()).assert().code(1)
    };
    // What is only told decides nothing, and stops nothing.
    let failed = |run: &Assert| stdout(run).lines().filter(|line| line.starts_with("FAIL ")).count();
    // Each failure stands in the list and above its block.
    let all = failed(&run(&[])) / 2;
    assert!(all > 4, "{all}");
    for (limit, expected) in [(&["--fail-fast"][..], 1), (&["--max-failures", "3"], 3)] {
        let run = run(limit);
        assert_eq!(failed(&run) / 2, expected, "{limit:?}");
        assert!(stdout(&run).contains("interrupted"), "{}", stdout(&run));
        assert_eq!(told(&run).len(), told(&run).iter().collect::<BTreeSet<_>>().len());
    }
    let both = zaqarcheck(&["run", "--fail-fast", "--max-failures", "3"]).assert().code(2);
    assert!(stderr(&both).contains("cannot be used with"), "{}", stderr(&both));
}

#[test]
fn what_fits_no_time_is_not_played() {
    let run = |time: &str| {
        zaqarcheck(&["run", "policy/every-phase-once", "--target", "http://127.0.0.1:1", "--max-time", time])
    };
    let none = run("1s").assert().code(5);
    assert!(stderr(&none).contains("no case fits into 1s"), "{}", stderr(&none));
    // Given the time, it is the server that is missing.
    run("1h").assert().code(3);
    let wrong = run("soon").assert().code(2);
    assert!(stderr(&wrong).contains("--max-time"), "{}", stderr(&wrong));
}

#[test]
fn what_failed_in_the_baseline_is_no_news() {
    let folder = folder();
    let baseline = shown(&folder.path().join("baseline.ndjson"));
    let with = |more: &[&str], code| zaqarcheck(&[&["run", "policy/**"], more].concat()).assert().code(code);
    with(&[&DEVIATION[..], &["--report", &format!("ndjson={baseline}")]].concat(), 1);
    let again = with(&[&DEVIATION[..], &["--baseline", &baseline]].concat(), 0);
    assert!(stdout(&again).contains("KNOWN") && !stdout(&again).contains("FAIL"), "{}", stdout(&again));
    // Another failure at the same place is news, and so is one at another place; what works again is fine.
    with(&["--deviation", "last-retry-missing", "--baseline", &baseline], 1);
    let mended = with(&["--baseline", &baseline], 0);
    assert!(!stdout(&mended).contains("STALE"), "{}", stdout(&mended));
    with(&["--baseline", "no-such.ndjson"], 2);
}

#[test]
fn a_job_of_github_gets_annotations_and_a_summary() {
    let folder = folder();
    let summary = folder.path().join("summary.md");
    let run = |more: &[&str], code| {
        let mut command = zaqarcheck(&[&["run", "policy/every-phase-once"], more].concat());
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary);
        stdout(&command.assert().code(code))
    };
    // What is only told decides nothing, and stops nothing.
    let failed = run(&DEVIATION, 1);
    let annotation = failed.lines().find(|line| line.starts_with("::error ")).expect("it has one");
    let line = annotation.split("line=").nth(1).and_then(|rest| rest.split(',').next()).expect("it has a line");
    let scenario = fs::read_to_string(root().join("scenarios/policy/every-phase-once.json")).expect("it is there");
    let there = scenario.lines().nth(line.parse::<usize>().expect("a number") - 1).expect("the file is as long");
    assert!(
        annotation.contains("file=scenarios/policy/every-phase-once.json,") && there.contains("attempts"),
        "{annotation}"
    );
    assert!(!run(&[], 0).contains("::error"), "what passes is not annotated");
    let summary = fs::read_to_string(summary).expect("it was written");
    assert_eq!(summary.matches("# zaqarcheck against").count(), 2, "one part for each run: {summary}");
}

#[test]
fn a_report_made_later_is_the_one_the_run_made() {
    let folder = folder();
    let path = |name: &str| shown(&folder.path().join(name));
    let recording = path("run.ndjson");
    let formats = ["badge", "html", "junit", "markdown", "ndjson", "tap", "text"];
    let mut arguments = vec!["run".to_owned(), "policy/**".into()];
    arguments.extend(DEVIATION.map(str::to_owned));
    for format in formats {
        arguments.extend(["--report".to_owned(), format!("{format}={}", path(&format!("run.{format}")))]);
    }
    zaqarcheck(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).assert().code(1);
    for format in formats {
        let made = zaqarcheck(&["report", &recording, "--format", format]).assert().code(0);
        let then = fs::read_to_string(path(&format!("run.{format}"))).expect("it was written");
        assert!(stdout(&made) == then, "{format}: the two differ");
        let file = path("later");
        zaqarcheck(&["report", &recording, "--format", format, "--output", &file]).assert().code(0);
        assert!(fs::read_to_string(file).expect("it was written") == then, "{format}: the file differs");
    }
    zaqarcheck(&["report", &recording, "--output", "no/such/folder/x"]).assert().code(3);
    let unknown = zaqarcheck(&["report", &recording, "--format", "pdf"]).assert().code(2);
    assert!(stderr(&unknown).contains("expected one of badge, html"), "{}", stderr(&unknown));
}

/// Runs a line of a pipeline in a folder of its own, on the model, and gives what it leaves there.
fn left_by(line: &str, variables: &[(&str, &str)]) -> BTreeSet<String> {
    let folder = folder();
    let program = Path::new(env!("CARGO_BIN_EXE_zaqarcheck")).parent().expect("it is in a folder");
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(folder.path()).env("ZAQARCHECK_TARGET", "model");
    shell.env("PATH", format!("{}:{}", program.display(), env!("PATH"))).envs(variables.iter().copied());
    let run = shell.env("ZAQARCHECK_SUITE", root().join("scenarios")).output().expect("there is a shell");
    assert!(run.status.success(), "{line}: {}", String::from_utf8_lossy(&run.stderr));
    let files = fs::read_dir(folder.path()).expect("it is there").map(|file| file.expect("it can be read").file_name());
    files.map(|name| name.to_string_lossy().into_owned()).collect()
}

#[test]
fn the_pipelines_of_the_readme_leave_what_they_collect() {
    let action = yaml("runs");
    let steps = &action["runs"]["steps"];
    let text = |value: &serde_json::Value| value.as_str().expect("it is text").to_owned();
    let of_time = [("MAX_TIME", &*text(&action["inputs"]["time"]["default"]))];
    let left = left_by(&text(&steps[0]["run"]), &of_time);
    let collected = text(&steps[1]["with"]["path"]);
    assert!(left.len() == 2 && left.iter().all(|name| name.starts_with(collected.trim_end_matches('*'))), "{left:?}");

    let job = &yaml("conformance")["conformance"];
    let jobs = job["parallel"].to_string();
    for index in 1..=job["parallel"].as_u64().expect("a number") {
        let node = [("CI_NODE_INDEX", &*index.to_string()), ("CI_NODE_TOTAL", &*jobs)];
        let left = left_by(&text(&job["script"][0]), &node);
        let collected = job["artifacts"]["paths"].as_array().expect("a list").iter().map(text).collect();
        assert_eq!(left, collected);
        assert!(left.contains(&text(&job["artifacts"]["reports"]["junit"])));
    }
}
