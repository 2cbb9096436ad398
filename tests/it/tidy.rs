//! Takes the repository's own files.
//! Gives nothing if they keep the rules of the house that no compiler enforces.
//! Never looks at meaning: lines, paths and words.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The house: a module may use itself and those below it, never one above.
const HOUSE: [&[&str]; 19] = [
    &["cli"],
    &["report"],
    &["explore"],
    &["runner"],
    &["sim"],
    &["front"],
    &["target"],
    &["subscriber"],
    &["client"],
    &["clock"],
    // The edge is above this line, what is pure is below it.
    &["judge"],
    &["fleet"],
    &["schedule"],
    &["scenario"],
    &["wire"],
    &["model"],
    &["policy"],
    &["protocol"],
    &["time", "rng", "spelling"],
];

const PURE: [&str; 11] =
    ["judge", "fleet", "schedule", "scenario", "wire", "model", "policy", "protocol", "time", "rng", "spelling"];

/// What a pure module has no business with.
const IMPURE: [&str; 12] = [
    "tokio",
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::thread",
    "println!",
    "print!",
    "Instant::now",
    "SystemTime",
    "HashMap",
    "HashSet",
];

const LINES_MAX: usize = 500;

/// Written in two halves, so that this file does not trip over itself.
const UNFINISHED: [&str; 4] =
    [concat!("to", "do!("), concat!("unimpl", "emented!("), concat!("#[ig", "nore"), concat!("db", "g!(")];

/// What belongs to where this was written, not to what was written.
const FOREIGN: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("../sha", "red"), concat!("sand", "box"), concat!("sub", "agent")];

#[test]
fn modules_use_only_what_is_below_them() {
    let mut used = 0;
    for source in sources("src") {
        let Some(user) = module_of(&source.path) else { continue };
        let floor = floor_of(&user).unwrap_or_else(|| panic!("{user} has no floor in the house"));
        for (line, name) in source.code().flat_map(|(line, text)| crate_paths(text).map(move |name| (line, name))) {
            let place = format!("{}:{line}: crate::{name}", source.path.display());
            let below = floor_of(name).unwrap_or_else(|| panic!("{place} is in no floor of the house"));
            assert!(name == user || below > floor, "{place} is not below {user}");
            used += 1;
        }
    }
    assert!(used > 100, "only {used} uses found");
}

#[test]
fn pure_modules_name_nothing_of_the_machine() {
    let mut pure = BTreeSet::new();
    for source in sources("src") {
        let Some(module) = module_of(&source.path).filter(|module| PURE.contains(&module.as_str())) else { continue };
        for (line, text) in source.code() {
            let named = IMPURE.iter().find(|name| text.contains(**name));
            assert_eq!(named, None, "{}:{line}", source.path.display());
        }
        pure.insert(module);
    }
    assert_eq!(pure.len(), PURE.len(), "{pure:?}");
}

#[test]
fn every_module_says_what_it_takes_gives_and_never_does() {
    for source in sources("src").into_iter().chain(sources("tests/it")) {
        if ["main.rs", "lib.rs"].iter().any(|name| source.path.ends_with(Path::new("src").join(name))) {
            continue;
        }
        let opening: Vec<&str> = source.text.lines().take_while(|line| line.starts_with("//!")).collect();
        let starts: Vec<&str> = opening.iter().filter_map(|line| line.split(' ').nth(1)).collect();
        let order = ["Takes", "Gives", "Never"].map(|word| starts.iter().position(|start| *start == word));
        assert!(order[0] == Some(0) && order.is_sorted() && order[2].is_some(), "{}", source.path.display());
    }
}

#[test]
fn files_stay_short_and_finished() {
    for source in ["src", "tests", "benches"].into_iter().flat_map(sources) {
        let (path, lines) = (source.path.display(), source.text.lines().count());
        assert!(lines <= LINES_MAX, "{path} has {lines} lines");
        let unfinished = UNFINISHED.iter().find(|word| source.text.contains(**word));
        assert_eq!(unfinished, None, "{path}");
    }
}

#[test]
fn scenario_names_are_kebab_case() {
    let kebab = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        text.split('-').all(|word| !word.is_empty() && word.bytes().all(plain))
    };
    let mut seen = 0;
    for path in files(&root().join("scenarios")) {
        let below = path.strip_prefix(root().join("scenarios")).expect("it is below").to_path_buf();
        // Ledgers are called after their targets.
        if below.starts_with("known") || below.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let id = below.with_extension("").display().to_string();
        assert!(id.split('/').all(kebab), "{id}");
        seen += 1;
    }
    assert!(seen > 200, "only {seen} files");
}

#[test]
fn nothing_speaks_of_where_it_was_written() {
    let mut read = 0;
    for folder in ["src", "tests", "benches", "scenarios", "docs", "reports", "examples", ".github"] {
        for path in files(&root().join(folder)) {
            check_words(&path);
            read += 1;
        }
    }
    let top = fs::read_dir(root()).expect("the repository is there").map(|entry| entry.expect("it can be read").path());
    for path in top.filter(|path| path.is_file()) {
        check_words(&path);
    }
    assert!(read > 300, "only {read} files");
}

fn check_words(path: &Path) {
    let text = fs::read(path).unwrap_or_else(|error| panic!("can't read {}: {error}", path.display()));
    let text = String::from_utf8_lossy(&text).to_lowercase();
    let word = FOREIGN.iter().find(|word| text.contains(**word));
    assert_eq!(word, None, "{}", path.display());
}

/// A Rust file.
struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// Lines that are no comments, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = (1..).zip(self.text.lines().map(str::trim_start));
        lines.filter(|(_, line)| !line.starts_with("//"))
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let read = |path: PathBuf| Source { text: fs::read_to_string(&path).expect("a source is UTF-8"), path };
    files(&root().join(folder)).into_iter().filter(rust).map(read).collect()
}

/// Every file below a folder; none if there is no such folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The module below `src` that a file belongs to; none for `main.rs` and `lib.rs`.
fn module_of(path: &Path) -> Option<String> {
    let below = path.strip_prefix(root().join("src")).expect("it is below");
    let module = below.iter().next()?.to_str()?.trim_end_matches(".rs");
    (!["main", "lib"].contains(&module)).then(|| module.to_owned())
}

/// Counted from the roof.
fn floor_of(module: &str) -> Option<usize> {
    HOUSE.iter().position(|floor| floor.contains(&module))
}

/// The first names of `crate::` paths in a line.
fn crate_paths(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("crate::").map(|(at, word)| {
        let rest = &line[at + word.len()..];
        rest.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next().unwrap_or_default()
    })
}
