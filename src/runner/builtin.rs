//! Takes paths that begin with `builtin:`.
//! Gives the files of the suite that this program holds in itself, so that it works in any folder.
//! Never reads a disk.

use std::path::{Path, PathBuf};

/// The root of the suite in this program, as `--suite` names it.
pub const BUILTIN: &str = "builtin:";

/// Every file of the suite in this program, by its path below the root: scenarios, the register, ledgers, the README.
pub fn builtin_files() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().copied()
}

/// The path below the root of the suite in this program, if the path leads there.
pub(super) fn below(path: &Path) -> Option<&str> {
    path.to_str()?.strip_prefix(BUILTIN)
}

/// The text of a file in this program.
pub(super) fn text(below: &str) -> Option<&'static str> {
    FILES.binary_search_by_key(&below, |(name, _)| name).ok().map(|found| FILES[found].1)
}

/// The path of a file of the suite at `root`, wherever that is.
pub fn in_suite(root: &Path, below: &str) -> PathBuf {
    if is_builtin(root) { format!("{BUILTIN}{below}").into() } else { root.join(below) }
}

/// Whether a path leads somewhere, or into this program.
pub fn is_there(path: &Path) -> bool {
    below(path).is_some() || path.exists()
}

/// Whether a root is the suite in this program.
pub fn is_builtin(root: &Path) -> bool {
    root.as_os_str() == BUILTIN
}

/// Made by `build.rs`, in the order of names.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_found_by_its_name() {
        assert!(FILES.is_sorted_by(|one, other| one.0 < other.0), "a binary search needs their order");
        for (name, expected) in builtin_files() {
            assert_eq!(
                text(below(&in_suite(Path::new(BUILTIN), name)).expect("it is within")),
                Some(expected),
                "{name}"
            );
        }
        assert_eq!(text("requirements.jsn"), None);
        assert_eq!(below(Path::new("scenarios/queues/create.json")), None);
    }
}
