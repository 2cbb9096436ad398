//! Takes the command line as clap knows it.
//! Gives completions for shells, and manual pages.
//! Never says anything that `--help` does not say.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use super::output::{terminal, write_file};
use super::{Error, command};
use crate::runner::Exit;

/// Options of `completions`.
#[derive(Debug, Args)]
pub(super) struct CompletionsOptions {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub(super) struct ManOptions {
    /// The folder that the pages go to; made if it is not there.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub(super) fn complete(options: &CompletionsOptions) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command(), "zaqarcheck", &mut script);
    let mut out = terminal();
    out.write_all(&script)?;
    out.flush()?;
    Ok(Exit::Conforms)
}

pub(super) fn man(options: &ManOptions) -> Result<Exit, Error> {
    let mut whole = command().disable_help_subcommand(true);
    whole.build();
    let pages = pages(&whole, "zaqarcheck")?;
    for (name, page) in &pages {
        write_file(&options.folder.join(name), page)?;
    }
    let mut out = terminal();
    writeln!(out, "zaqarcheck: {} pages written to {}", pages.len(), options.folder.display())?;
    out.flush()?;
    Ok(Exit::Conforms)
}

/// A page for the command, and one for each verb below it.
fn pages(command: &Command, name: &str) -> Result<Vec<(String, String)>, Error> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).title(name).render(&mut page)?;
    let mut pages = vec![(format!("{name}.1"), String::from_utf8_lossy(&page).into_owned())];
    for verb in command.get_subcommands() {
        pages.extend(self::pages(verb, &format!("{name}-{}", verb.get_name()))?);
    }
    Ok(pages)
}
