//! Takes a directory of scenario files, the suite in this program, or single files.
//! Gives the suite: every scenario checked against the register, in the order of ids.
//! Never runs a part of a suite that has a mistake somewhere: everything that is wrong is told at once.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::builtin::{self, builtin_files, in_suite, is_builtin};
use super::plan::Planned;
use crate::scenario::{Diagnostic, Register, Scenario, parse};

/// The register's file name, at the root of a suite.
const REGISTER: &str = "requirements.json";
/// The folder of ledgers, at the root of a suite.
const LEDGERS: &str = "known";
/// How the names of schemas end, which an exported suite has with it.
const SCHEMA: &str = ".schema.json";

/// A suite as read from disk.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Every scenario, in the order of ids.
    pub scenarios: Vec<Arc<Scenario>>,
    /// The requirement register.
    pub register: Register,
}

/// Why a suite can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// A file or directory can't be read.
    #[error("read {path}: {source}")]
    Read {
        /// The path as named.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Files with mistakes in them.
    #[error("use {}", plural(.0))]
    Invalid(Vec<Flawed>),
}

/// A file with mistakes in it.
#[derive(Clone, Debug)]
pub struct Flawed {
    /// Its text, which diagnostics quote.
    pub text: String,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

impl SuiteError {
    /// One file with mistakes in it.
    pub fn flawed(text: String, diagnostics: Vec<Diagnostic>) -> Self {
        Self::Invalid(vec![Flawed { text, diagnostics }])
    }
}

impl Suite {
    /// Reads every scenario below `root`, whose register is `requirements.json` in it.
    ///
    /// # Errors
    /// [`SuiteError::Read`], or all mistakes of all files.
    pub fn read(root: &Path) -> Result<Self, SuiteError> {
        let register = Self::register_of(root)?;
        let mut files = Vec::new();
        if is_builtin(root) {
            files.extend(builtin_files().map(|(name, _)| in_suite(root, name)).filter(|file| is_json(file)));
        } else {
            collect(root, &mut files)?;
        }
        files.retain(|file| !is_apart(root, file));
        Self::read_files(root, &files, register)
    }

    /// Reads only these files; their ids are their paths below `root` where they are below it, else their names.
    ///
    /// # Errors
    /// As for [`Suite::read`].
    pub fn read_files(root: &Path, files: &[PathBuf], register: Register) -> Result<Self, SuiteError> {
        let (mut scenarios, mut mistakes) = (Vec::new(), Vec::new());
        for file in files {
            let shown = file.display().to_string();
            let text = read_text(file)?;
            match parse(&id_of(root, file), &shown, &text, &register) {
                Ok(scenario) => scenarios.push(Arc::new(scenario)),
                Err(diagnostics) => mistakes.push(Flawed { text, diagnostics }),
            }
        }
        scenarios.sort_by(|one, other| one.id.cmp(&other.id));
        if mistakes.is_empty() { Ok(Self { scenarios, register }) } else { Err(SuiteError::Invalid(mistakes)) }
    }

    /// Reads the register of the suite at `root`.
    ///
    /// # Errors
    /// As for [`Suite::read`].
    pub fn register_of(root: &Path) -> Result<Register, SuiteError> {
        Self::read_register(&in_suite(root, REGISTER))
    }

    /// Reads a register.
    ///
    /// # Errors
    /// As for [`Suite::read`].
    pub fn read_register(file: &Path) -> Result<Register, SuiteError> {
        let text = read_text(file)?;
        Register::parse(&file.display().to_string(), &text).map_err(|found| SuiteError::flawed(text, found))
    }

    /// Every case of every scenario, in the order of ids and of the file.
    pub fn plan(&self) -> Vec<Planned> {
        let planned = |scenario: &Arc<Scenario>| {
            let requirements: Vec<_> =
                scenario.requirements.iter().filter_map(|id| self.register.get(id)).cloned().collect();
            let one = |case: &Arc<_>| Planned {
                scenario: Arc::clone(scenario),
                case: Arc::clone(case),
                requirements: requirements.clone(),
            };
            scenario.cases.iter().map(one).collect::<Vec<_>>()
        };
        self.scenarios.iter().flat_map(planned).collect()
    }
}

/// Every JSON file below `folder`, in the order of names.
///
/// # Errors
/// [`SuiteError::Read`] for what can't be listed.
pub fn json_files(folder: &Path) -> Result<Vec<PathBuf>, SuiteError> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    Ok(files)
}

/// Every JSON file below `folder`, in no particular order.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), SuiteError> {
    for entry in std::fs::read_dir(folder).map_err(|source| unreadable(folder, source))? {
        let path = entry.map_err(|source| unreadable(folder, source))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if is_json(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_json(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "json")
}

/// Whether a file below the root is something else than a scenario.
fn is_apart(root: &Path, file: &Path) -> bool {
    let schema = file.to_str().is_some_and(|file| file.ends_with(SCHEMA));
    schema || file == in_suite(root, REGISTER) || file.starts_with(in_suite(root, LEDGERS))
}

/// `area/slug`.
fn id_of(root: &Path, file: &Path) -> String {
    let inside = builtin::below(file).map(Path::new).or_else(|| file.strip_prefix(root).ok());
    let below = inside.map_or_else(|| file.file_name().map(PathBuf::from), |below| Some(below.into()));
    below.unwrap_or_default().with_extension("").display().to_string().replace('\\', "/")
}

/// The text of a file, on disk or in this program.
pub fn read_text(file: &Path) -> Result<String, SuiteError> {
    let read = match builtin::below(file) {
        Some(below) => builtin::text(below).map(str::to_owned).ok_or_else(|| io::ErrorKind::NotFound.into()),
        None => std::fs::read_to_string(file),
    };
    read.map_err(|source| unreadable(file, source))
}

fn unreadable(path: &Path, source: io::Error) -> SuiteError {
    SuiteError::Read { path: path.display().to_string(), source }
}

fn plural(files: &[Flawed]) -> String {
    let mistakes: usize = files.iter().map(|file| file.diagnostics.len()).sum();
    let files = match files {
        [file] => file.diagnostics.first().map_or_else(|| "a file".to_owned(), |mistake| mistake.file.clone()),
        files => format!("{} files", files.len()),
    };
    if mistakes == 1 { format!("{files}: 1 mistake in it") } else { format!("{files}: {mistakes} mistakes in it") }
}
