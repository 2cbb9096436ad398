//! Takes the commands of the documents, one after the other.
//! Gives what they do in a new folder, and that their output is what stands below them.
//! Never leaves a command out in silence: one that is not played here names who plays it.

use std::fs;

use regex::Regex;
use tempfile::TempDir;

use crate::cli::{folder, root};
use crate::first::in_shell;
use crate::serve::Server;

/// What would take a network, a real Zaqar, or another program, and the file that plays it.
const ELSEWHERE: [(&str, &str); 15] = [
    ("cargo test", ".ci/run"),
    ("cargo install", ".ci/run"),
    ("zaqarcheck run --accelerate 20 -- my-server", "tests/it/target.rs"),
    ("tests/real-zaqar/setup", ".ci/run"),
    ("zaqarcheck run --accelerate 20 --known", ".ci/run"),
    ("zaqarcheck matrix", "tests/it/matrix.rs"),
    ("zaqarcheck run --target turmoil", "tests/it/engines.rs"),
    ("zaqarcheck serve", "tests/it/serve.rs"),
    ("zaqar-bench", "tests/clients/check"),
    ("parallel", "tests/it/scale_out.rs"),
    ("sbatch", "tests/it/scale_out.rs"),
    ("zaqarcheck explore --merge", "tests/it/scale_out.rs"),
    ("zaqarcheck fleet verify tests/fleet/ten-dead", ".ci/run"),
    ("zaqarcheck record --target", "tests/it/record.rs"),
    ("zaqarcheck record --accelerate", ".ci/run"),
];

/// What takes a toolchain that need not be there, or other releases of Zaqar: tried by hand.
const BY_HAND: [&str; 4] = [
    "rustup target",
    "cargo build --release --target",
    "tests/real-zaqar/setup 22.0.0",
    "zaqarcheck run --accelerate 20 --report",
];

/// Those that end otherwise than with 0, as what they are about says; the run that is judged was only of a part.
const CODES: [(&str, i32); 7] = [
    ("zaqarcheck judge run.ndjson", 3),
    ("zaqarcheck run --profile zaqar-23.0.1 --report", 1),
    ("zaqarcheck explore --deviation", 1),
    ("zaqarcheck run found/", 1),
    ("zaqarcheck replay 3", 1),
    ("zaqarcheck diff run.ndjson", 1),
    ("zaqarcheck schedule lint", 1),
];

#[test]
fn every_command_of_the_documents_is_played() {
    let (folder, server) = (beside_the_tests(), Server::start(&[]));
    let mut played = 0;
    for (command, shown) in documents().flat_map(|document| commands(&document)) {
        // Where output is shown, the other test looks at it.
        if shown.is_some() || is_not_for_here(&command) {
            continue;
        }
        let (observed, text) = in_shell(folder.path(), &shortened(&command, &server.url));
        let code = CODES.iter().find(|(start, _)| command.starts_with(start)).map_or(0, |(_, code)| *code);
        assert_eq!(observed, Some(code), "{command}\n{text}");
        played += 1;
    }
    assert!(played > 25, "only {played}");
    assert!(folder.path().join("man1/zaqarcheck-run.1").exists());
}

#[test]
fn who_plays_a_command_elsewhere_is_there() {
    let said: Vec<String> = documents().flat_map(|document| commands(&document)).map(|(command, _)| command).collect();
    for (start, file) in ELSEWHERE {
        // By its last word, since each starts the program in its own way.
        let word = start.split([' ', '/']).next_back().expect("there is one");
        assert!(read(file).contains(word), "{file} does not speak of {word}");
    }
    for start in ELSEWHERE.iter().map(|(start, _)| start).chain(&BY_HAND) {
        assert!(said.iter().any(|command| command.starts_with(start)), "no document says {start}");
    }
}

fn is_not_for_here(command: &str) -> bool {
    let mut starts = ELSEWHERE.iter().map(|(start, _)| start).chain(&BY_HAND);
    starts.any(|start| command.starts_with(start))
}

#[test]
fn what_the_readme_shows_is_true() {
    let (folder, mut shown) = (beside_the_tests(), 0);
    for (command, expected) in commands(&read("README.md")) {
        let Some(expected) = expected.filter(|_| !is_not_for_here(&command)) else { continue };
        let (_, observed) = in_shell(folder.path(), &shortened(&command, ""));
        assert!(pattern(&expected).is_match(observed.trim_end()), "{command}\n{observed}\nis not\n{expected}");
        shown += 1;
    }
    assert_eq!(shown, 13);
}

/// A new folder from which the worlds of the tests are where the documents say.
fn beside_the_tests() -> TempDir {
    let folder = folder();
    std::os::unix::fs::symlink(root().join("tests"), folder.path().join("tests")).expect("the folder is new");
    folder
}

/// What is shown, as a pattern: `...` stands for anything, and no machine is as fast as another.
fn pattern(shown: &str) -> Regex {
    let literal = regex::escape(shown).replace(r"\.\.\.", "(?s:.*)");
    let took = Regex::new(r"run in [0-9\\.]+ s").expect("it is one");
    Regex::new(&format!("^{}$", took.replace_all(&literal, "run in [0-9.]+ s"))).expect("what is escaped is a pattern")
}

fn documents() -> impl Iterator<Item = String> {
    ["README.md", "scenarios/README.md", "CONTRIBUTING.md"].into_iter().map(read)
}

fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).expect("the document is there")
}

/// The commands of a document, without comments; where a console is shown, with what stands below each.
fn commands(document: &str) -> Vec<(String, Option<String>)> {
    let block = Regex::new(r"(?s)```(sh|console)\n(.*?)\n```").expect("it is one");
    let mut commands = Vec::new();
    for block in block.captures_iter(document) {
        let end = if &block[1] == "sh" { "\n" } else { "\n$ " };
        for shown in block[2].split(end).filter(|line| !line.is_empty()) {
            let (command, output) = shown.split_once('\n').unwrap_or((shown, ""));
            let command =
                command.trim_start_matches("$ ").split("   #").next().expect("there is a first part").trim_end();
            let command = command.replacen("cargo run --release --", "zaqarcheck", 1);
            commands.push((command, (!output.is_empty()).then(|| output.to_owned())));
        }
    }
    commands
}

/// A command as it is played here: by the server of the test, and less of it.
fn shortened(command: &str, server: &str) -> String {
    let mut command = command.replace("http://127.0.0.1:8888", server).replace("$(git rev-parse HEAD)", "2e70433");
    for seeds in ["10000", "2000"] {
        command = command.replace(&format!("--seeds {seeds}"), "--seeds 20");
    }
    if command.starts_with("zaqarcheck explore --deviation") {
        command += " --seeds 20";
    }
    if !server.is_empty() && command.contains(server) {
        let scale = if command.contains("--time-scale") { "" } else { " --time-scale 20" };
        command += &format!("{scale} 'validation/*'");
    }
    command
}
