//! Takes every file of `tests/invalid`, each wrong on purpose.
//! Gives what is said about it, and compares that with the `.err` file beside it.
//! Never accepts one of them: a file that passes has lost its mistake or the parser a check.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use zaqarcheck::scenario::{Look, Register, parse, render};

use crate::expect_file::check_file;

#[test]
fn wrong_scenarios_are_refused_with_the_words_beside_them() {
    for path in files_with("json") {
        let text = read(&path);
        let slug = path.file_stem().expect("the file has a name").to_string_lossy();
        let file = format!("tests/invalid/{slug}.json");
        let Err(diagnostics) = parse(&format!("invalid/{slug}"), &file, &text, &register()) else {
            panic!("{file} is accepted");
        };
        assert!(!diagnostics.is_empty(), "{file} is refused without a word");
        check_file(&path.with_extension("err"), &render(&diagnostics, &text, Look::Plain));
    }
}

#[test]
fn every_err_file_has_its_scenario() {
    let scenarios: BTreeSet<_> = files_with("json").map(|path| path.with_extension("err")).collect();
    let lonely: Vec<_> = files_with("err").filter(|path| !scenarios.contains(path)).collect();
    assert!(lonely.is_empty(), "without a scenario: {lonely:?}");
    assert!(scenarios.len() >= 30, "only {} scenarios are left", scenarios.len());
}

/// A text that is one character short is read or refused, with a place inside it, and never a panic.
#[test]
fn texts_with_a_character_missing_are_read_or_refused() {
    for path in files_with("json") {
        let text = read(&path);
        for (start, character) in text.char_indices().step_by(7) {
            let shorter = format!("{}{}", &text[..start], &text[start + character.len_utf8()..]);
            let diagnostics = parse("a/b", "a/b.json", &shorter, &register()).err().unwrap_or_default();
            for diagnostic in &diagnostics {
                assert!(shorter.get(diagnostic.range.clone()).is_some(), "{diagnostic:?} is not within {shorter}");
            }
            let place = |line: &&str| line.trim_start().starts_with("--> a/b.json:");
            let rendered = render(&diagnostics, &shorter, Look::Plain);
            let shown: Vec<_> = rendered.lines().filter(place).map(|line| line.trim_start().to_owned()).collect();
            let told: Vec<_> = diagnostics.iter().map(|it| format!("--> a/b.json:{}:{}", it.line, it.column)).collect();
            assert_eq!(told, shown, "line and column are not those of the rendering");
        }
    }
}

pub(crate) fn files_with(extension: &str) -> impl Iterator<Item = PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/invalid");
    let entries = fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("it can be read").path());
    let sorted: BTreeSet<PathBuf> = entries.filter(|path| path.extension().is_some_and(|it| it == extension)).collect();
    sorted.into_iter()
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("can't read {}: {error}", path.display()))
}

/// A register of its own, so that the words do not change with the real one.
pub(crate) fn register() -> Register {
    let text = r#"[
        {"id": "policy-defaults", "level": "must", "source": "guide", "locator": "1", "text": "Defaults."},
        {"id": "retry-after-5xx", "level": "should", "source": "spec", "locator": "2", "text": "Retries."}
    ]"#;
    Register::parse("requirements.json", text).expect("the register is right")
}
