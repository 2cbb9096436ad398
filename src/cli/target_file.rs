//! Takes what `--target` names.
//! Gives the target file, if it is one, with its paths as seen from here.
//! Never prints a secret that the environment holds for it.

use std::path::Path;

use super::Error;
use crate::runner::{SuiteError, read_text};
use crate::target::{Access, TargetFile};

/// The target file called `target`; nothing if that is something else than a file.
pub(super) fn target_file(target: Option<&str>) -> Result<Option<(TargetFile, Access)>, Error> {
    let Some(path) = target.filter(|target| target.ends_with(".json") && !target.contains("://")).map(Path::new) else {
        return Ok(None);
    };
    let (shown, text) = (path.display().to_string(), read_text(path)?);
    let flawed = |found| SuiteError::flawed(text.clone(), found);
    let (mut file, access) = TargetFile::read(&shown, &text, |name| std::env::var(name).ok()).map_err(flawed)?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    file.ledger = file.ledger.map(|ledger| folder.join(ledger).display().to_string());
    if let Some(program) = file.command.first_mut().filter(|program| program.contains('/')) {
        *program = folder.join(&*program).display().to_string();
    }
    Ok(Some((file, access)))
}
