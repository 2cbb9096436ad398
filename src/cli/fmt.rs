//! Takes scenario files, or other JSON files of this project.
//! Gives them in the one layout, or tells which of them are not in it.
//! Never changes what a file says; one that is no JSON stays as it is.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::Error;
use super::output::{terminal, write_file};
use crate::runner::{Exit, Flawed, SuiteError, json_files, read_text};
use crate::scenario::{decode_document, layout};

/// Options of `fmt`.
#[derive(Debug, Args)]
pub(super) struct FmtOptions {
    /// The files; of a folder, every scenario in it.
    #[arg(value_name = "FILE|DIR", required = true)]
    files: Vec<PathBuf>,
    /// Changes nothing, names the files that would be changed, and exits with 1 if there are any.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(options: &FmtOptions) -> Result<Exit, Error> {
    let (mut seen, mut changed, mut flawed) = (0, Vec::new(), Vec::new());
    for (file, named) in files(&options.files)? {
        let text = read_text(&file)?;
        match decode_document::<Value>(&file.display().to_string(), &text) {
            // Beside scenarios there are ledgers and registers, which have layouts of their own.
            Ok(value) if !named && value.get("steps").is_none() => continue,
            Ok(value) => changed.extend(Some((file, layout(&value))).filter(|(_, laid_out)| *laid_out != text)),
            Err(diagnostics) => flawed.push(Flawed { text, diagnostics }),
        }
        seen += 1;
    }
    let mut out = terminal();
    for (file, text) in &changed {
        if options.check {
            writeln!(out, "not in the layout: {}", file.display())?;
        } else {
            write_changed(file, text)?;
            writeln!(out, "laid out: {}", file.display())?;
        }
    }
    writeln!(out, "zaqarcheck: {seen} files, {} of them not in the layout", changed.len())?;
    out.flush()?;
    if !flawed.is_empty() {
        return Err(SuiteError::Invalid(flawed).into());
    }
    Ok(if options.check && !changed.is_empty() { Exit::Deviates } else { Exit::Conforms })
}

/// The files that are meant, and whether they were named one by one.
fn files(paths: &[PathBuf]) -> Result<Vec<(PathBuf, bool)>, SuiteError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(json_files(path)?.into_iter().map(|file| (file, false)));
        } else {
            files.push((path.clone(), true));
        }
    }
    files.sort();
    Ok(files)
}

fn write_changed(file: &Path, text: &str) -> Result<(), Error> {
    if file.to_string_lossy().starts_with(crate::runner::BUILTIN) {
        return Err(Error::Usage(format!("write {}: it is in this program", file.display())));
    }
    write_file(file, text)
}
