//! Takes a text and the file that holds what it should be.
//! Gives nothing if they are equal; with `UPDATE_EXPECT=1` it writes the file instead.
//! Never forgives a difference in white space.

use std::path::Path;
use std::{env, fs};

#[track_caller]
pub(crate) fn check_file(path: &Path, observed: &str) {
    if env::var_os("UPDATE_EXPECT").is_some_and(|value| value == "1") {
        fs::write(path, observed).unwrap_or_else(|error| panic!("can't write {}: {error}", path.display()));
        return;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert!(
        expected == observed,
        "{} differs; UPDATE_EXPECT=1 rewrites it\n--- expected\n{expected}--- observed\n{observed}",
        path.display()
    );
}
