//! Takes a picture as SVG, and the name of a file.
//! Gives the file, as SVG or PNG after what the name ends in.
//! Never guesses: another ending is refused before anything is computed.

use std::fs;
use std::path::{Path, PathBuf};

use super::Error;
use crate::report::schedule::png;

/// A path that ends in .svg or .png.
pub(super) fn parse_plot(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let svg = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("svg"));
    if svg || is_png(&path) { Ok(path) } else { Err("the name must end in .svg or .png".into()) }
}

pub(super) fn write_plot(path: &Path, svg: &str) -> Result<(), Error> {
    let bytes = if is_png(path) { png(svg) } else { svg.as_bytes().to_vec() };
    write_file(path, &bytes)
}

pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|source| Error::Write { path: path.display().to_string(), source })
}

fn is_png(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"))
}
