//! Takes the path of a world file.
//! Gives the world, or everything that is wrong with the file and the traces it names.
//! Never looks for a trace elsewhere than where the file says, beside it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::Error;
use crate::fleet::file::{Described, read};
use crate::runner::{Flawed, SuiteError, read_text};

/// Which world.
#[derive(Debug, Args)]
pub(super) struct WorldArgs {
    /// The world: a JSON file; `zaqarcheck schema fleet` says what it may hold.
    #[arg(value_name = "FILE", required = true)]
    file: Option<PathBuf>,
    /// Draws other random numbers than the file's seed gives.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl WorldArgs {
    /// The file.
    pub(super) fn file(&self) -> &Path {
        // It is an option only because a subcommand of `fleet` may stand in its place.
        self.file.as_deref().expect("clap requires it")
    }

    /// Reads the world.
    pub(super) fn read(&self) -> Result<Described, Error> {
        let mut described = read_world(self.file())?;
        described.world.seed = self.seed.unwrap_or(described.world.seed);
        Ok(described)
    }
}

/// Reads a world; traces are beside its file.
pub(super) fn read_world(file: &Path) -> Result<Described, Error> {
    let text = read_text(file)?;
    world_of(file, text)
}

/// Reads a world from a text that stands for that of `file`.
pub(super) fn world_of(file: &Path, text: String) -> Result<Described, Error> {
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let load = |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string());
    read(&file.display().to_string(), &text, &load).map_err(|flaws| {
        let own = Some(Flawed { text, diagnostics: flaws.file }).filter(|own| !own.diagnostics.is_empty());
        let traces = flaws.traces.into_iter().map(|(text, diagnostics)| Flawed { text, diagnostics });
        Error::Suite(SuiteError::Invalid(own.into_iter().chain(traces).collect()))
    })
}
