//! Takes the path of a ledger.
//! Gives it read, or written.
//! Never takes a file that is not there for an empty ledger, unless it is about to be written.

use std::io;
use std::path::Path;

use super::Error;
use super::output::write_file;
use crate::runner::{Ledger, Planned, SuiteError, read_text};

/// The ledger and its text.
pub(super) fn read_ledger(path: &Path) -> Result<(Ledger, String), Error> {
    let shown = path.display().to_string();
    let text = read_text(path)?;
    match Ledger::parse(&shown, &text) {
        Ok(ledger) => Ok((ledger, text)),
        Err(found) => Err(SuiteError::flawed(text, found).into()),
    }
}

/// The ledger; nothing if there is no such file, which is to be written.
pub(super) fn read_ledger_to_update(path: &Path) -> Result<Option<Ledger>, Error> {
    match read_ledger(path) {
        Ok((ledger, _)) => Ok(Some(ledger)),
        Err(Error::Suite(SuiteError::Read { source, .. })) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn write_ledger(path: &Path, ledger: &Ledger) -> Result<(), Error> {
    write_file(path, &ledger.to_text())
}

/// Entries that speak of no selected case; `whole` says that the whole suite was selected. A part of it says nothing
/// about entries of the rest.
pub(super) fn unmatched(ledger: Option<&Ledger>, plan: &[Planned], whole: bool) -> Vec<String> {
    let unknown = |id: &String| !plan.iter().any(|planned| planned.case.id == *id);
    let ids = ledger.into_iter().flat_map(|ledger| &ledger.entries).map(|entry| entry.id.clone());
    if whole { ids.filter(unknown).collect() } else { Vec::new() }
}
