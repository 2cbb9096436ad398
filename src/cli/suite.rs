//! Takes nothing.
//! Gives the suite that is meant when nobody names one.
//! Never prefers the one in this program to one that lies here.

use std::path::Path;

use crate::runner::BUILTIN;

/// The folder that a suite is looked for in.
const FOLDER: &str = "scenarios";

/// `scenarios`, if there is such a folder here, or else the suite in this program.
pub(super) fn default_suite() -> &'static str {
    if Path::new(FOLDER).is_dir() { FOLDER } else { BUILTIN }
}
