//! Takes the README.
//! Gives the output of the commands that it shows, which must be what stands below them.
//! Never runs a command that needs more than this program.

use std::fs;
use std::path::Path;

use crate::cli::root;

/// Runs every `$ zaqarcheck VERB ...` of the README and compares its output with what stands below it; tells how many
/// there are.
#[track_caller]
pub(crate) fn check_shown(verb: &str) -> usize {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README is there");
    let program = Path::new(env!("CARGO_BIN_EXE_zaqarcheck"));
    let mut seen = 0;
    for shown in readme.split("\n$ ").filter(|shown| shown.starts_with(&format!("zaqarcheck {verb} "))) {
        let (command, rest) = shown.split_once('\n').expect("a command has output");
        let expected = rest.split("\n```").next().expect("the block ends");
        let path = format!("{}:{}", program.parent().expect("it is in a folder").display(), env!("PATH"));
        let script = format!("{command} 2>&1");
        let run = std::process::Command::new("sh").args(["-c", &script]).env("PATH", path).current_dir(root()).output();
        let output = String::from_utf8(run.expect("there is a shell").stdout).expect("output is UTF-8");
        assert_eq!(output.trim_end(), expected, "{command}");
        seen += 1;
    }
    seen
}
